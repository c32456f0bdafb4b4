//! What an operation may answer beside success.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::http::{
    response_doc::{BodyDoc, ResponseDoc},
    router::Route,
};

/// All other responses of an operation, by status. What its route says goes before what is said of all.
pub(super) fn others(route: &Route) -> Map<String, Value> {
    let mut responses = Map::new();
    for response in route.endpoint.responses.iter().copied().chain(usual(route)) {
        let status = response.status.as_str().to_owned();
        responses.entry(status).or_insert_with(|| describe(response));
    }
    responses
}

/// What follows from the kind of the operation.
fn usual(route: &Route) -> Vec<ResponseDoc> {
    if route.endpoint.permissions.is_empty() {
        return Vec::new();
    }
    let sentence = ResponseDoc::sentence;
    let mut responses = vec![
        sentence(StatusCode::BAD_REQUEST, "A claim is missing, or this makes no sense now"),
        sentence(StatusCode::UNAUTHORIZED, "No token, or none that can be trusted"),
        sentence(StatusCode::FORBIDDEN, "A permission is missing, or it is somebody else's"),
        sentence(StatusCode::UNPROCESSABLE_ENTITY, "The input has problems"),
        sentence(StatusCode::SERVICE_UNAVAILABLE, "What the server needs does not answer"),
    ];
    if route.pattern.contains('{') {
        responses.push(ResponseDoc::NOT_FOUND);
    }
    if route.method != Method::GET {
        responses.push(sentence(StatusCode::CONFLICT, "Something else is in the way"));
        responses.push(sentence(StatusCode::INSUFFICIENT_STORAGE, "The disk is full"));
    }
    if route.endpoint.sources.iter().any(|source| source.is_body()) {
        responses.push(ResponseDoc::TOO_LARGE);
        let late = "The rest of the body did not arrive in time";
        responses.push(sentence(StatusCode::REQUEST_TIMEOUT, late));
    }
    responses
}

fn describe(response: ResponseDoc) -> Value {
    let mut described = json!({"description": response.description});
    let schema = match response.body {
        BodyDoc::Empty => return described,
        BodyDoc::Any => json!({}),
        BodyDoc::Sentence if response.status == StatusCode::UNPROCESSABLE_ENTITY => invalid(),
        BodyDoc::Sentence => json!({"$ref": "#/components/schemas/ErrorBody"}),
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
