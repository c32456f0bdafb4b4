from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import BooleanList, Integer, List, Text


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            BooleanList(
                "gpu",
                message="With GPUs",
                default=False,
                whentrue=[Integer("gpus", message="How many GPUs", default=2), Text("model", message="Which model")],
                whenfalse=[
                    List("cpu", message="Which CPUs", choices=["epyc", "xeon"]),
                    BooleanList(
                        "threads", message="Threads", default=True, whentrue=[Integer("count", message="Count")]
                    ),
                ],
            ),
        ]
