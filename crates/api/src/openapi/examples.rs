//! An example for each field, by the field's name: one name means one thing in this API.
//!
//! `Schema.field` takes precedence over `field`. Fields that refer to another schema get theirs
//! from its fields.

use std::sync::LazyLock;

use serde_json::{Map, Value};

/// Names of fields and parameters, each with an example.
static EXAMPLES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("examples.json")).unwrap_or_default());

/// Gives each property of each schema its example.
pub(super) fn add_to_schemas(schemas: &mut Map<String, Value>) {
    let known = schemas.clone();
    for (name, schema) in schemas.iter_mut() {
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
            continue;
        };
        for (field, property) in properties.iter_mut() {
            let found = of_field(name, field).or_else(|| of_schema(property, &known));
            if let (Some(example), Some(property)) = (found, property.as_object_mut()) {
                property.insert("examples".to_owned(), Value::Array(vec![example]));
            }
        }
    }
}

pub(super) fn of_parameter(name: &str) -> Option<Value> {
    EXAMPLES.get(name).cloned()
}

fn of_field(schema: &str, field: &str) -> Option<Value> {
    EXAMPLES.get(&format!("{schema}.{field}")).or_else(|| EXAMPLES.get(field)).cloned()
}

/// What a value of this schema looks like, made of the examples of its fields.
fn of_schema(schema: &Value, known: &Map<String, Value>) -> Option<Value> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next()?;
        let properties = known.get(name)?.get("properties")?.as_object()?;
        let fields = properties.iter().filter_map(|(field, property)| {
            let example = of_field(name, field).or_else(|| of_schema(property, known))?;
            Some((field.clone(), example))
        });
        return Some(Value::Object(fields.collect()));
    }
    if let Some(items) = schema.get("items") {
        return of_schema(items, known).map(|item| Value::Array(vec![item]));
    }
    let options = schema.get("anyOf").and_then(Value::as_array)?;
    options.iter().find_map(|option| of_schema(option, known))
}
