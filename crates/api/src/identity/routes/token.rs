//! What programs ask with forms: tokens, and what they are worth.

use std::borrow::Cow;

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{Extensions, HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use headers::{Authorization, HeaderMapExt, authorization::Basic};
use percent_encoding::percent_decode_str;
use rand::rngs::StdRng;
use serde::Deserialize;

use super::{Endpoints, NO_STORE, form, peer::peer};
use crate::identity::{
    Client, Credentials, DeviceRequest, TokenForm, TokenRequest,
    refusal::{Code, Refusal},
};

const GRANTS: [&str; 4] =
    ["authorization_code", "refresh_token", "client_credentials", crate::identity::DEVICE_GRANT];

/// A form of a client, which may say in it who it is (RFC 6749 §2.3.1).
#[derive(Default, Deserialize)]
#[serde(default)]
struct ClientForm<T> {
    client_id: Option<String>,
    client_secret: Option<String>,
    #[serde(flatten)]
    request: T,
}

/// RFC 6749 §3.2.
pub(super) async fn token(
    State(endpoints): State<Endpoints>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form: ClientForm<TokenRequest> = form::read(&headers, &body)?;
    let request = &form.request;
    if request.grant_type.is_empty() {
        return Err(Refusal::new(Code::InvalidRequest, "grant_type is missing"));
    }
    if !GRANTS.contains(&request.grant_type.as_str()) {
        let words = format!("grant_type must be one of {}", GRANTS.join(", "));
        return Err(Refusal::new(Code::UnsupportedGrantType, words));
    }
    let client = form.client(&endpoints, &headers).await?;
    let peer = peer(&headers, &extensions, &endpoints.proxies);
    let mut rng: StdRng = rand::make_rng();
    let tokens = endpoints.provider.token(&client, request, &peer.user_agent, &mut rng).await?;
    Ok((NO_STORE, Json(tokens)).into_response())
}

/// RFC 8628 §3.1.
pub(super) async fn device(
    State(endpoints): State<Endpoints>,
    headers: HeaderMap,
    extensions: Extensions,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form: ClientForm<DeviceRequest> = form::read(&headers, &body)?;
    let client = form.client(&endpoints, &headers).await?;
    let peer = peer(&headers, &extensions, &endpoints.proxies);
    let mut rng: StdRng = rand::make_rng();
    let (provider, address) = (&endpoints.provider, peer.address);
    let answer = provider.begin_device(&client, &form.request, address, &mut rng).await?;
    Ok((NO_STORE, Json(answer)).into_response())
}

/// RFC 7662 §2. Only clients with a secret are told what tokens are worth.
pub(super) async fn introspect(
    State(endpoints): State<Endpoints>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form: ClientForm<TokenForm> = form::read(&headers, &body)?;
    let client = form.client(&endpoints, &headers).await?;
    if client.is_public {
        let words = "This client has no secret to show who it is";
        return Err(Refusal::new(Code::InvalidClient, words));
    }
    let token = required(form.request.token)?;
    let answer = endpoints.provider.introspect(&client, &token).await?;
    Ok((NO_STORE, Json(answer)).into_response())
}

/// RFC 7009 §2.
pub(super) async fn revoke(
    State(endpoints): State<Endpoints>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    let form: ClientForm<TokenForm> = form::read(&headers, &body)?;
    let client = form.client(&endpoints, &headers).await?;
    endpoints.provider.revoke(&client, &required(form.request.token)?).await?;
    Ok(NO_STORE.into_response())
}

fn required(token: Option<String>) -> Result<String, Refusal> {
    token.ok_or_else(|| Refusal::new(Code::InvalidRequest, "token is missing"))
}

impl<T> ClientForm<T> {
    /// The client, by what it sends in the header or in the form, but not in both.
    async fn client(&self, endpoints: &Endpoints, headers: &HeaderMap) -> Result<Client, Refusal> {
        let (client_id, secret) = (self.client_id.as_deref(), self.client_secret.as_deref());
        let refuse = |words: &'static str| Err(Refusal::new(Code::InvalidRequest, words));
        let credentials = match (basic(headers)?, client_id) {
            (Some(_), _) if secret.is_some() => {
                return refuse(
                    "The client's secret is in the header and in the form; send it once",
                );
            }
            (Some((id, _)), Some(client_id)) if id != client_id => {
                return refuse("The header and the form name different clients");
            }
            (Some((client_id, secret)), _) => Credentials { client_id, secret: Some(secret) },
            (None, Some(client_id)) => {
                Credentials { client_id: client_id.to_owned(), secret: secret.map(str::to_owned) }
            }
            (None, None) => return refuse("client_id is missing"),
        };
        endpoints.provider.authenticate_client(&credentials).await
    }
}

/// Credentials in an `Authorization: Basic` header, each encoded as in a form (RFC 6749 §2.3.1).
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refusal> {
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        let words = "The header Authorization is there more than once";
        return Err(Refusal::new(Code::InvalidRequest, words));
    }
    let sent = headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    if !sent.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"basic")) {
        return Ok(None);
    }
    let read = || {
        let Authorization(credentials) = headers.typed_get::<Authorization<Basic>>()?;
        Some((form_decoded(credentials.username())?, form_decoded(credentials.password())?))
    };
    let words = "The header Authorization does not have Basic credentials";
    read().map(Some).ok_or_else(|| Refusal::new(Code::InvalidClient, words))
}

fn form_decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(Cow::into_owned)
}
