//! Forms of pages, which only pages of ours can send.

use axum::{
    extract::{FromRequest, Request},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use bytes::Bytes;

use super::{
    Site,
    failures::is_part,
    fields::Fields,
    interrupted::Interrupted,
    user::{User, logged_out, sender},
};
use crate::web::{errors::Failure, forms};

/// The field that each form carries beside its own.
pub(super) const FORM_TOKEN: &str = "form_token";

/// A form of somebody who is signed in.
#[derive(Debug)]
pub(super) struct UserForm {
    pub(super) user: User,
    pub(super) fields: Fields,
}

impl FromRequest<Site> for UserForm {
    type Rejection = Response;

    /// Who was logged out before they sent it gets back what they typed, to send it again.
    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        from_here(site, &request).map_err(IntoResponse::into_response)?;
        let (mut parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let body = Bytes::from_request(request, site).await.map_err(unreadable)?;
        let fields = Fields::parse(&body);
        let user = sender(site, &mut parts).await.map_err(IntoResponse::into_response)?;
        let sent = fields.text(FORM_TOKEN).to_owned();
        match user {
            Some(user) if forms::check(Some(&user.form_token), &sent).is_ok() => {
                Ok(Self { user, fields })
            }
            None if is_part(&parts.headers) => Err(logged_out().into_response()),
            user => {
                let interrupted = Interrupted::new(site, &parts.uri, fields, user.as_ref());
                Err(interrupted.show().unwrap_or_else(|error| Failure::from(error).into_response()))
            }
        }
    }
}

pub(super) fn from_here(site: &Site, request: &Request) -> Result<(), Failure> {
    if site.origin.sent(request.uri(), request.headers()) {
        return Ok(());
    }
    Err(Failure::new(StatusCode::FORBIDDEN, "This form was sent by another site's page."))
}

fn unreadable(rejection: axum::extract::rejection::BytesRejection) -> Response {
    let words = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => "What was filled in is too long.".to_owned(),
        _ => format!("The form can't be read: {rejection}"),
    };
    Failure::new(rejection.status(), words).into_response()
}
