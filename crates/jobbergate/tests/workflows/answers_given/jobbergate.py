from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import BooleanList, Integer, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Text("case", message="Name of the case"),
            Integer("ranks", message="Ranks of {case}" if "case" not in data else "Ranks"),
            BooleanList("restart", message="Restart", whentrue=[Text("checkpoint", message="Checkpoint")]),
            BooleanList("gpu", message="With GPUs", whentrue=[Integer("gpus", message="How many GPUs", default=1)]),
        ]
