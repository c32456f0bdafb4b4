//! Numbers of JSON.

use num_bigint::BigInt;
use serde_json::Number;

use super::Value;

/// Integers keep all digits that the JSON library kept.
#[inline]
pub(crate) fn from_number(number: &Number) -> Value {
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
