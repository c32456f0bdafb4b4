//! JSON bodies.

use axum::{body::Body, http::HeaderMap};
use jobbergate_types::error::{Location, ValidationError};
use serde_json::{Map, Value, json};

use super::body::read_bytes;
use crate::error::{Error, Result};

/// What is said of integers that would be rounded.
pub(super) const BEYOND_64_BITS: &str = "Integers beyond 64 bits are not supported";

/// The largest JSON body, in bytes.
const MAX_SIZE: usize = 16 * 1024 * 1024;

/// Reads a body as JSON if it says that it is, otherwise as text.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Option<Value>> {
    let bytes = read_bytes(body, MAX_SIZE).await?;
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
    serde_json::from_str(text).map(Some).map_err(|error| malformed(text, &error))
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

/// Where the first integer is that a 64-bit number can't hold: it would be rounded, and a rendered
/// script would silently differ from what was asked for.
pub(super) fn inexact_integer(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        match byte {
            b'"' => index += end_of_string(&bytes[index..]),
            b'-' | b'0'..=b'9' => {
                let number = &text[index..];
                let end =
                    number.find(|c: char| !matches!(c, '0'..='9' | '.' | 'e' | 'E' | '+' | '-'));
                let number = &number[..end.unwrap_or(number.len())];
                let whole = !number.contains(['.', 'e', 'E']);
                if whole && number.len() > 18 && !fits(number) {
                    return Some(index);
                }
                index += number.len();
            }
            _ => index += 1,
        }
    }
    None
}

fn fits(number: &str) -> bool {
    number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok()
}

/// The length of the string that begins here, its quotes included.
fn end_of_string(bytes: &[u8]) -> usize {
    let mut index = 1;
    while let Some(&byte) = bytes.get(index) {
        match byte {
            b'\\' => index += 2,
            b'"' => return index + 1,
            _ => index += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::inexact_integer;

    #[test]
    fn integers_that_would_be_rounded_are_found() {
        for exact in
            ["[18446744073709551615, -9223372036854775808]", "1e300", "123456789012345678901.5"]
        {
            assert_eq!(inexact_integer(exact), None, "{exact}");
        }
        assert_eq!(inexact_integer(r#"{"a\\\"": "99999999999999999999"}"#), None);
        assert_eq!(inexact_integer(r#"{"a": 18446744073709551616}"#), Some(6));
        assert_eq!(inexact_integer("-9223372036854775809"), Some(0));
        assert_eq!(inexact_integer("\"a\\"), None);
    }
}
