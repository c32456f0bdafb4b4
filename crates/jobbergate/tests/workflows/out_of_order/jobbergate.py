from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import BooleanList, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [BooleanList("restart", message="Restart", whentrue=[Text("checkpoint", message="Checkpoint")])]
