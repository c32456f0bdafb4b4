from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Const


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Const("text", default="v2"),
            Const("number", default=7),
            Const("zero", default=0),
            Const("empty", default=""),
            Const("no", default=False),
            Const("list", default=["a"]),
            Const("nothing"),
            Const("later", default=lambda answers: [answers["number"]]),
        ]
