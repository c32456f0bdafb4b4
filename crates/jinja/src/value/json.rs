//! JSON as values.

use num_bigint::BigInt;
use serde_json::{Map, Number, Value as Json};

use super::{Entries, Key, Value};
use crate::error::Result;
use crate::run::{Run, Running};

/// The value of what was passed in, whose memory and work are counted. Its size has no bound but
/// these; its depth is bounded by the parser of JSON.
pub(crate) fn from_json(run: &mut Run, json: &Json) -> Result<Value> {
    match json {
        Json::Null => Ok(Value::None),
        Json::Bool(value) => Ok(Value::Bool(*value)),
        Json::Number(number) => Ok(from_number(number)),
        Json::String(text) => from_text(run, text),
        Json::Array(items) => run.deeper(|run| list(run, items)),
        Json::Object(map) => run.deeper(|run| dict(run, map)),
    }
}

fn from_text(run: &mut Run, text: &str) -> Result<Value> {
    run.meter.charge(text.len())?;
    Ok(Value::text(text))
}

fn list(run: &mut Run, items: &[Json]) -> Result<Value> {
    run.meter.object(0)?;
    run.meter.items(items.len())?;
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        values.push(from_json(run, item)?);
    }
    Ok(Value::list(values))
}

fn dict(run: &mut Run, map: &Map<String, Json>) -> Result<Value> {
    run.meter.object(0)?;
    run.meter.entries(map.len())?;
    let mut entries = Vec::with_capacity(map.len());
    for (key, value) in map {
        run.meter.charge(key.len())?;
        entries.push((Key::text(key.as_str()), from_json(run, value)?));
    }
    Ok(Value::dict(Entries::of_distinct(entries)))
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
