from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return [Integer("ranks", message="Ranks", default=self._ranks(data))]

    def _ranks(self, data):
        return int(data["default_template"])
