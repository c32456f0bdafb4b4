"""Who calls the server."""

from jobbergate_core.auth.exceptions import AuthenticationError, TokenError
from jobbergate_core.auth.handler import JobbergateAuthHandler
from jobbergate_core.auth.token import Token

__all__ = ["AuthenticationError", "JobbergateAuthHandler", "Token", "TokenError"]
