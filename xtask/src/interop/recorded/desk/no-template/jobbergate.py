from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        return []
