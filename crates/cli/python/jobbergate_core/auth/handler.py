"""The log-in of the program that runs the workflow."""

import collections

from jobbergate_cli import bridge
from jobbergate_cli.exceptions import Abort
from jobbergate_core.auth.exceptions import AuthenticationError
from jobbergate_core.auth.token import Token

IdentityData = collections.namedtuple("IdentityData", ["email", "client_id", "organization_id"])


class JobbergateAuthHandler:
    """Authenticates requests of `requests` and `httpx`; the provider is the program's, whatever is named."""

    def __init__(
        self, cache_directory=None, login_domain=None, login_client_id="default", login_client_secret=None, **_
    ):
        self.cache_directory = cache_directory
        self.login_domain = login_domain
        self.login_client_id = login_client_id
        self.login_client_secret = login_client_secret

    def __call__(self, request):
        request.headers["Authorization"] = self.acquire_access()
        return request

    def acquire_access(self):
        return self._token().bearer_token

    def get_identity_data(self):
        claims = self._token().data
        organizations = claims.get("organization") or {}
        ids = [(about or {}).get("id", name) for name, about in organizations.items()]
        return IdentityData(claims.get("email"), claims.get("azp"), ids[0] if ids else None)

    def login(self):
        bridge.call(command={"words": ["login"], "is_repeated": False})

    def logout(self):
        bridge.call(command={"words": ["logout"], "is_repeated": False})

    def load_from_cache(self):
        """The program does it by itself."""

    save_to_cache = refresh_tokens = get_access_from_secret = load_from_cache

    @staticmethod
    def _token():
        try:
            return Token("", "access", bridge.call(token=None))
        except Abort as abort:
            raise AuthenticationError(str(abort)) from None
