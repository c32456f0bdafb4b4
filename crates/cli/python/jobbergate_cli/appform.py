"""The old name of jobbergate_cli.subapps.applications.questions."""

from jobbergate_cli.old_paths import check

check(__name__, "jobbergate_cli.subapps.applications.questions")

from jobbergate_cli.subapps.applications.questions import *  # noqa: E402, F401, F403
