//! What an operation may answer beside success.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::{
    input::Source,
    router::{Method, Route},
};

/// All unsuccessful answers of an operation, by status.
pub(super) fn failures(route: &Route, sources: &[Source]) -> Map<String, Value> {
    if route.endpoint.facts.permissions.is_empty() {
        return Map::new();
    }
    let mut answers = vec![
        (StatusCode::BAD_REQUEST, sentence("A claim is missing, or this makes no sense now")),
        (StatusCode::UNAUTHORIZED, sentence("No token, or none that can be trusted")),
        (StatusCode::FORBIDDEN, sentence("A permission is missing, or it is somebody else's")),
        (StatusCode::UNPROCESSABLE_ENTITY, invalid()),
        (StatusCode::SERVICE_UNAVAILABLE, sentence("What the server needs does not answer")),
    ];
    if let Some(missing) = not_found(route) {
        answers.push((StatusCode::NOT_FOUND, missing));
    }
    if route.method != Method::Get {
        answers.push((StatusCode::CONFLICT, sentence("Something else is in the way")));
    }
    let takes_body = sources.iter().any(|source| !matches!(source, Source::Path | Source::Query));
    if takes_body || route.pattern.contains("/upload-by-url/") {
        answers
            .push((StatusCode::PAYLOAD_TOO_LARGE, sentence("The body or the file is too large")));
    }
    answers.into_iter().map(|(status, answer)| (status.as_str().to_owned(), answer)).collect()
}

/// The answer of operations whose path or body names what must exist.
fn not_found(route: &Route) -> Option<Value> {
    if route.pattern == "/clusters/status/{client_id}" {
        return Some(json!({"description": "This cluster's agent has never reported"}));
    }
    let in_body = route.method == Method::Post && route.pattern.starts_with("/job-submissions");
    (in_body || route.pattern.contains('{')).then(|| sentence("There is no such thing"))
}

fn sentence(meaning: &str) -> Value {
    json!({
        "description": meaning,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
    })
}

/// Either all problems of the input, or a sentence.
fn invalid() -> Value {
    let sentence = json!({
        "description": "What is wrong, in a sentence",
        "type": "object",
        "required": ["detail"],
        "not": {"properties": {"detail": {"type": "array"}}},
    });
    let problems = json!({"$ref": "#/components/schemas/HTTPValidationError"});
    json!({
        "description": "The input has problems",
        "content": {"application/json": {"schema": {"anyOf": [problems, sentence]}}},
    })
}
