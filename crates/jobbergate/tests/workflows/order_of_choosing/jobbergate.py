from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Checkbox


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [Checkbox("nodes", message="Nodes", choices=["n1", "n2", "n3", "n4"], default=["n2"])]
