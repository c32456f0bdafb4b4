from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [
            Integer("ranks", message="MPI ranks", minval=1, maxval=4),
            Integer("least", message="At least two", minval=2),
            Integer("typed", message="As typed"),
        ]
