from jobbergate_cli import appform
from jobbergate_cli.application_base import JobbergateApplicationBase
from jobbergate_cli.jobberappslib import get_file_list


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        data["files"] = get_file_list(search_term="*.inp")
        return [appform.Text("case", message="Name of the case"), appform.Const("kind", default="old")]
