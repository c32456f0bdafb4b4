//! What handlers return.

use std::{iter, mem};

use axum::{
    Json,
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures::stream;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::Value;

use crate::storage::OpenFile;

pub trait Output {
    const STATUS: StatusCode;

    /// Whether its body is sent as text, whatever the description has beside it.
    const IS_TEXT: bool = false;

    /// What its body is described as.
    const MEDIA_TYPE: &'static str = "application/json";

    fn into_answer(self) -> Response;

    /// The schema of its body, if it has one.
    fn schema(generator: &mut SchemaGenerator) -> Option<Schema>;
}

/// 200 with a list, of which a little at a time is made JSON, as the client takes it.
#[derive(Debug)]
pub struct JsonList<T>(pub Vec<T>);

/// How many items of a list are made JSON at a time.
const ITEMS: usize = 128;

/// 201 with what was created.
#[derive(Debug)]
pub struct Created<T>(pub T);

/// 201 with what was created, or 200 with what would be.
#[derive(Debug)]
pub enum CreatedOrShown<T, U> {
    Created(T),
    Shown(U),
}

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
    pub filename: String,
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

impl<T: Serialize + JsonSchema + Send + 'static> Output for JsonList<T> {
    const STATUS: StatusCode = StatusCode::OK;

    fn into_answer(self) -> Response {
        if self.0.len() <= ITEMS {
            return Json(self.0).into_response();
        }
        let head = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (head, Body::from_stream(stream::iter(pieces(self.0)))).into_response()
    }

    fn schema(generator: &mut SchemaGenerator) -> Option<Schema> {
        Some(generator.subschema_for::<Vec<T>>())
    }
}

fn pieces<T: Serialize>(items: Vec<T>) -> impl Iterator<Item = serde_json::Result<Vec<u8>>> {
    let mut items = items.into_iter();
    let mut before = b'[';
    iter::from_fn(move || {
        if items.len() == 0 {
            return None;
        }
        let mut piece = Vec::new();
        for item in items.by_ref().take(ITEMS) {
            piece.push(mem::replace(&mut before, b','));
            if let Err(error) = serde_json::to_writer(&mut piece, &item) {
                return Some(Err(error));
            }
        }
        if items.len() == 0 {
            piece.push(b']');
        }
        Some(Ok(piece))
    })
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

impl<T: Serialize + JsonSchema, U: Serialize> Output for CreatedOrShown<T, U> {
    const STATUS: StatusCode = StatusCode::CREATED;

    fn into_answer(self) -> Response {
        match self {
            Self::Created(created) => Created(created).into_answer(),
            Self::Shown(shown) => Json(shown).into_response(),
        }
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
