//! Where there is no page, for people: programs get their answers as they are.

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{Site, failures, typed::Typed};
use crate::{
    identity::REALM_PATH,
    web::{
        elsewhere::{is_page, wants_page},
        errors::Failure,
    },
};

/// Below which addresses are for programs, or have pages of their own.
const OTHERS: [&str; 2] = ["/jobbergate", REALM_PATH];

/// Has browsers see a page instead of what programs are told of an address without one.
pub(super) async fn answer(State(site): State<Site>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_other = OTHERS.iter().any(|other| {
        path.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    if is_other || !wants_page(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let words = match response.status() {
        StatusCode::NOT_FOUND if !is_page(&response) => "There is no page at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address takes a form, and is nothing to look at.",
        _ => return response,
    };
    let failure = Failure::no_page(response.status(), words);
    let shown = failures::shown(&site, &failure, &Typed::default(), false);
    let Some(mut page) = shown else { return response };
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    failures::finish(&mut page);
    page
}
