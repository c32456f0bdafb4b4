from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Checkbox, Confirm, Const, Directory, File, Integer, List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Text("case", message="Name of the case", default="wing"),
            Integer("ranks", message="MPI ranks", minval=1, maxval=128, default=4),
            List("queue", message="Queue", choices=["short", "long", "gpu"], default="long"),
            Checkbox("fields", message="Fields", choices=["p", "u", "T"], default=["p"]),
            Confirm("restart", message="Restart", default=False),
            Directory("scratch", message="Scratch directory", default="/tmp", exists=True),
            File("log", message="Log file", exists=False),
            Const("solver", default="v2"),
        ]
