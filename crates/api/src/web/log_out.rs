//! Logging out, here or because a program sends the browser.

use askama::Template;
use axum::{
    extract::{RawForm, RawQuery, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

use super::{
    Web,
    browser::{Person, Visitor},
    cookies::Purpose,
    errors::Failure,
    forms::PersonForm,
    page::{Layout, go_to, leading_to, page},
};
use crate::identity::{LogOut, LogOutRequest, parameters};

/// The endpoint's path below the realm.
pub(super) const PATH: &str = "/protocol/openid-connect/logout";

pub(super) const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
/// Pages that the browser would show to whoever goes back.
pub(super) const FORGET_PAGES: HeaderValue = HeaderValue::from_static("\"cache\"");

#[derive(Template)]
#[template(path = "log_out.html")]
struct ConfirmPage<'a> {
    layout: Layout,
    request: &'a str,
}

#[derive(Template)]
#[template(path = "logged_out.html")]
struct DonePage {
    layout: Layout,
}

#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    #[serde(default)]
    request: String,
}

pub(super) async fn ask(
    State(web): State<Web>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Failure> {
    log_out(&web, &query.unwrap_or_default(), visitor.person.as_ref(), false).await
}

/// The same by POST; see [`super::authorization::ask_by_form`].
pub(super) async fn ask_by_form(State(web): State<Web>, RawForm(body): RawForm) -> Response {
    let pairs = url::form_urlencoded::parse(&body);
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    go_to(&web, &format!("{PATH}?{query}"))
}

pub(super) async fn confirmed(
    State(web): State<Web>,
    PersonForm { person, fields }: PersonForm<Confirmed>,
) -> Result<Response, Failure> {
    log_out(&web, &fields.request, Some(&person), true).await
}

/// Where people are who have logged out.
pub(super) async fn done(State(web): State<Web>, visitor: Visitor) -> Result<Response, Failure> {
    if visitor.person.is_some() {
        return Ok(go_to(&web, "/account"));
    }
    let layout = Layout::anonymous(&web, String::new());
    Ok(page(StatusCode::OK, &DonePage { layout })?)
}

async fn log_out(
    web: &Web,
    query: &str,
    person: Option<&Person>,
    confirmed: bool,
) -> Result<Response, Failure> {
    let request: LogOutRequest = parameters(query.as_bytes())?;
    let session = person.map(|person| &person.session);
    let mut response = match (web.provider.log_out(&request, session, confirmed).await?, person) {
        (LogOut::Confirm, Some(person)) => {
            let template = ConfirmPage { layout: Layout::of(web, person), request: query };
            let target = request.post_logout_redirect_uri.as_deref();
            return Ok(leading_to(page(StatusCode::OK, &template)?, target)?);
        }
        (LogOut::Refuse(words), _) => return Err(Failure::new(StatusCode::BAD_REQUEST, words)),
        (LogOut::Redirect(uri), _) => Redirect::to(&uri).into_response(),
        (LogOut::Done | LogOut::Confirm, _) => go_to(web, "/logout"),
    };
    let headers = response.headers_mut();
    headers.append(header::SET_COOKIE, web.origin.forget_cookie(Purpose::Session)?);
    headers.insert(CLEAR_SITE_DATA, FORGET_PAGES);
    Ok(response)
}
