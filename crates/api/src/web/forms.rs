//! Forms, which only pages of ours can send.

use axum::{
    Form,
    extract::{FromRequest, FromRequestParts, Request},
    http::StatusCode,
};
use bytes::Bytes;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Web,
    browser::{Person, Visitor},
    destination::Destination,
    errors::Failure,
};

/// A form of a browser in which nobody need be logged in.
#[derive(Debug)]
pub(super) struct AnonymousForm<T> {
    pub(super) visitor: Visitor,
    pub(super) fields: T,
}

/// A form of somebody who is logged in.
#[derive(Debug)]
pub(super) struct PersonForm<T> {
    pub(super) person: Person,
    pub(super) fields: T,
}

/// What each form carries, beside its own fields.
#[derive(Deserialize)]
struct Guarded<T> {
    #[serde(default)]
    form_token: String,
    #[serde(flatten)]
    fields: T,
}

impl<T: DeserializeOwned + Send> FromRequest<Web> for AnonymousForm<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Failure> {
        let (visitor, form, _) = read::<T>(request, web).await?;
        check(visitor.form_token().as_deref(), &form.form_token)?;
        Ok(Self { visitor, fields: form.fields })
    }
}

impl<T: DeserializeOwned + Send> FromRequest<Web> for PersonForm<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, web: &Web) -> Result<Self, Failure> {
        let (visitor, form, origin) = read::<T>(request, web).await?;
        let person = visitor.person.ok_or_else(|| Failure::logged_out(origin.below_realm()))?;
        check(Some(&person.form_token), &form.form_token)?;
        Ok(Self { person, fields: form.fields })
    }
}

/// Whether somebody allows what they were asked about.
pub(super) fn decided(decision: &str) -> Result<bool, Failure> {
    match decision {
        "allow" => Ok(true),
        "deny" => Ok(false),
        _ => {
            let words = "The form does not say whether you allow this. Go back, and press Allow or \
                         Deny.";
            Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words))
        }
    }
}

async fn read<T: DeserializeOwned>(
    request: Request,
    web: &Web,
) -> Result<(Visitor, Guarded<T>, Destination), Failure> {
    if !web.origin.sent(request.uri(), request.headers()) {
        let words = "This form was sent by another site's page.";
        return Err(Failure::new(StatusCode::FORBIDDEN, words));
    }
    let (mut parts, body) = request.into_parts();
    let visitor = Visitor::from_request_parts(&mut parts, web).await?;
    let request = Request::from_parts(parts.clone(), body);
    let body = Bytes::from_request(request, web).await.map_err(|rejection| {
        let words = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "What was filled in is too long.".to_owned(),
            _ => format!("The form can't be read: {rejection}"),
        };
        Failure::new(rejection.status(), words)
    })?;
    if url::form_urlencoded::parse(&body).any(|(_, value)| value.contains('\0')) {
        let words = "A field has a character that can't be typed (NUL).";
        return Err(Failure::new(StatusCode::UNPROCESSABLE_ENTITY, words));
    }
    let origin = Destination::of_form(parts.uri.path(), &body);
    let request = Request::from_parts(parts, body.into());
    let form = Form::<Guarded<T>>::from_request(request, web).await;
    let Form(form) = form.map_err(|rejection| {
        Failure::new(rejection.status(), format!("The form can't be read: {rejection}"))
    })?;
    Ok((visitor, form, origin))
}

/// Keeps out forms that were not made for this browser.
pub(super) fn check(expected: Option<&str>, sent: &str) -> Result<(), Failure> {
    let same = expected.is_some_and(|expected| {
        let (expected, sent) = (expected.as_bytes(), sent.as_bytes());
        aws_lc_rs::constant_time::verify_slices_are_equal(expected, sent).is_ok()
    });
    let words = "This form is out of date, or your browser keeps no cookies for this site. Go \
                 back, reload the page, and try again.";
    same.then_some(()).ok_or_else(|| Failure::new(StatusCode::FORBIDDEN, words))
}
