//! What handlers return.

use axum::{
    Json,
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::{error::Error, storage::OpenFile};

/// The answer of a handler.
pub trait Output {
    /// Its status.
    const STATUS: StatusCode;

    /// Whether its body is sent as text, whatever the description has beside it.
    const IS_TEXT: bool = false;

    /// The answer itself.
    fn into_answer(self) -> Response;

    /// The schema of its body, if it has one.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// 201 with what was created.
#[derive(Debug)]
pub struct Created<T>(pub T);

/// 200, without the fields that are null.
#[derive(Debug)]
pub struct WithoutNulls<T>(pub T);

/// 202 without a body.
#[derive(Debug)]
pub struct Accepted;

/// 202 with what was begun.
#[derive(Debug)]
pub struct AcceptedJson<T>(pub T);

/// 204.
#[derive(Debug)]
pub struct NoContent;

/// 200 with `null`: a file was deleted.
#[derive(Debug)]
pub struct Deleted;

/// 200 with a file, whose name is in the header `filename`.
#[derive(Debug)]
pub struct FileContent {
    /// Its name.
    pub filename: String,
    /// What is in it.
    pub content: OpenFile,
}

impl<T: Serialize + JsonSchema> Output for Json<T> {
    const STATUS: StatusCode = StatusCode::OK;

    fn into_answer(self) -> Response {
        self.into_response()
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl<T: Serialize + JsonSchema> Output for Created<T> {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn into_answer(self) -> Response {
        (Self::STATUS, Json(self.0)).into_response()
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl<T: Serialize + JsonSchema> Output for AcceptedJson<T> {
    const STATUS: StatusCode = StatusCode::ACCEPTED;

    fn into_answer(self) -> Response {
        (Self::STATUS, Json(self.0)).into_response()
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

impl<T: Serialize + JsonSchema> Output for WithoutNulls<T> {
    const STATUS: StatusCode = StatusCode::OK;

    fn into_answer(self) -> Response {
        match serde_json::to_value(self.0) {
            Ok(value) => Json(without_nulls(value)).into_response(),
            Err(error) => Error::internal(error).into_response(),
        }
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<T>())
    }
}

/// The value without the fields that are null, however deep.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

impl Output for Accepted {
    const STATUS: StatusCode = StatusCode::ACCEPTED;

    fn into_answer(self) -> Response {
        Self::STATUS.into_response()
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(Schema::default())
    }
}

impl Output for NoContent {
    const STATUS: StatusCode = StatusCode::NO_CONTENT;

    fn into_answer(self) -> Response {
        Self::STATUS.into_response()
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        None
    }
}

impl Output for Deleted {
    const STATUS: StatusCode = StatusCode::OK;

    fn into_answer(self) -> Response {
        Json(Value::Null).into_response()
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(Schema::default())
    }
}

impl Output for FileContent {
    const STATUS: StatusCode = StatusCode::OK;
    const IS_TEXT: bool = true;

    fn into_answer(self) -> Response {
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        let size = HeaderValue::from(self.content.size);
        let head = [(header::CONTENT_TYPE, plain), (header::CONTENT_LENGTH, size)];
        let mut response = (head, Body::from_stream(self.content.content())).into_response();
        if let Some(name) = header_text(&self.filename) {
            response.headers_mut().insert(HeaderName::from_static("filename"), name);
        }
        response
    }

    fn schema(_: &mut SchemaGenerator) -> Option<Schema> {
        Some(Schema::default())
    }
}

/// A name as header text: Latin-1 as it is, anything else percent-encoded as UTF-8.
fn header_text(name: &str) -> Option<HeaderValue> {
    let latin1: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(c).ok()).collect();
    match latin1.map(|bytes| HeaderValue::from_bytes(&bytes)) {
        Some(Ok(value)) => Some(value),
        _ => {
            let encoded =
                percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
            HeaderValue::from_str(&encoded.to_string()).ok()
        }
    }
}
