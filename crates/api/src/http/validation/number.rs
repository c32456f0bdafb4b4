//! Integers, from all that pydantic takes for one.

use serde_json::{Map, Value, json};

use super::{Place, Problems, as_map};

const UNPARSABLE: &str = "Input should be a valid integer, unable to parse string as an integer";
const FRACTIONAL: &str = "Input should be a valid integer, got a number with a fractional part";
const TOO_LARGE: &str = "Unable to parse input string as an integer, exceeded maximum size";
/// Beyond this a float no longer stands for one integer only.
const EXACT: f64 = 9_007_199_254_740_992.0;

pub(super) fn integer(
    schema: &Value,
    value: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let parsed = match value {
        Value::Bool(flag) => Ok(i64::from(*flag)),
        Value::Number(number) => from_number(number),
        Value::String(text) => parse(text),
        _ => Err(("int_type", "Input should be a valid integer")),
    };
    match parsed {
        Ok(integer) => within_limits(schema, integer, value, place, problems),
        Err(_) if schema["enum"].is_array() => refuse_other(schema, value, place, problems),
        Err((kind, msg)) => {
            problems.add(place, kind, msg, value);
            None
        }
    }
}

/// Numbers, from all that pydantic takes for one.
pub(super) fn float(value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    let parsed = match value {
        Value::Number(_) => return Some(value.clone()),
        Value::Bool(flag) => return Some(json!(if *flag { 1.0 } else { 0.0 })),
        Value::String(text) => text.trim().parse().ok().and_then(serde_json::Number::from_f64),
        _ => {
            problems.add(place, "float_type", "Input should be a valid number", value);
            return None;
        }
    };
    if parsed.is_none() {
        let msg = "Input should be a valid number, unable to parse string as a number";
        problems.add(place, "float_parsing", msg, value);
    }
    parsed.map(Value::Number)
}

fn from_number(number: &serde_json::Number) -> Result<i64, (&'static str, &'static str)> {
    if let Some(integer) = number.as_i64() {
        return Ok(integer);
    }
    match number.as_f64() {
        Some(float) if float.fract() != 0.0 => Err(("int_from_float", FRACTIONAL)),
        #[expect(clippy::cast_possible_truncation, reason = "within the exact range, no fraction")]
        Some(float) if float.abs() <= EXACT => Ok(float as i64),
        _ => Err(("int_parsing_size", TOO_LARGE)),
    }
}

/// Python's `int()` as pydantic calls it: ` 1`, `+1`, `1_0` and `1.0` are integers.
pub(crate) fn parse(text: &str) -> Result<i64, (&'static str, &'static str)> {
    let unparsable = Err(("int_parsing", UNPARSABLE));
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let well_formed = !digits.is_empty()
        && !digits.starts_with('_')
        && !digits.ends_with('_')
        && !digits.contains("__")
        && digits.chars().all(|c| c.is_ascii_digit() || c == '_')
        && !fraction.is_empty()
        && fraction.chars().all(|c| c == '0');
    if !well_formed {
        return unparsable;
    }
    whole.replace('_', "").parse().map_err(|_| ("int_parsing_size", TOO_LARGE))
}

fn within_limits(
    schema: &Value,
    integer: i64,
    input: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let limit =
        |name: &str| schema[name].as_i64().or_else(|| schema[name].as_f64().map(|f| f as i64));
    let mut refuse = |kind: &str, words: &str, key: &str, limit: i64| {
        let msg = format!("Input should be {words} {limit}");
        problems.add_with(place, kind, msg, input, as_map(json!({ key: limit })));
        None
    };
    if let Some(minimum) = limit("minimum").filter(|minimum| integer < *minimum) {
        return refuse("greater_than_equal", "greater than or equal to", "ge", minimum);
    }
    if let Some(minimum) = limit("exclusiveMinimum").filter(|minimum| integer <= *minimum) {
        return refuse("greater_than", "greater than", "gt", minimum);
    }
    if let Some(maximum) = limit("maximum").filter(|maximum| integer > *maximum) {
        return refuse("less_than_equal", "less than or equal to", "le", maximum);
    }
    if schema["x-integer-bits"] == 32 && i32::try_from(integer).is_err() {
        return refuse("less_than_equal", "less than or equal to", "le", i64::from(i32::MAX));
    }
    one_of(schema, integer, input, place, problems)
}

fn one_of(
    schema: &Value,
    integer: i64,
    input: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let allowed = schema["enum"].as_array();
    if allowed.is_none_or(|allowed| allowed.contains(&integer.into())) {
        return Some(integer.into());
    }
    refuse_other(schema, input, place, problems)
}

/// Tells which integers there may be.
fn refuse_other(
    schema: &Value,
    input: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let allowed = schema["enum"].as_array().into_iter().flatten();
    let expected = super::scalar::alternatives(allowed.map(Value::to_string));
    let ctx = Map::from_iter([("expected".to_owned(), json!(expected))]);
    problems.add_with(place, "enum", format!("Input should be {expected}"), input, ctx);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_read_as_python_reads_them() {
        for (text, integer) in
            [("12", 12), (" 1", 1), ("+1", 1), ("-5", -5), ("1_0", 10), ("1.0", 1), ("001", 1)]
        {
            assert_eq!(parse(text), Ok(integer), "{text}");
        }
        for text in ["", "a", "1.5", "1__0", "_1", "1.", "- 1", "0x1"] {
            assert_eq!(parse(text).unwrap_err().0, "int_parsing", "{text}");
        }
        assert_eq!(parse("99999999999999999999").unwrap_err().0, "int_parsing_size");
    }
}
