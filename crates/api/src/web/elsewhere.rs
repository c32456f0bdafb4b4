//! Where there is no page, for people: programs get their answers as they are.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{Web, errors::Failure, headers};
use crate::identity::REALM_PATH;

/// Has browsers see a page instead of what programs are told of an address without one.
pub(super) async fn answer(State(web): State<Web>, request: Request, next: Next) -> Response {
    let is_ours = is_below(request.uri().path(), REALM_PATH);
    if !is_ours || !wants_page(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let Some(failure) = no_page(&response, "This address is for programs, not for browsers.")
    else {
        return response;
    };
    let mut page = headers::finish(&web, failure.into_response());
    keep_allowed(&mut page, &response);
    page
}

pub(super) fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// What people are told in place of an answer for programs, if it is one; `taken` is said of an address
/// that takes other requests.
pub(super) fn no_page(response: &Response, taken: &str) -> Option<Failure> {
    let words = match response.status() {
        StatusCode::NOT_FOUND if !is_page(response) => "There is no page at this address.",
        StatusCode::METHOD_NOT_ALLOWED => taken,
        _ => return None,
    };
    Some(Failure::no_page(response.status(), words))
}

/// The page says which requests are taken, as the answer in whose place it stands.
pub(super) fn keep_allowed(page: &mut Response, answer: &Response) {
    if let Some(allowed) = answer.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allowed.clone());
    }
}

pub(super) fn wants_page(method: &Method, headers: &HeaderMap) -> bool {
    let accepted = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let names_pages = |accepted: &str| {
        accepted
            .split(',')
            .any(|it| it.split(';').next().is_some_and(|it| it.trim() == "text/html"))
    };
    matches!(*method, Method::GET | Method::HEAD) && accepted.is_some_and(names_pages)
}

fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
