"""Where modules were before."""

import warnings

from jobbergate_cli.config import settings


def check(old, new):
    if not settings.JOBBERGATE_COMPATIBILITY_MODE:
        raise ImportError(
            "{} is now {}; the old name is there with JOBBERGATE_COMPATIBILITY_MODE=true only".format(old, new)
        )
    warnings.warn("{} is deprecated, use {}".format(old, new), DeprecationWarning, stacklevel=3)
