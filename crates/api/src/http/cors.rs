//! Cross-origin requests (the Fetch standard's CORS protocol), answered as the Python server's
//! Starlette does: with `*` any origin may ask, and one that sends cookies is named back.
//! `tower-http` has no such answers: it refuses to start with `*` and credentials, takes each
//! OPTIONS for a preflight, and refuses no preflight in words.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
/// How long a browser may remember the answer to a preflight, in seconds.
const MAX_AGE: &str = "600";

/// The origins whose pages may use the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Those of any site.
    Any,
    /// These, such as `https://jobs.example.com`.
    These(Vec<String>),
}

impl AllowedOrigins {
    /// Reads a comma-separated list; `*` in it stands for all.
    pub fn parse(list: &str) -> Self {
        let origins: Vec<_> = list
            .split(',')
            .map(|origin| origin.trim().trim_end_matches('/').to_owned())
            .filter(|origin| !origin.is_empty())
            .collect();
        if origins.iter().any(|origin| origin == "*") { Self::Any } else { Self::These(origins) }
    }

    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::These(origins) => {
                origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
            }
        }
    }
}

/// Answers preflights, and adds to other answers what the browser needs to pass them on.
pub async fn cors(
    State(allowed): State<Arc<AllowedOrigins>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        return next.run(request).await;
    };
    if request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        return preflight(&allowed, origin, request.headers());
    }
    let has_cookie = request.headers().contains_key(header::COOKIE);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if *allowed == AllowedOrigins::Any && !has_cookie {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    } else if allowed.allows(&origin) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    response
}

fn preflight(allowed: &AllowedOrigins, origin: HeaderValue, asked: &HeaderMap) -> Response {
    let mut answer = HeaderMap::new();
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    answer.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(MAX_AGE));
    answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    if let Ok(methods) = HeaderValue::from_str(&METHODS.join(", ")) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    }
    if let Some(headers) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, headers.clone());
    }
    let mut refused = Vec::new();
    if allowed.allows(&origin) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    } else {
        refused.push("origin");
    }
    let method = asked.get(header::ACCESS_CONTROL_REQUEST_METHOD);
    if !method.is_some_and(|method| METHODS.iter().any(|known| method == known)) {
        refused.push("method");
    }
    if refused.is_empty() {
        return (StatusCode::OK, answer, "OK").into_response();
    }
    let words = format!("Disallowed CORS {}", refused.join(", "));
    (StatusCode::BAD_REQUEST, answer, words).into_response()
}

#[cfg(test)]
mod tests {
    use super::AllowedOrigins;

    #[test]
    fn a_star_anywhere_allows_all_and_a_slash_at_the_end_does_not_matter() {
        assert_eq!(AllowedOrigins::parse("https://a.example, *"), AllowedOrigins::Any);
        let these = AllowedOrigins::These(vec!["https://a.example".to_owned()]);
        assert_eq!(AllowedOrigins::parse("https://a.example/,"), these);
    }
}
