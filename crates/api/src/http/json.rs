//! JSON bodies.

use axum::{body::Body, http::HeaderMap};
use jobbergate_types::error::{Location, ValidationError};
use serde_json::{Map, Value, json};

use super::body::read_bytes;
use crate::budget::Room;
use crate::error::{Error, Result};

mod scan;

pub(super) use scan::{BEYOND_64_BITS, inexact_integer, without_negative_zeros};

/// The largest JSON body, in bytes.
pub(super) const MAX_SIZE: usize = 16 * 1024 * 1024;
/// The largest JSON body of somebody whose token is not good, in bytes: enough to tell whether it is
/// JSON, which is told before what is wrong with the token.
const MAX_SIZE_OF_STRANGERS: usize = 64 * 1024;
/// How many values a body may consist of: each takes much more memory than text.
const MAX_VALUES: usize = 250_000;
/// What a value takes at most, in bytes, beside its text, which is counted as the body.
const VALUE: usize = 220;

/// Reads a body as JSON if it says that it is, otherwise as text.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    room: &mut Room,
) -> Result<Option<Value>> {
    let bytes = read_bytes(headers, body, limit, &mut room.body).await?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::BadRequest("There was an error parsing the body".to_owned()))?;
    if !is_json(headers) {
        return Ok(Some(Value::String(text.to_owned())));
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Some(position) = inexact_integer(text) {
        return Err(refused(position, BEYOND_64_BITS.to_owned()));
    }
    let values = scan::values(text);
    if values > MAX_VALUES {
        return Err(Error::TooLarge(format!("The body has more than {MAX_VALUES} values")));
    }
    room.values.grow_to(values.saturating_mul(VALUE)).await?;
    let plain = without_negative_zeros(text);
    serde_json::from_str(&plain).map(Some).map_err(|error| malformed(text, &error))
}

/// What is wrong with the body is told before what is wrong with the token, unless finding it out
/// would take much.
pub(super) async fn read_from_stranger(
    headers: &HeaderMap,
    body: Body,
    room: &mut Room,
) -> Result<Option<Value>> {
    match read(headers, body, MAX_SIZE_OF_STRANGERS, room).await {
        Err(Error::TooLarge(_)) => Ok(None),
        other => other,
    }
}

/// `application/json` and everything that ends in `+json`.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get("content-type").and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

fn malformed(text: &str, error: &serde_json::Error) -> Error {
    let before: usize = text
        .lines()
        .take(error.line().saturating_sub(1))
        .map(|line| line.chars().count() + 1)
        .sum();
    let position = before + error.column();
    let reason = if error.is_eof() { "Expecting value".to_owned() } else { error.to_string() };
    refused(position, reason)
}

fn refused(position: usize, reason: String) -> Error {
    Error::Invalid(vec![ValidationError {
        r#type: "json_invalid".to_owned(),
        loc: vec!["body".into(), Location::Index(position)],
        msg: "JSON decode error".to_owned(),
        input: json!({}),
        ctx: Map::from_iter([("error".to_owned(), Value::String(reason))]),
    }])
}
