//! The provider's pages, under Keycloak's paths.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Form, Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use headers::{Authorization, HeaderMapExt, authorization::Basic};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{Provider, REALM_PATH, TokenRequest};
use crate::error::{Error, Result};

/// The largest form of a request for a token, in bytes.
const MAX_FORM_SIZE: usize = 64 * 1024;

/// The provider's routes.
pub fn router(provider: Arc<Provider>) -> Router {
    let oidc = |page: &str| format!("{REALM_PATH}/protocol/openid-connect/{page}");
    Router::new()
        .route(&format!("{REALM_PATH}/.well-known/openid-configuration"), get(discovery))
        .route(&oidc("certs"), get(certs))
        .route(&oidc("token"), post(token))
        .layer(DefaultBodyLimit::max(MAX_FORM_SIZE))
        .with_state(provider)
}

/// OpenID Connect Discovery 1.0 §3, with what there is so far.
async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = provider.issuer();
    let oidc = |page: &str| format!("{issuer}/protocol/openid-connect/{page}");
    Json(json!({
        "issuer": issuer,
        "token_endpoint": oidc("token"),
        "jwks_uri": oidc("certs"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
    }))
}

async fn certs(State(provider): State<Arc<Provider>>) -> Result<Json<Value>> {
    Ok(Json(json!({"keys": provider.public_keys().await?})))
}

async fn token(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(request): Form<TokenRequest>,
) -> Response {
    answer(&provider, &headers, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn answer(
    provider: &Provider,
    headers: &HeaderMap,
    request: TokenRequest,
) -> Result<Response, Error> {
    if request.grant_type != "client_credentials" {
        let words = "only the grant client_credentials is supported";
        return Ok(refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type", words));
    }
    let posted = request.client_id.zip(request.client_secret);
    let Some((client_id, secret)) = posted.or_else(|| basic(headers)) else {
        let words = "client_id and client_secret are needed";
        return Ok(refuse(StatusCode::BAD_REQUEST, "invalid_request", words));
    };
    let id = token_id();
    match provider.issue_client_token(&client_id, &secret, &id).await? {
        Some(response) => {
            Ok(([(header::CACHE_CONTROL, "no-store")], Json(response)).into_response())
        }
        None => {
            tracing::warn!(client_id, "a client showed a wrong secret");
            let words = "Invalid client or Invalid client credentials";
            Ok(refuse(StatusCode::UNAUTHORIZED, "unauthorized_client", words))
        }
    }
}

/// Credentials in an `Authorization: Basic` header, each encoded as in a form (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let Authorization(credentials) = headers.typed_get::<Authorization<Basic>>()?;
    Some((form_decoded(credentials.username())?, form_decoded(credentials.password())?))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}

/// A random id for a token.
pub fn token_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// RFC 6749 §5.2.
fn refuse(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({"error": error, "error_description": description}))).into_response()
}
