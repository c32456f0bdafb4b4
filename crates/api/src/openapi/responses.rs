//! What an operation may answer beside success.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::{
    input::Source,
    router::{Method, Route},
};

/// All unsuccessful answers of an operation, by status.
pub(super) fn failures(route: &Route, sources: &[Source]) -> Map<String, Value> {
    let mut answers = Map::new();
    if route.endpoint.facts.permissions.is_empty() {
        return answers;
    }
    let mut may_answer = |status: StatusCode, meaning: &str| {
        answers.insert(status.as_str().to_owned(), sentence(meaning));
    };
    may_answer(
        StatusCode::BAD_REQUEST,
        "The token lacks a claim that is needed, or what is asked for makes no sense as things are",
    );
    may_answer(StatusCode::UNAUTHORIZED, "No token, or none that can be trusted");
    may_answer(
        StatusCode::FORBIDDEN,
        "The token has no permission for this, or it belongs to somebody else",
    );
    may_answer(StatusCode::SERVICE_UNAVAILABLE, "Something that the server needs does not answer");
    if route.pattern.contains('{') || names_another(route) {
        may_answer(StatusCode::NOT_FOUND, "There is no such thing");
    }
    if route.method != Method::Get {
        may_answer(StatusCode::CONFLICT, "Something else is in the way");
    }
    let has_body = |source: &Source| matches!(source, Source::Json { .. } | Source::Form);
    if sources.iter().any(has_body) {
        may_answer(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large");
    }
    answers.insert("422".to_owned(), invalid());
    answers
}

/// Operations whose body names what must exist.
fn names_another(route: &Route) -> bool {
    route.method == Method::Post && route.pattern.starts_with("/job-submissions")
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
