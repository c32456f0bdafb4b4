//! What a token says of its person: OpenID Connect Core §5.3.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
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
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        let words = "The header Authorization is there more than once";
        return Err(Refusal::new(Code::InvalidRequest, words));
    }
    let Some(Authorization(bearer)) = headers.typed_get::<Authorization<Bearer>>() else {
        // Nothing is wrong with a token that nobody sent (RFC 6750 §3.1).
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer realm=\"jobbergate\"")];
        return Ok((StatusCode::UNAUTHORIZED, NO_STORE, challenge).into_response());
    };
    let claims = endpoints.provider.userinfo(bearer.token().trim()).await?;
    let claims = claims.ok_or_else(|| Refusal::new(Code::InvalidToken, "The token is not good"))?;
    Ok((NO_STORE, Json(claims)).into_response())
}
