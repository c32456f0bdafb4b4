from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [List("nextworkflow", message="What next", choices=[("a mesh", "mesh"), ("nothing", "")])]

    def mesh(self, data):
        return [Text("cells", message="Cells", default=data["cells_by_default"])]
