"""What an application's class is made of."""

import pathlib
from abc import ABC, abstractmethod
from typing import Any, Dict

from jobbergate_cli.render import terminal_message


class JobbergateApplicationBase(ABC):
    def __init__(self, jobbergate_yaml: Dict[str, Any], *, sdk: Any = None) -> None:
        self.jobbergate_config = jobbergate_yaml["jobbergate_config"]
        self.application_config = jobbergate_yaml["application_config"]
        self.sdk = sdk

    @abstractmethod
    def mainflow(self, data: Dict[str, Any]):
        """The questions to ask first."""
        raise NotImplementedError("mainflow")

    @staticmethod
    def find_templates(application_path):
        """The files below `templates`, relative to the directory."""
        root = pathlib.Path(application_path)
        return sorted(path.relative_to(root) for path in (root / "templates").glob("**/*") if path.is_file())

    def get_template_files(self):
        """The same of the current directory, shown too."""
        found = self.find_templates(pathlib.Path.cwd())
        terminal_message("\n".join(str(path) for path in found), subject="Template files")
        return found
