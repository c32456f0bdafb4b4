from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer, List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Text("case", message="Name of the case", default="wing"),
            Text("account", message="Account"),
            Integer("ranks", message="Ranks", default=4),
            List("queue", message="Queue", choices=["short", "long"]),
        ]
