from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import *


class Licence(QuestionBase):
    def __init__(self, variablename, message, **kwargs):
        super().__init__(variablename, message, inquirer_type=inquirer.Text, **kwargs)
        self.inquirer_kwargs.update(validate=lambda answers, current: current.startswith("L-"))


class Twice:
    variablename, default = "twice", None

    def make_prompts(self):
        return [inquirer.Text("twice", message="Once"), inquirer.Text("twice", message="Twice")]


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        for licence in ("one", "two"):
            yield Licence(licence, "Licence " + licence)
        yield Twice()
