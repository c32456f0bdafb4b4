# Flows of the provider by Authlib, which checks the answers. Argument: settings as JSON. What needs a
# person at a browser is printed: `visit <address>`; the answer is where the browser is in the end.
import json
import os
import sys

import requests

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.jwk import KeySet

settings = json.loads(sys.argv[1])
metadata = requests.get(settings["issuer"] + "/.well-known/openid-configuration").json()
OpenIDProviderMetadata(metadata).validate_issuer()
for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
    assert metadata[name].startswith(settings["issuer"])
keys = KeySet.import_key_set(requests.get(metadata["jwks_uri"]).json())


def visit(address):
    print("visit", address, flush=True)
    return sys.stdin.readline().strip()


def may_call(token):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(settings["api"] + "/job-scripts", headers=headers).status_code == 200


def refused(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except OAuthError as failure:
        assert failure.error == error, failure
    else:
        raise AssertionError(f"{error} was expected")


def good(token, client, nonce, access_token):
    decoded = jwt.decode(token, keys, algorithms=["RS256"])
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": client},
        },
        params={"nonce": nonce, "client_id": client, "access_token": access_token, "max_age": 3600},
    )
    claims.validate()
    return claims


def log_in(session, client, scope, **more):
    verifier, nonce = generate_token(48), generate_token()
    address, state = session.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=verifier, nonce=nonce, **more
    )
    back = visit(address)
    tokens = session.fetch_token(
        metadata["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    claims = good(tokens["id_token"], client, nonce, tokens["access_token"])
    assert claims["email"] == settings["email"], claims
    return tokens


def terminal():
    session = OAuth2Session(
        settings["client"],
        scope="openid email profile",
        redirect_uri=settings["callback"],
        token_endpoint_auth_method="none",
        code_challenge_method="S256",
    )
    first = log_in(session, settings["client"], "openid email profile")
    access = jwt.decode(first["access_token"], keys, algorithms=["RS256"])
    assert access.claims["iss"] == metadata["issuer"]
    assert may_call(first["access_token"])
    person = session.get(metadata["userinfo_endpoint"]).json()
    assert person["email"] == settings["email"]
    second = session.refresh_token(metadata["token_endpoint"])
    assert second["refresh_token"] != first["refresh_token"]
    assert may_call(second["access_token"])
    answer = session.revoke_token(
        metadata["revocation_endpoint"], second["refresh_token"], token_type_hint="refresh_token"
    )
    assert answer.status_code == 200, answer.text
    assert not may_call(second["access_token"])
    refused("invalid_grant", session.refresh_token, metadata["token_endpoint"], second["refresh_token"])


def portal(method):
    session = OAuth2Session(
        "portal",
        settings["portal_secret"],
        scope="openid email jobbergate:job-scripts:read",
        redirect_uri=settings["portal_callback"],
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
    )
    tokens = log_in(session, "portal", "openid email")
    for hint in ("access_token", "refresh_token"):
        answer = session.introspect_token(
            metadata["introspection_endpoint"], tokens[hint], token_type_hint=hint
        ).json()
        assert answer["active"] and answer["client_id"] == "portal", answer
    answer = session.revoke_token(metadata["revocation_endpoint"], tokens["access_token"])
    assert answer.status_code == 200, answer.text
    answer = session.introspect_token(metadata["introspection_endpoint"], tokens["access_token"])
    assert answer.json() == {"active": False}


def agent(method):
    session = OAuth2Session(
        "fjord", settings["agent_secret"], token_endpoint_auth_method=method
    )
    tokens = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
    claims = jwt.decode(tokens["access_token"], keys, algorithms=["RS256"]).claims
    assert claims["azp"] == "fjord", claims
    wrong = OAuth2Session("fjord", "wrong", token_endpoint_auth_method=method)
    refused(
        "invalid_client", wrong.fetch_token, metadata["token_endpoint"], grant_type="client_credentials"
    )


terminal()
for method in ("client_secret_basic", "client_secret_post"):
    portal(method)
    agent(method)
print("done")
