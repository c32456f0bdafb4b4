from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        total = int(data.get("nodes", 0)) * int(data.get("cores", 0))
        if 0 < total <= 64:
            return []
        data["nextworkflow"] = "mainflow"
        return [
            Integer("nodes", message="Nodes, of {} cores".format(total), default=data.get("nodes")),
            Integer("cores", message="Cores", default=data.get("cores")),
        ]
