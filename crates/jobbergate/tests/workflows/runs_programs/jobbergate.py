import datetime
import json
import subprocess

from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        said = subprocess.run(["echo", "x86"], stdout=subprocess.PIPE, check=True).stdout.decode()
        data["begin"] = datetime.datetime(2026, 11, 29, 20, 15)
        data["day"] = datetime.date(2026, 11, 29)
        data["nested"] = {"list": [1, 2.5, None, True]}
        data["json"] = json.loads('{"a": [1]}')
        print("looking around")
        return [Text("machine", message="Machine", default=said.strip())]
