//! What all answers have: what browsers must not do with them, and a page where something failed.

use askama::Template;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::{
    Web,
    errors::Failure,
    page::{self, Layout},
};

const FIXED: [(HeaderName, &str); 3] = [
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'a> {
    layout: Layout,
    title: &'a str,
    words: &'a str,
    next: &'a str,
    /// What the link to the next page says.
    onward: &'a str,
}

pub(super) async fn after(State(web): State<Web>, request: Request, next: Next) -> Response {
    finish(&web, next.run(request).await)
}

/// Puts the words of a failure on a page, and adds what all answers have.
pub(super) fn finish(web: &Web, mut response: Response) -> Response {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        let layout = Layout::anonymous(web, String::new());
        let (next, onward) = match &failure.next {
            Some(page) => (page.as_str(), "Log in"),
            None => ("/account", "Go to your account"),
        };
        let (title, words) = (failure.title, failure.words.as_str());
        let template = ErrorPage { layout, title, words, next, onward };
        match page::page(failure.status, &template) {
            Ok(page) => response = page,
            Err(error) => error.log(),
        }
    }
    add_headers(response.headers_mut());
    response
}

pub(super) fn add_headers(headers: &mut HeaderMap) {
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if let (false, Ok(policy)) =
        (headers.contains_key(header::CONTENT_SECURITY_POLICY), page::policy(None))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}
