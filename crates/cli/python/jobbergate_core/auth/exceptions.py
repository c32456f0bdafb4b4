"""What goes wrong with tokens."""

from jobbergate_cli.exceptions import Buzz


class AuthenticationError(Buzz):
    pass


class TokenError(AuthenticationError):
    pass
