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
    let path = request.uri().path();
    let is_ours =
        path.strip_prefix(REALM_PATH).is_some_and(|it| it.is_empty() || it.starts_with('/'));
    if !is_ours || !wants_page(request.method(), request.headers()) {
        return next.run(request).await;
    }
    let response = next.run(request).await;
    let status = response.status();
    let words = match status {
        StatusCode::NOT_FOUND if !is_page(&response) => "There is no page at this address.",
        StatusCode::METHOD_NOT_ALLOWED => "This address is for programs, not for browsers.",
        _ => return response,
    };
    let mut page = headers::finish(&web, Failure::no_page(status, words).into_response());
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        page.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    page
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

pub(super) fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}
