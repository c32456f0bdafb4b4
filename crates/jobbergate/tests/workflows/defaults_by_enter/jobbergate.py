from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Checkbox, Confirm, Integer, List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Text("empty", message="Nothing here"),
            Text("number", message="A number", default=5),
            Integer("ranks", message="MPI ranks", default=4),
            List("first", message="First one", choices=[3, 2, 1]),
            List("labelled", message="Mesh", choices=[("coarse", 1000), ("fine", 9000)], default=9000),
            Checkbox("none", message="No fields", choices=["p", "u"]),
            Checkbox(
                "some",
                message="Some fields",
                choices=[("pressure", "p"), ("speed", "u"), ("heat", "T")],
                default=["T", "p"],
            ),
            Confirm("yes", message="Agreed", default=True),
            Confirm("unsaid", message="Unsaid"),
        ]
