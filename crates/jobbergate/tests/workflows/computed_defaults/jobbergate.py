from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        hours = self.application_config["seconds"] / 3600
        return [
            Text("case", message="Name of the case", default="wing"),
            Text("output", message="Output of {case}", default="{case}.out"),
            Text("upper", message="In capitals", default=lambda answers: answers["case"].upper()),
            Text("hours", message="Hours", default=round(hours, 3)),
            List("size", message="Size", choices=lambda answers: [answers["case"] + "-s", answers["case"] + "-l"]),
            Text("partition", message="Partition", default=self.application_config["partition"]),
        ]
