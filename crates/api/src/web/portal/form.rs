//! Forms of pages, which only pages of ours can send.

use axum::{
    extract::{FromRequest, Request},
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
};

use super::{
    Site,
    certain::asked,
    failures::is_part,
    fields::{Fields, MOST_FIELDS},
    interrupted::Interrupted,
    typed::Typed,
    user::{User, logged_out, sender},
};
use crate::{
    error::Error,
    http::body::read_bytes,
    web::{errors::Failure, forms},
};

/// The field that each form carries beside its own.
pub(super) const FORM_TOKEN: &str = "form_token";
/// The largest form without files that is read, in bytes: an expert's template may be in one.
const MAX_SIZE: usize = 8 << 20;
/// What each byte of it takes at most while it is answered, one that is no UTF-8: three bytes in its field,
/// and the same to be given back.
const COST: usize = 6;

/// A form of somebody who is signed in.
#[derive(Debug)]
pub(super) struct UserForm {
    pub(super) user: User,
    pub(super) fields: Fields,
}

impl FromRequest<Site> for UserForm {
    type Rejection = Response;

    /// Who was logged out before they sent it gets back what they typed, to send it again; who was not asked
    /// yet whether they mean it is.
    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let (typed, uri) = (request.extensions().get::<Typed>().cloned(), request.uri().clone());
        let form = Self::read(request, site).await?;
        if let Some(page) = asked(site, &form.user, &uri, &form.fields) {
            return Err(page);
        }
        if let Some(typed) = typed {
            typed.keep(&form.fields);
        }
        Ok(form)
    }
}

impl UserForm {
    /// A form whose fields are nobody's but its handler's. They take room for as long as the user's context
    /// is there.
    pub(super) async fn read(request: Request, site: &Site) -> Result<Self, Response> {
        from_here(site, &request).map_err(IntoResponse::into_response)?;
        let (mut parts, body) = request.into_parts();
        let sent_by = Box::pin(sender(site, &mut parts)).await;
        let mut user = sent_by.map_err(IntoResponse::into_response)?;
        let caller = user.as_ref().map(|user| user.context.customer.caller.clone());
        let mut room = site.app.room(&caller.unwrap_or_default());
        let body = read_bytes(&parts.headers, body, MAX_SIZE, &mut room.body).await;
        let body = body.map_err(|error| unreadable(error).into_response())?;
        if body.iter().filter(|byte| **byte == b'&').count() >= MOST_FIELDS {
            return Err(too_many().into_response());
        }
        let taken = room.values.grow_to(body.len().saturating_mul(COST)).await;
        taken.map_err(|error| Failure::from(error).into_response())?;
        let fields = Fields::parse(&body);
        // A body may take its time: what counts is who they are now.
        let sent_by = Box::pin(sender(site, &mut parts)).await;
        user = sent_by.map_err(IntoResponse::into_response)?;
        if let Some(user) = &mut user {
            user.context.room = Some(room.into());
        }
        let is_for_part = is_part(&parts.headers);
        if user.is_none() && is_for_part {
            return Err(logged_out().into_response());
        }
        of_this_browser(site, user, fields, &parts.uri).map_err(|page| *page)
    }
}

/// A form that was made for who sends it; otherwise what they typed, to be sent again.
pub(super) fn of_this_browser(
    site: &Site,
    user: Option<User>,
    fields: Fields,
    uri: &Uri,
) -> Result<UserForm, Box<Response>> {
    match user {
        Some(user) if forms::check(Some(&user.form_token), fields.text(FORM_TOKEN)).is_ok() => {
            Ok(UserForm { user, fields })
        }
        user => {
            let interrupted = Interrupted::new(site, uri, fields, user.as_ref());
            let shown = interrupted.show();
            Err(Box::new(shown.unwrap_or_else(|error| Failure::from(error).into_response())))
        }
    }
}

pub(super) fn from_here(site: &Site, request: &Request) -> Result<(), Failure> {
    if site.origin.sent(request.uri(), request.headers()) {
        return Ok(());
    }
    Err(Failure::new(StatusCode::FORBIDDEN, "This form was sent by another site's page."))
}

/// For a form with more fields than any of ours.
pub(super) fn too_many() -> Failure {
    let words = format!("What was filled in has too many fields: {MOST_FIELDS} are read.");
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words)
}

fn unreadable(error: Error) -> Failure {
    match error {
        Error::TooLarge(_) => {
            let words = format!("What was filled in is too long: {} MiB are read.", MAX_SIZE >> 20);
            Failure::new(StatusCode::PAYLOAD_TOO_LARGE, words)
        }
        error => error.into(),
    }
}
