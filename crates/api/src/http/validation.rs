//! Checking input against the JSON Schema of its type, as pydantic does in its lax mode.
//!
//! Values that mean the same are accepted in another type (`"12"` and `1.0` for an integer,
//! `"yes"` for a boolean), and all problems are reported at once, each with its place.

mod instant;
mod number;
mod scalar;

pub(crate) use number::parse as parse_integer;

use jobbergate_types::error::{Location, ValidationError};
use serde_json::{Map, Value, json};

#[derive(Debug, Default)]
pub struct Problems(pub Vec<ValidationError>);

pub type Place = Vec<Location>;

impl Problems {
    pub fn add(&mut self, place: &Place, kind: &str, msg: impl Into<String>, input: &Value) {
        self.add_with(place, kind, msg, input, Map::new());
    }

    /// Adds a problem at `place` with the figures that its message speaks of.
    pub fn add_with(
        &mut self,
        place: &Place,
        kind: &str,
        msg: impl Into<String>,
        input: &Value,
        ctx: Map<String, Value>,
    ) {
        self.0.push(ValidationError {
            r#type: kind.to_owned(),
            loc: place.clone(),
            msg: msg.into(),
            input: input.clone(),
            ctx,
        });
    }
}

/// The place of `step` within `place`.
pub fn within(place: &Place, step: impl Into<Location>) -> Place {
    let mut place = place.clone();
    place.push(step.into());
    place
}

/// Checks `value` against `schema` and brings it into the schema's types.
/// `None` if there are problems, which were added.
pub fn conform(
    schema: &Value,
    value: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        return conform_nullable(schema, options, value, place, problems);
    }
    let conformed = match type_of(schema) {
        ("integer", nullable) if !(nullable && value.is_null()) => {
            number::integer(schema, value, place, problems)
        }
        ("string", nullable) if !(nullable && value.is_null()) => {
            scalar::string(schema, value, place, problems)
        }
        ("number", nullable) if !(nullable && value.is_null()) => {
            number::float(value, place, problems)
        }
        ("boolean", nullable) if !(nullable && value.is_null()) => {
            scalar::boolean(value, place, problems)
        }
        ("array", nullable) if !(nullable && value.is_null()) => {
            array(schema, value, place, problems)
        }
        ("object", nullable) if !(nullable && value.is_null()) => {
            object(schema, value, place, problems)
        }
        _ => anything(value, place, problems),
    };
    if value.is_null() && schema.get("x-not-null").is_some() {
        problems.add(place, "not_null", "Input should not be null; leave it out to keep it", value);
        return None;
    }
    conformed
}

fn conform_nullable(
    schema: &Value,
    options: &[Value],
    value: &Value,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let null = json!({"type": "null"});
    let mut others = options.iter().filter(|option| **option != null).peekable();
    let first = *others.peek()?;
    let inner = others.find(|option| is_of_type(option, value)).unwrap_or(first);
    if value.is_null() && options.contains(&null) && schema.get("x-not-null").is_none() {
        return Some(Value::Null);
    }
    conform(inner, value, place, problems)
}

/// Whether `value` is of the JSON type of `schema`, where that is a list or an object.
fn is_of_type(schema: &Value, value: &Value) -> bool {
    match type_of(schema).0 {
        "array" => value.is_array(),
        "object" => value.is_object(),
        // What may be anything may be what the others are not.
        "" => !schema.get("anyOf").is_some_and(Value::is_array),
        _ => false,
    }
}

/// The schema's type, and whether null is allowed beside it.
fn type_of(schema: &Value) -> (&str, bool) {
    match &schema["type"] {
        Value::String(name) => (name, false),
        Value::Array(names) => {
            let name = names.iter().filter_map(Value::as_str).find(|name| *name != "null");
            (name.unwrap_or(""), names.iter().any(|name| name == "null"))
        }
        _ if schema.get("enum").is_some() || schema.get("oneOf").is_some() => ("string", false),
        _ => ("", true),
    }
}

/// Free JSON: only what the databases can't store is refused.
fn anything(value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    if contains_nul(value) {
        scalar::refuse_nul(value, place, problems);
        return None;
    }
    Some(value.clone())
}

fn contains_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(contains_nul),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| name.contains('\0') || contains_nul(value))
        }
        _ => false,
    }
}

fn array(schema: &Value, value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    let Value::Array(items) = value else {
        problems.add(place, "list_type", "Input should be a valid list", value);
        return None;
    };
    if let Some(limit) = schema["maxItems"].as_u64()
        && items.len() as u64 > limit
    {
        let found = items.len();
        let ctx = json!({"field_type": "List", "max_length": limit, "actual_length": found});
        let msg = format!("List should have at most {limit} items after validation, not {found}");
        problems.add_with(place, "too_long", msg, value, as_map(ctx));
        return None;
    }
    let conformed: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, item)| {
            let place = within(place, Location::Index(index));
            conform(&schema["items"], item, &place, problems)
        })
        .collect();
    conformed.into_iter().collect::<Option<Vec<_>>>().map(Value::Array)
}

fn object(schema: &Value, value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    match (schema.get("properties").and_then(Value::as_object), value) {
        (Some(properties), Value::Object(fields)) => {
            model(schema, properties, fields, place, problems)
        }
        (Some(_), _) => {
            let msg = "Input should be a valid dictionary or object to extract fields from";
            problems.add(place, "model_attributes_type", msg, value);
            None
        }
        (None, Value::Object(fields)) => dictionary(schema, fields, place, problems),
        (None, _) => {
            problems.add(place, "dict_type", "Input should be a valid dictionary", value);
            None
        }
    }
}

fn model(
    schema: &Value,
    properties: &Map<String, Value>,
    fields: &Map<String, Value>,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let mut conformed = Map::new();
    let mut complete = true;
    for (name, property) in properties {
        let place = within(place, name.as_str());
        if let Some(field) = fields.get(name) {
            match conform(property, field, &place, problems) {
                Some(field) => drop(conformed.insert(name.clone(), field)),
                None => complete = false,
            }
        } else if required.iter().any(|required| required == name) {
            problems.add(&place, "missing", "Field required", &missing_from(fields, &place));
            complete = false;
        }
    }
    if schema["additionalProperties"] == true {
        for (name, field) in fields.iter().filter(|(name, _)| !properties.contains_key(*name)) {
            match free_field(name, field, place, problems) {
                Some(field) => drop(conformed.insert(name.clone(), field)),
                None => complete = false,
            }
        }
    }
    if schema["additionalProperties"] == false {
        for (name, field) in fields.iter().filter(|(name, _)| !properties.contains_key(*name)) {
            let place = within(place, name.as_str());
            problems.add(&place, "extra_forbidden", "Extra inputs are not permitted", field);
            complete = false;
        }
    }
    complete.then_some(Value::Object(conformed))
}

/// A field that the schema does not know.
fn free_field(name: &str, field: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    let place = within(place, name);
    if name.contains('\0') {
        scalar::refuse_nul(&name.into(), &place, problems);
        return None;
    }
    anything(field, &place, problems)
}

/// What the reference shows as the input of a missing field: the object around it, but null
/// for query parameters and for the parts of a body made of several.
fn missing_from(fields: &Map<String, Value>, place: &Place) -> Value {
    let composed = fields.contains_key("create_request") || fields.contains_key("render_request");
    match place.first() {
        Some(Location::Field(part)) if part == "body" && !composed => Value::Object(fields.clone()),
        _ => Value::Null,
    }
}

fn dictionary(
    schema: &Value,
    fields: &Map<String, Value>,
    place: &Place,
    problems: &mut Problems,
) -> Option<Value> {
    let values = schema.get("additionalProperties").filter(|schema| schema.is_object());
    let mut conformed = Map::new();
    let mut complete = true;
    for (name, value) in fields {
        if let Some(names) = schema.get("propertyNames") {
            let place = within(&within(place, name.as_str()), "[key]");
            let name = Value::String(name.clone());
            complete &= scalar::string(names, &name, &place, problems).is_some();
        }
        let place = within(place, name.as_str());
        let value = match values {
            Some(schema) => conform(schema, value, &place, problems),
            None => anything(value, &place, problems),
        };
        match value {
            Some(value) => drop(conformed.insert(name.clone(), value)),
            None => complete = false,
        }
    }
    complete.then_some(Value::Object(conformed))
}

fn as_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
