//! From a path to its operation, with the Python server's answers for what does not match: 405
//! with the methods of the first route of that path, 307 to the path without its trailing slash.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Request, State},
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use jobbergate_types::error::ErrorBody;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::Api;
use crate::{
    http::{endpoint::Incoming, input::Parts, router::RouteMatch},
    telemetry::{RoutePattern, about_submission},
};

pub(super) async fn dispatch(State(api): State<Arc<Api>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = percent_decode_str(head.uri.path()).decode_utf8_lossy().into_owned();
    let Some(local) = path.strip_prefix("/jobbergate") else { return not_found() };
    if local.is_empty() {
        return redirect(&head.uri, &head.headers, "/jobbergate/");
    }
    match api.routes.find(&head.method, local) {
        RouteMatch::Route(route, parameters) => {
            let submission = parameters.get("job_submission_id").and_then(Value::as_str);
            if let Some(submission) = submission.and_then(|id| id.parse().ok()) {
                about_submission(submission);
            }
            let query = head.uri.query().unwrap_or_default();
            let parts = Parts { path: parameters, query: decode(query), ..Parts::default() };
            let gone = CancellationToken::new();
            let is_safe = head.method.is_safe();
            let place = head.extensions.get().cloned();
            let headers = head.headers;
            let keyed_route = route.endpoint.takes_key.then_some(route.pattern);
            let incoming = Incoming { headers, parts, body, keyed_route, is_safe, gone, place };
            let mut answer = route.endpoint.answer(Arc::clone(&api.app), incoming).await;
            answer.extensions_mut().insert(RoutePattern(route.pattern));
            answer
        }
        RouteMatch::OtherMethod(allowed) => method_not_allowed(allowed),
        RouteMatch::Nothing => match local.strip_suffix('/') {
            Some(shorter) if api.routes.knows(shorter) => {
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

fn method_not_allowed(allowed: &Method) -> Response {
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
