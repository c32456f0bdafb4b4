//! What clients find out by themselves: OpenID Connect Discovery 1.0 §3.

use axum::{Json, extract::State};
use serde::Serialize;

use super::Endpoints;
use crate::identity::{DEVICE_GRANT, scope};

const CLIENT_METHODS: &[&str] = &["client_secret_post", "client_secret_basic", "none"];
const SECRET_METHODS: &[&str] = &["client_secret_post", "client_secret_basic"];

/// The discovery document.
#[derive(Debug, Serialize)]
pub(super) struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    device_authorization_endpoint: String,
    introspection_endpoint: String,
    revocation_endpoint: String,
    userinfo_endpoint: String,
    end_session_endpoint: String,
    jwks_uri: String,
    grant_types_supported: [&'static str; 4],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
    token_endpoint_auth_methods_supported: &'static [&'static str],
    introspection_endpoint_auth_methods_supported: &'static [&'static str],
    revocation_endpoint_auth_methods_supported: &'static [&'static str],
    scopes_supported: [&'static str; 4],
    claims_supported: [&'static str; 13],
    code_challenge_methods_supported: [&'static str; 1],
    prompt_values_supported: [&'static str; 4],
    authorization_response_iss_parameter_supported: bool,
    claims_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
}

/// Where everything is, and what is supported.
pub(super) async fn discovery(State(endpoints): State<Endpoints>) -> Json<Document> {
    let issuer = endpoints.provider.issuer();
    let oidc = |page: &str| format!("{issuer}/protocol/openid-connect/{page}");
    Json(Document {
        authorization_endpoint: oidc("auth"),
        token_endpoint: oidc("token"),
        device_authorization_endpoint: oidc("auth/device"),
        introspection_endpoint: oidc("token/introspect"),
        revocation_endpoint: oidc("revoke"),
        userinfo_endpoint: oidc("userinfo"),
        end_session_endpoint: oidc("logout"),
        jwks_uri: oidc("certs"),
        issuer,
        grant_types_supported: [
            "authorization_code",
            "refresh_token",
            "client_credentials",
            DEVICE_GRANT,
        ],
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        token_endpoint_auth_methods_supported: CLIENT_METHODS,
        introspection_endpoint_auth_methods_supported: SECRET_METHODS,
        revocation_endpoint_auth_methods_supported: CLIENT_METHODS,
        scopes_supported: scope::KNOWN,
        claims_supported: [
            "sub",
            "iss",
            "aud",
            "exp",
            "iat",
            "auth_time",
            "nonce",
            "azp",
            "name",
            "preferred_username",
            "email",
            "email_verified",
            "permissions",
        ],
        code_challenge_methods_supported: ["S256"],
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        authorization_response_iss_parameter_supported: true,
        claims_parameter_supported: false,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
    })
}
