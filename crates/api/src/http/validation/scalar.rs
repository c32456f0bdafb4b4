//! Strings, instants, names out of a list, and booleans.

use serde_json::{Map, Value, json};

use super::{Place, Problems, as_map};

pub(super) fn string(
    schema: &Value,
    value: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    if let Some(names) = names(schema) {
        return one_of(&names, value, place, problems);
    }
    if schema["format"] == "date-time" {
        return super::instant::instant(value, place, problems);
    }
    let Value::String(text) = value else {
        problems.add(place, "string_type", "Input should be a valid string", value);
        return None;
    };
    if schema["format"] == "uri"
        && let Some(error) = problem_of_url(text)
    {
        let ctx = as_map(json!({"error": error}));
        let msg = format!("Input should be a valid URL, {error}");
        problems.add_with(place, "url_parsing", msg, value, ctx);
        return None;
    }
    if let Some(limit) = schema["maxLength"].as_u64()
        && text.chars().count() as u64 > limit
    {
        let msg = format!("String should have at most {limit} characters");
        problems.add_with(
            place,
            "string_too_long",
            msg,
            value,
            as_map(json!({"max_length": limit})),
        );
        return None;
    }
    if let Some(limit) = schema["minLength"].as_u64()
        && (text.chars().count() as u64) < limit
    {
        let characters = if limit == 1 { "character" } else { "characters" };
        let msg = format!("String should have at least {limit} {characters}");
        let ctx = as_map(json!({"min_length": limit}));
        problems.add_with(place, "string_too_short", msg, value, ctx);
        return None;
    }
    if text.is_empty() && schema.get("x-not-empty").is_some() {
        let ctx = as_map(json!({"error": {}}));
        let msg = "Value error, Cannot be an empty string";
        problems.add_with(place, "value_error", msg, value, ctx);
        return None;
    }
    if text.contains('\0') {
        refuse_nul(value, place, problems);
        return None;
    }
    Some(value.clone())
}

fn problem_of_url(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some("input is empty".to_owned());
    }
    url::Url::parse(text).err().map(|error| error.to_string())
}

/// PostgreSQL has no NUL in text.
pub(super) fn refuse_nul(value: &Value, place: &Place, problems: &mut Problems) {
    problems.add(place, "string_nul", "Text should not contain NUL characters", value);
}

/// The names that an enumeration allows, however the schema spells it.
fn names(schema: &Value) -> Option<Vec<Value>> {
    if let Some(names) = schema["enum"].as_array() {
        return Some(names.clone());
    }
    let options = schema["oneOf"].as_array()?;
    Some(options.iter().map(|option| option["const"].clone()).collect())
}

fn one_of(names: &[Value], value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    if names.contains(value) {
        return Some(value.clone());
    }
    let quoted = names.iter().map(|name| format!("'{}'", name.as_str().unwrap_or_default()));
    let expected = alternatives(quoted);
    let ctx = Map::from_iter([("expected".to_owned(), json!(expected))]);
    problems.add_with(place, "enum", format!("Input should be {expected}"), value, ctx);
    None
}

/// `a, b or c`.
pub(super) fn alternatives(names: impl Iterator<Item = String>) -> String {
    let names: Vec<_> = names.collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

pub(super) fn boolean(value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    let parsed = match value {
        Value::Bool(flag) => Some(*flag),
        Value::Number(number) if number.as_f64() == Some(1.0) => Some(true),
        Value::Number(number) if number.as_f64() == Some(0.0) => Some(false),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
            "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
            _ => None,
        },
        Value::Number(_) => None,
        _ => {
            problems.add(place, "bool_type", "Input should be a valid boolean", value);
            return None;
        }
    };
    if parsed.is_none() {
        let msg = "Input should be a valid boolean, unable to interpret input";
        problems.add(place, "bool_parsing", msg, value);
    }
    parsed.map(Value::Bool)
}
