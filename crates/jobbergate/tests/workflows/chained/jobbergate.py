from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer, List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["nextworkflow"] = "numerics"
        return [List("solver", message="Solver", choices=["steady", "transient"])]

    def numerics(self, data):
        data["nextworkflow"] = data["solver"]
        return [Integer("iterations", message="Iterations", default=100 if data["solver"] == "steady" else 10)]

    def transient(self, data):
        data["nextworkflow"] = "resources"
        return [Text("dt", message="Time step", default=1e-3)]

    def steady(self, data):
        data["nextworkflow"] = "resources"

    def resources(self, data):
        return [Integer("ranks", message="Ranks for {}".format(data["solver"]), default=int(data["iterations"]) * 2)]
