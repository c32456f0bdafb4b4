from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["supporting_files_output_name"] = {"templates/mesh.txt.j2": ["in/mesh-{}.txt".format(data["seconds"])]}
        return [Text("case", message="Name of the case", default="wing")]
