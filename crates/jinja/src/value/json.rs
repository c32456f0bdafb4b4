//! JSON as values.

use num_bigint::BigInt;
use serde_json::{Number, Value as Json};

use super::{Entries, Key, Value};

/// The value of what was passed in; the depth of JSON is bounded by its parser.
pub(crate) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::None,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => from_number(number),
        Json::String(text) => Value::text(text),
        Json::Array(items) => stacker::maybe_grow(64 << 10, 1 << 20, || {
            Value::list(items.iter().map(from_json).collect())
        }),
        Json::Object(map) => stacker::maybe_grow(64 << 10, 1 << 20, || {
            let entries =
                map.iter().map(|(key, value)| (Key::text(key.as_str()), from_json(value)));
            Value::dict(Entries::of_distinct(entries))
        }),
    }
}

/// Integers keep all digits that the JSON library kept.
#[inline]
fn from_number(number: &Number) -> Value {
    match number.as_i64() {
        Some(value) => Value::Int(value),
        None => from_large(number),
    }
}

fn from_large(number: &Number) -> Value {
    if number.is_f64()
        && let Some(value) = number.as_f64()
    {
        return Value::Float(value);
    }
    let text = number.to_string();
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        && let Some(value) = BigInt::parse_bytes(text.as_bytes(), 10)
    {
        return Value::integer(value);
    }
    Value::Float(number.as_f64().or_else(|| text.parse().ok()).unwrap_or(f64::NAN))
}
