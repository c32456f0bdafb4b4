"""Where modules were before."""

import warnings

from jobbergate_cli.config import settings


def check(old, new):
    if not settings.JOBBERGATE_COMPATIBILITY_MODE:
        raise ImportError(f"{old} is now {new}; the old name is there with JOBBERGATE_COMPATIBILITY_MODE=true only")
    warnings.warn(f"{old} is deprecated, use {new}", DeprecationWarning, stacklevel=3)
