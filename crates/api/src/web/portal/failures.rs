//! What went wrong, on a page or on a part of one, and what all answers have.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{Site, frame::Frame, typed::Typed};
use crate::web::{errors::Failure, headers, page::page};

/// What pages may load and do.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; form-action 'self'; frame-ancestors 'none'; \
                      base-uri 'none'";

#[derive(Template)]
#[template(path = "portal/failure.html")]
struct FailurePage<'a> {
    frame: Frame,
    title: &'a str,
    words: &'a str,
    is_logged_out: bool,
    /// Where to go on.
    next: &'a str,
    /// What was typed into the form that failed.
    typed: Vec<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "portal/failure_part.html")]
struct FailurePart<'a> {
    title: &'a str,
    words: &'a str,
}

/// Whether a part of a page is asked for, to be put into the page that is there.
pub(super) fn is_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

pub(super) async fn after(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let (is_part, typed) = (is_part(request.headers()), Typed::default());
    request.extensions_mut().insert(typed.clone());
    let mut response = next.run(request).await;
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        response = shown(&site, &failure, &typed, is_part).unwrap_or(response);
    }
    finish(&mut response);
    response
}

/// Gives an answer the headers that all have.
pub(super) fn finish(response: &mut Response) {
    let head = response.headers_mut();
    if !head.contains_key(header::CONTENT_SECURITY_POLICY) {
        head.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    }
    if !head.contains_key(header::CACHE_CONTROL) {
        // Kept for going back, with what was typed, and asked for anew otherwise.
        head.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
    head.insert(header::VARY, HeaderValue::from_static("HX-Request, Cookie"));
    headers::add_headers(head);
}

/// The page that says it, or the part of one.
pub(super) fn shown(
    site: &Site,
    failure: &Failure,
    typed: &Typed,
    is_part: bool,
) -> Option<Response> {
    let (title, words) = (failure.title, failure.words.as_str());
    let made = match is_part {
        true => page(failure.status, &FailurePart { title, words }),
        false => {
            let is_logged_out = failure.status == StatusCode::UNAUTHORIZED;
            let next = failure.next.as_deref().unwrap_or("/");
            let frame = Frame::bare(site);
            let typed = typed.pairs().collect();
            page(failure.status, &FailurePage { frame, title, words, is_logged_out, next, typed })
        }
    };
    made.inspect_err(|error| error.log()).ok()
}
