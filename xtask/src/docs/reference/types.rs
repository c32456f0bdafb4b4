//! The types of the API, as a reader sees them.

use std::fmt::Write;

use anyhow::Result;
use serde_json::{Map, Value};

use crate::docs::markdown::{anchor, cell, escaped};

const REFERENCE: &str = "#/components/schemas/";

/// A page with all of them.
pub(crate) fn page(schemas: &Map<String, Value>) -> Result<String> {
    let mut text = "# Types\n\nWhat requests and answers consist of.\n".to_owned();
    let mut schemas: Vec<_> = schemas.iter().collect();
    schemas.sort_by_key(|(name, _)| *name);
    for (name, schema) in schemas {
        writeln!(text, "\n## {name}\n")?;
        if let Some(description) = schema["description"].as_str() {
            writeln!(text, "{}\n", escaped(description))?;
        }
        match schema["properties"].as_object() {
            Some(properties) => write_properties(&mut text, schema, properties)?,
            None => writeln!(text, "{}", shown(schema))?,
        }
    }
    Ok(text)
}

fn write_properties(
    text: &mut String,
    schema: &Value,
    properties: &Map<String, Value>,
) -> Result<()> {
    writeln!(text, "| field | type | meaning | example |\n|---|---|---|---|")?;
    let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    for (name, property) in properties {
        let needed = if required.iter().any(|field| field == name) { ", needed" } else { "" };
        let meaning = cell(property["description"].as_str().unwrap_or_default());
        let example = property["examples"].get(0).map(|example| format!("`{example}`"));
        let example = example.unwrap_or_default().replace('|', "\\|");
        writeln!(text, "| `{name}` | {}{needed} | {meaning} | {example} |", shown(property))?;
    }
    Ok(())
}

/// A type in words, with links to those that have names.
pub(crate) fn shown(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix(REFERENCE)) {
        return format!("[{name}](types.md#{})", anchor(name));
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        return values.join(", ");
    }
    let alternatives = ["anyOf", "oneOf", "allOf"].iter().find_map(|key| schema[*key].as_array());
    if let Some(alternatives) = alternatives {
        return alternatives.iter().map(shown).collect::<Vec<_>>().join(" or ");
    }
    let names: Vec<String> = match &schema["type"] {
        Value::String(name) => vec![named(name, schema)],
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(|name| named(name, schema)).collect()
        }
        _ => vec!["anything".to_owned()],
    };
    names.join(" or ") + &bounds(schema)
}

fn named(name: &str, schema: &Value) -> String {
    match (name, schema["format"].as_str()) {
        ("array", _) => format!("list of {}", shown(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("object of {}", shown(&schema["additionalProperties"]))
        }
        ("string", Some(format)) => format!("string ({format})"),
        _ => name.to_owned(),
    }
}

fn bounds(schema: &Value) -> String {
    let bounds = [
        ("minimum", "at least", ""),
        ("maximum", "at most", ""),
        ("minLength", "at least", " characters"),
        ("maxLength", "at most", " characters"),
        ("minItems", "at least", " of them"),
        ("maxItems", "at most", " of them"),
        ("default", "by default", ""),
    ];
    let told = bounds.iter().filter_map(|(key, words, what)| match &schema[*key] {
        Value::Null => None,
        value => Some(format!(", {words} `{value}`{what}")),
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_are_told_in_words() {
        for (schema, words) in [
            (json!({"$ref": "#/components/schemas/FileType"}), "[FileType](types.md#filetype)"),
            (json!({"type": ["integer", "null"], "minimum": 1}), "integer or null, at least `1`"),
            (json!({"type": "array", "items": {"enum": ["a"]}}), "list of `\"a\"`"),
            (json!({"anyOf": [{"type": "boolean"}, {}]}), "boolean or anything"),
        ] {
            assert_eq!(shown(&schema), words);
        }
    }
}
