//! What an operation may answer beside success.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use crate::http::{
    answer::{Answer, AnswerBody},
    input::Source,
    router::{Method, Route},
};

/// All other answers of an operation, by status. What its route says goes before what is said of all.
pub(super) fn others(route: &Route, sources: &[Source]) -> Map<String, Value> {
    let mut answers = Map::new();
    for answer in route.endpoint.facts.others.iter().copied().chain(usual(route, sources)) {
        let status = answer.status.as_str().to_owned();
        answers.entry(status).or_insert_with(|| describe(answer));
    }
    answers
}

/// What follows from the kind of the operation.
fn usual(route: &Route, sources: &[Source]) -> Vec<Answer> {
    if route.endpoint.facts.permissions.is_empty() {
        return Vec::new();
    }
    let sentence = Answer::sentence;
    let mut answers = vec![
        sentence(StatusCode::BAD_REQUEST, "A claim is missing, or this makes no sense now"),
        sentence(StatusCode::UNAUTHORIZED, "No token, or none that can be trusted"),
        sentence(StatusCode::FORBIDDEN, "A permission is missing, or it is somebody else's"),
        sentence(StatusCode::UNPROCESSABLE_ENTITY, "The input has problems"),
        sentence(StatusCode::SERVICE_UNAVAILABLE, "What the server needs does not answer"),
    ];
    if route.pattern.contains('{') {
        answers.push(Answer::NOT_FOUND);
    }
    if route.method != Method::Get {
        answers.push(sentence(StatusCode::CONFLICT, "Something else is in the way"));
        answers.push(sentence(StatusCode::INSUFFICIENT_STORAGE, "The disk is full"));
    }
    if sources.iter().any(|source| !matches!(source, Source::Path | Source::Query)) {
        answers.push(Answer::TOO_LARGE);
        let late = "The rest of the body did not arrive in time";
        answers.push(sentence(StatusCode::REQUEST_TIMEOUT, late));
    }
    answers
}

fn describe(answer: Answer) -> Value {
    let mut described = json!({"description": answer.description});
    let schema = match answer.body {
        AnswerBody::Empty => return described,
        AnswerBody::Any => json!({}),
        AnswerBody::Sentence if answer.status == StatusCode::UNPROCESSABLE_ENTITY => invalid(),
        AnswerBody::Sentence => json!({"$ref": "#/components/schemas/ErrorBody"}),
    };
    described["content"] = json!({"application/json": {"schema": schema}});
    described
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
    json!({"anyOf": [problems, sentence]})
}
