from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import BooleanList, Checkbox, Confirm, Const, File, Integer, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["nextworkflow"] = "more"
        return [
            Text("case", message="Name of the case", default="wing"),
            Text("output", message="Output", default="{case}.out"),
            Integer("ranks", message="Ranks", default=4),
            BooleanList(
                "restart", message="Restart", default=True, whentrue=[Text("checkpoint", message="Checkpoint")]
            ),
            Const("solver", default=7),
            Const("none"),
            File("input", message="Input", default="missing.txt", exists=True),
        ]

    def more(self, data):
        return [
            Checkbox("fields", message="Fields", choices=["p", "u"], default=["u"]),
            Confirm("no", message="No", default=False),
        ]
