from jobbergate_cli.exceptions import Abort
from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Confirm


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["nextworkflow"] = "decide"
        return [Confirm("licence", message="Is there a licence", default=True)]

    def decide(self, data):
        Abort.require_condition(
            data["licence"], "Without a licence nothing runs", raise_kwargs=dict(subject="No licence")
        )
