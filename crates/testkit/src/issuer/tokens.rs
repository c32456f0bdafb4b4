//! A token endpoint that answers what a test says.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Form, Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{Issuer, Shared, lock};

/// What was sent, and under `authorization` that header.
pub type TokenForm = BTreeMap<String, String>;

type Answer = Arc<dyn Fn(&TokenForm) -> (u16, Value) + Send + Sync>;

#[derive(Default)]
pub(super) struct TokenEndpoint {
    answer: Mutex<Option<Answer>>,
    delay: Mutex<Duration>,
    requests: Mutex<Vec<TokenForm>>,
    revoked: Mutex<Vec<TokenForm>>,
}

impl fmt::Debug for TokenEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenEndpoint").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl Issuer {
    /// Answers requests for tokens so from now on.
    pub fn answer_token_requests(
        &self,
        answer: impl Fn(&TokenForm) -> (u16, Value) + Send + Sync + 'static,
    ) {
        *lock(&self.shared.token_endpoint.answer) = Some(Arc::new(answer));
    }

    /// Takes so long for answers to requests for tokens from now on.
    pub fn delay_tokens(&self, delay: Duration) {
        *lock(&self.shared.token_endpoint.delay) = delay;
    }

    /// All requests for tokens there were.
    pub fn token_requests(&self) -> Vec<TokenForm> {
        lock(&self.shared.token_endpoint.requests).clone()
    }

    /// All requests to revoke a token there were.
    pub fn revocations(&self) -> Vec<TokenForm> {
        lock(&self.shared.token_endpoint.revoked).clone()
    }
}

pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> Response {
    let endpoint = &shared.token_endpoint;
    let form = with_credentials(form, &headers);
    lock(&endpoint.requests).push(form.clone());
    let delay = *lock(&endpoint.delay);
    tokio::time::sleep(delay).await;
    let answer = lock(&endpoint.answer).clone();
    let refused = || (400, json!({"error": "unsupported_grant_type"}));
    let (status, body) = answer.map_or_else(refused, |answer| answer(&form));
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

pub(super) async fn revoked(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Form(form): Form<TokenForm>,
) -> StatusCode {
    lock(&shared.token_endpoint.revoked).push(with_credentials(form, &headers));
    StatusCode::OK
}

fn with_credentials(mut form: TokenForm, headers: &HeaderMap) -> TokenForm {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    form.extend(value.map(|value| ("authorization".to_owned(), value.to_owned())));
    form
}
