import os

from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.application_helpers import get_file_list, get_running_jobs
from jobbergate_cli.subapps.applications.questions import *


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        meshes = sorted(get_file_list(search_term="*.MSH"))
        # No Slurm, wherever this runs.
        os.environ["PATH"] = "/nowhere"
        data["running"] = get_running_jobs()
        data["kinds"] = [inquirer.__name__ != "", Any is not None, callable(partial), callable(chain)]
        return [
            List("mesh", message="Mesh", choices=meshes),
            Checkbox("others", message="Others", choices=lambda answers: [m for m in meshes if m != answers["mesh"]]),
        ]
