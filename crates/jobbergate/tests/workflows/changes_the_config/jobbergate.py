from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["nextworkflow"] = "names"
        return [Text("case", message="Name of the case", default="wing"), Integer("files", message="Files", default=1)]

    def names(self, data):
        self.application_config["partition"] = "long"
        self.application_config["added"] = [int(data["files"])] * 2
        data["job_script_name"] = "run of " + data["case"]
        data["extra"] = data["output_directory"] + "/" + data["case"]
        self.jobbergate_config["default_template"] = "templates/run.sh.j2"
