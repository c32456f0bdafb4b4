//! The provider's endpoints, under Keycloak's paths. What a browser sees is not here.

mod discovery;
mod form;
mod peer;
mod token;
mod userinfo;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use ipnet::IpNet;
use serde_json::{Value, json};

use super::{
    Provider, REALM_PATH,
    refusal::{Code, Refusal},
};
use crate::error::{Error, Result};

pub use form::parameters;
pub use peer::peer;

/// The largest form that is read, in bytes.
const MAX_FORM_SIZE: usize = 64 * 1024;
const NO_STORE: [(HeaderName, &str); 2] =
    [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];

/// What the endpoints have at hand.
#[derive(Debug, Clone)]
struct Endpoints {
    provider: Arc<Provider>,
    proxies: Arc<[IpNet]>,
}

pub fn router(provider: Arc<Provider>, proxies: Arc<[IpNet]>) -> Router {
    let oidc = |page: &str| format!("{REALM_PATH}/protocol/openid-connect/{page}");
    Router::new()
        .route(&format!("{REALM_PATH}/.well-known/openid-configuration"), get(discovery::discovery))
        .route(&oidc("certs"), get(certs))
        .route(&oidc("token"), post(token::token))
        .route(&oidc("token/introspect"), post(token::introspect))
        .route(&oidc("revoke"), post(token::revoke))
        .route(&oidc("auth/device"), post(token::device))
        .route(&oidc("userinfo"), get(userinfo::userinfo).post(userinfo::userinfo))
        .layer(DefaultBodyLimit::max(MAX_FORM_SIZE))
        .layer(map_response(as_is))
        .with_state(Endpoints { provider, proxies })
}

async fn certs(State(endpoints): State<Endpoints>) -> Result<Json<Value>> {
    Ok(Json(json!({"keys": endpoints.provider.public_keys().await?})))
}

/// Nobody guesses what kind of file an answer is.
async fn as_is(mut response: Response) -> Response {
    let nosniff = HeaderValue::from_static("nosniff");
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    response
}

pub fn token_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

impl IntoResponse for Refusal {
    /// RFC 6749 §5.2.
    fn into_response(self) -> Response {
        let (code, description) = match self {
            Self::OAuth { code, description } => (code, description),
            Self::Fault(error) => return unable(error),
        };
        let body = Json(json!({"error": code.as_str(), "error_description": description}));
        let mut response = (code.status(), NO_STORE, body).into_response();
        if let Some(challenge) = code.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// What is no fault of the client's request, in the same form (RFC 6749 §5.2).
fn unable(error: Error) -> Response {
    let status = error.status();
    let code = match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            "temporarily_unavailable"
        }
        _ if status.is_server_error() => "server_error",
        _ => Code::InvalidRequest.as_str(),
    };
    let body = json!({"error": code, "error_description": error.detail()});
    let mut response = (status, NO_STORE, Json(body)).into_response();
    if let Some(wait) = error.into_response().headers().get(header::RETRY_AFTER) {
        response.headers_mut().insert(header::RETRY_AFTER, wait.clone());
    }
    response
}

impl Code {
    const fn status(self) -> StatusCode {
        match self {
            Self::InvalidClient | Self::InvalidToken => StatusCode::UNAUTHORIZED,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn challenge(self) -> Option<HeaderValue> {
        match self {
            Self::InvalidClient => Some("Basic realm=\"jobbergate\""),
            Self::InvalidToken => Some("Bearer error=\"invalid_token\""),
            _ => None,
        }
        .map(HeaderValue::from_static)
    }
}
