//! Forms as OAuth 2.0 has them: nothing twice, and what is empty counts as left out (RFC 6749
//! §3.2).

use axum::{
    body::Bytes,
    http::{HeaderMap, header},
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::identity::refusal::{Code, Refusal};

/// Reads a form.
pub(super) fn read<T: DeserializeOwned>(headers: &HeaderMap, body: &Bytes) -> Result<T, Refusal> {
    let wrong = |words: String| Refusal::new(Code::InvalidRequest, words);
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(wrong(
            "The body must be a form (application/x-www-form-urlencoded)".to_owned(),
        ));
    }
    parameters(body)
}

/// Reads parameters, of a form or of an address.
pub fn parameters<T: DeserializeOwned>(text: &[u8]) -> Result<T, Refusal> {
    let wrong = |words: String| Refusal::new(Code::InvalidRequest, words);
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(text) {
        if value.is_empty() {
            continue;
        }
        if fields.insert(name.clone().into_owned(), Value::String(value.into_owned())).is_some() {
            return Err(wrong(format!("{name} is there more than once")));
        }
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| wrong(error.to_string()))
}
