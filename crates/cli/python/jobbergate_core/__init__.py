"""The library, as far as workflows use it."""

from jobbergate_core.auth import AuthenticationError, JobbergateAuthHandler, TokenError

__all__ = ["AuthenticationError", "JobbergateAuthHandler", "TokenError"]
