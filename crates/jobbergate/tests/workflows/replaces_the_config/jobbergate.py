from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Const


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        self.application_config = {"fresh": 1, "partition": "gpu"}
        self.jobbergate_config = dict(data, case="x", default_template="run.sh.j2")
        return [Const("lost", default="in the old one")]
