from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Text("case", message="First name", default="wing"),
            Text("case", message="Second name", default="tail"),
            Integer("ranks", message="Some ranks"),
            Integer("ranks", message="More ranks", default=9),
        ]
