from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import (
    BooleanList,
    Checkbox,
    Const,
    Integer,
    List,
    Text,
)


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["nextworkflow"] = "mesh"
        return [
            Text("case", message="Name of the case", default="wing"),
            Integer("ranks", message="MPI ranks", minval=1, maxval=4, default=1),
            BooleanList(
                "restart",
                message="Restart",
                default=False,
                whentrue=[Text("checkpoint", message="Checkpoint of {case}")],
            ),
        ]

    def mesh(self, data):
        return [
            List("cells", message="Cells", choices=[("coarse", 1000), ("fine", 9000)], default=9000),
            Checkbox("outputs", message="Fields", choices=["p", "u", "T"], default=["p"]),
            Const("solver", default="v2"),
        ]
