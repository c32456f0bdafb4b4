from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import BooleanList, Integer, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Text("case", message="Name of the case", default="wing"),
            BooleanList(
                "restart",
                message="Restart",
                default=False,
                whentrue=[
                    Text("checkpoint", message="Checkpoint of {case}"),
                    Integer("step", message="Step", default=10),
                ],
                whenfalse=[Text("initial", message="Initial field", default=0.5)],
            ),
        ]
