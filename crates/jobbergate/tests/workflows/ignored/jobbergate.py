from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Checkbox, Confirm, Directory, Integer, List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Confirm("expert", message="Expert", default=False),
            Text("tolerance", message="Tolerance", default=1e-6, ignore=lambda answers: not answers["expert"]),
            Integer("order", message="Order", default=2, ignore=True),
            List("scheme", message="Scheme", choices=["a", "b"], default="b", ignore=True),
            Checkbox("extras", message="Extras", choices=["x", "y"], default=["y"], ignore=True),
            Confirm("debug", message="Debug", default=False, ignore=True),
            Text("nothing", message="Nothing", ignore=True),
            Directory("home", message="Home", default="/tmp", ignore=True),
        ]
