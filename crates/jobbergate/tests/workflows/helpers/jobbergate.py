import pathlib

from jobbergate_cli.exceptions import Abort
from jobbergate_cli.render import render_dict, render_json, terminal_message
from jobbergate_cli.subapps.applications.application_base import JobbergateApplicationBase
from jobbergate_cli.subapps.applications.questions import Integer
from jobbergate_cli.text_tools import conjoin, dedent, indent, unwrap


class JobbergateApplication(JobbergateApplicationBase):
    def mainflow(self, data):
        terminal_message("Wings are cut", subject="Beware", footer="by the tunnel")
        render_dict({"case": "wing", "hidden": 1}, title="What is known", hidden_fields=["hidden"])
        data["found"] = [str(path) for path in self.find_templates(pathlib.Path("."))]
        data["texts"] = [conjoin("a", "b"), dedent("  a\n    b\n"), indent("a\nb"), unwrap("  a\n  b\n")]
        with Abort.check_expressions("Ready") as check:
            check(True, "yes")
        try:
            with Abort.handle_errors("Could not", raise_kwargs=dict(subject="S")):
                int("x")
        except Abort as error:
            data["error"] = [str(error), error.subject]
        data["value"] = Abort.enforce_defined(7)
        return [Integer("ranks", "Ranks", default=1)]
