//! Finding the handler of a request.
//!
//! Routes are tried in order and the first match wins, with the Python server's answers for
//! what does not match: 405 with the methods of the first route of that path, 307 to the path
//! without its trailing slash.

use std::{fmt, sync::Arc, time::Instant};

use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use jobbergate_types::error::ErrorBody;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::{Endpoint, endpoint::Incoming, input::Parts};
use crate::{app::App, telemetry};

/// The methods that operations have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods of HTTP")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
}

impl Method {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A route and its handler.
#[derive(Clone)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path below `/jobbergate`, with `{name}` for a segment and `{name:path}` for the rest.
    pub pattern: &'static str,
    /// What it is for, in a sentence.
    pub summary: &'static str,
    /// The handler.
    pub endpoint: Endpoint,
}

/// All routes, in order.
#[derive(Clone, Default)]
pub struct Router(pub Vec<Route>);

impl fmt::Debug for Router {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|route| route.pattern)).finish()
    }
}

impl Router {
    /// Adds a route after those there are.
    #[must_use]
    pub fn route(
        mut self,
        method: Method,
        pattern: &'static str,
        summary: &'static str,
        endpoint: Endpoint,
    ) -> Self {
        self.0.push(Route { method, pattern, summary, endpoint });
        self
    }

    /// Adds another router's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn find(&self, method: &str, path: &str) -> Found<'_> {
        let mut other_method = None;
        for route in &self.0 {
            let Some(parameters) = matches(route.pattern, path) else { continue };
            if route.method.as_str() == method {
                return Found::Route(route, parameters);
            }
            other_method.get_or_insert(route.method);
        }
        match other_method {
            Some(allowed) => Found::OtherMethod(allowed),
            None => Found::Nothing,
        }
    }

    fn knows(&self, path: &str) -> bool {
        self.0.iter().any(|route| matches(route.pattern, path).is_some())
    }
}

enum Found<'a> {
    Route(&'a Route, Map<String, Value>),
    OtherMethod(Method),
    Nothing,
}

/// The parameters of `path` if it matches.
fn matches(pattern: &str, path: &str) -> Option<Map<String, Value>> {
    let mut parameters = Map::new();
    let mut rest = Some(path);
    let mut segments = pattern.split('/');
    segments.next();
    rest = rest?.strip_prefix('/').map(Some)?;
    for segment in segments {
        let left = rest?;
        if let Some(name) = segment.strip_prefix('{').and_then(|s| s.strip_suffix(":path}")) {
            parameters.insert(name.to_owned(), Value::String(left.to_owned()));
            return Some(parameters);
        }
        let (found, remaining) = match left.split_once('/') {
            Some((found, remaining)) => (found, Some(remaining)),
            None => (left, None),
        };
        match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
            Some(name) if !found.is_empty() => {
                parameters.insert(name.to_owned(), Value::String(found.to_owned()));
            }
            None if segment == found => {}
            _ => return None,
        }
        rest = remaining;
    }
    rest.is_none().then_some(parameters)
}

/// Answers a request for any path.
pub async fn dispatch(State(app): State<Arc<App>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = percent_decode_str(head.uri.path()).decode_utf8_lossy().into_owned();
    let Some(local) = path.strip_prefix("/jobbergate") else { return not_found() };
    if local.is_empty() {
        return redirect(&head.uri, &head.headers, "/jobbergate/");
    }
    match app.router.find(head.method.as_str(), local) {
        Found::Route(route, parameters) => {
            let query = head.uri.query().unwrap_or_default();
            let parts = Parts { path: parameters, query: decode(query), ..Parts::default() };
            let gone = CancellationToken::new();
            let incoming = Incoming { headers: head.headers, parts, body, gone };
            let begin = Instant::now();
            let answer = route.endpoint.answer(Arc::clone(&app), incoming).await;
            let method = route.method.as_str();
            telemetry::request(method, route.pattern, answer.status(), begin.elapsed());
            answer
        }
        Found::OtherMethod(allowed) => method_not_allowed(allowed),
        Found::Nothing => match local.strip_suffix('/') {
            Some(shorter) if app.router.knows(shorter) => {
                redirect(&head.uri, &head.headers, head.uri.path().trim_end_matches('/'))
            }
            _ => not_found(),
        },
    }
}

/// Query parameters; of repeated ones the last counts.
fn decode(query: &str) -> Map<String, Value> {
    url::form_urlencoded::parse(query.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect()
}

fn not_found() -> Response {
    (StatusCode::NOT_FOUND, Json(ErrorBody { detail: "Not Found".to_owned() })).into_response()
}

fn method_not_allowed(allowed: Method) -> Response {
    let body = Json(ErrorBody { detail: "Method Not Allowed".to_owned() });
    let allow = [(header::ALLOW, allowed.to_string())];
    (StatusCode::METHOD_NOT_ALLOWED, allow, body).into_response()
}

/// The scheme is that of the proxy in front, if it says so.
fn redirect(uri: &Uri, headers: &axum::http::HeaderMap, path: &str) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let scheme = headers.get("x-forwarded-proto").filter(|scheme| *scheme == "https");
    let scheme = if scheme.is_some() { "https" } else { "http" };
    let location = format!("{scheme}://{host}{path}{query}");
    (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, location)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_segment_matches_one_segment_and_a_path_matches_the_rest() {
        let found = matches("/a/{id}/x", "/a/7/x").unwrap();
        assert_eq!(found["id"], "7");
        assert!(matches("/a/{id}", "/a/").is_none());
        assert!(matches("/a/{id}", "/a/b/c").is_none());
        assert!(matches("/a", "/a/").is_none());
        assert!(matches("/a", "//a").is_none());
        assert_eq!(matches("/f/{name:path}", "/f/d/../e").unwrap()["name"], "d/../e");
    }
}
