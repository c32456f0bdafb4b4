//! What a token says of its person: OpenID Connect Core §5.3.

use axum::{
    Json,
    extract::State,
    http::HeaderMap,
    response::{IntoResponse, Response},
};
use headers::{Authorization, HeaderMapExt, authorization::Bearer};

use super::{Endpoints, NO_STORE};
use crate::identity::refusal::{Code, Refusal};

/// Whose token it is.
pub(super) async fn userinfo(
    State(endpoints): State<Endpoints>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let refuse = || Refusal::new(Code::InvalidToken, "There is no token, or it is not good");
    let Authorization(bearer) = headers.typed_get::<Authorization<Bearer>>().ok_or_else(refuse)?;
    let claims = endpoints.provider.userinfo(bearer.token().trim()).await?.ok_or_else(refuse)?;
    Ok((NO_STORE, Json(claims)).into_response())
}
