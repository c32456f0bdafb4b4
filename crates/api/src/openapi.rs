//! The description of the API (OpenAPI 3.1), made from the handlers' types: the schemas in it
//! are those that requests are checked against.

mod examples;
pub mod page;
mod responses;

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::{
    config::metadata::MetadataConfig,
    http::{
        input::InputSource,
        router::{Route, Router},
    },
    idempotency,
};

pub fn document(router: &Router, metadata: &MetadataConfig) -> Value {
    let settings = SchemaSettings::draft2020_12()
        .with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in &router.0 {
        let operation = operation(route, &mut generator);
        let path = route.pattern.replace(":path}", "}");
        let method = route.method.to_string().to_lowercase();
        paths.entry(path).or_insert_with(|| json!({}))[method] = operation;
    }
    generator.subschema_for::<jobbergate_types::error::HTTPValidationError>();
    generator.subschema_for::<jobbergate_types::error::ErrorBody>();
    let mut schemas = generator.take_definitions(true);
    examples::add_to_schemas(&mut schemas);
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info(metadata),
        "servers": [{"url": "/jobbergate"}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "TokenSecurity": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`Bearer ` and an access token",
                },
            },
        },
    });
    tidy(&mut document);
    document
}

fn info(metadata: &MetadataConfig) -> Value {
    let mut info = json!({
        "title": metadata.metadata_title,
        "version": metadata.metadata_version,
        "description": metadata.metadata_description,
    });
    let contact: Map<_, _> = [
        ("name", &metadata.metadata_contact_name),
        ("url", &metadata.metadata_contact_url),
        ("email", &metadata.metadata_contact_email),
    ]
    .into_iter()
    .filter_map(|(field, value)| Some((field.to_owned(), value.clone()?.into())))
    .collect();
    if !contact.is_empty() {
        info["contact"] = Value::Object(contact);
    }
    info
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let endpoint = &route.endpoint;
    let mut operation = json!({
        "summary": route.summary,
        "operationId": operation_id(route),
        "tags": [tag(route.pattern)],
    });
    let mut parameters = Vec::new();
    let schemas = (endpoint.schemas)(generator);
    for (source, schema) in endpoint.sources.iter().zip(&schemas) {
        match *source {
            InputSource::Path => parameters.extend(parameters_in("path", schema)),
            InputSource::Query => parameters.extend(parameters_in("query", schema)),
            InputSource::Json { required } => {
                operation["requestBody"] = body("application/json", schema, required);
            }
            InputSource::Form { required } => {
                operation["requestBody"] = body("multipart/form-data", schema, required);
            }
            // The reference has it under JSON, which is the one type that is refused.
            InputSource::Raw => {
                operation["requestBody"] = body("application/json", schema, true);
                operation["requestBody"]["content"]["application/octet-stream"] =
                    json!({"schema": schema});
            }
        }
    }
    if endpoint.takes_key {
        parameters.push(key_parameter());
    }
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    let mut success = json!({"description": "Success"});
    if let Some(schema) = (endpoint.output)(generator) {
        success["content"] = json!({ endpoint.media_type: {"schema": schema}});
        if endpoint.is_text {
            success["content"]["text/plain"] = json!({"schema": {"type": "string"}});
        }
    }
    if endpoint.takes_key {
        success["headers"] = replayed_header();
    }
    let mut answers = Map::from_iter([(endpoint.status.as_str().to_owned(), success)]);
    answers.extend(responses::others(route));
    operation["responses"] = Value::Object(answers);
    if !endpoint.permissions.is_empty() {
        operation["security"] = json!([{"TokenSecurity": []}]);
    }
    operation
}

fn key_parameter() -> Value {
    json!({
        "name": "Idempotency-Key",
        "in": "header",
        "required": false,
        "schema": {"type": "string", "minLength": 1, "maxLength": idempotency::MAX_LENGTH},
        "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
        "description": "Any text that is new for each request. One that is sent again with the same \
                        key, within a day, is not done again but answered as it was the first time; \
                        with another body it is refused (422), and while the first is under way \
                        answered 409 with Retry-After. A request that failed leaves its key free",
    })
}

fn replayed_header() -> Value {
    json!({
        "Idempotent-Replayed": {
            "description": "That this is what an earlier request with the same key was answered",
            "schema": {"type": "string", "const": "true"},
        },
    })
}

/// The method and the path, in the characters of a function's name.
fn operation_id(route: &Route) -> String {
    let words = route.pattern.replace(":path}", "}").replace(['/', '{', '}', '-'], " ");
    let words: Vec<_> = words.split_whitespace().collect();
    format!("{}_{}", route.method.to_string().to_lowercase(), words.join("_"))
}

/// The first segment of the path names the resource.
fn tag(pattern: &str) -> &str {
    pattern.trim_start_matches('/').split('/').next().unwrap_or_default()
}

fn parameters_in(place: &str, schema: &Schema) -> Vec<Value> {
    let required = schema.get("required").and_then(Value::as_array);
    let properties = schema.get("properties").and_then(Value::as_object);
    let describe = |(name, property): (&String, &Value)| {
        let needed = required.is_some_and(|names| names.iter().any(|needed| needed == name));
        let mut property = property.clone();
        let description = property.as_object_mut().and_then(|p| p.remove("description"));
        let mut parameter =
            json!({"name": name, "in": place, "required": needed, "schema": property});
        if let Some(description) = description {
            parameter["description"] = description;
        }
        if let Some(example) = examples::of_parameter(name) {
            parameter["example"] = example;
        }
        parameter
    };
    properties.into_iter().flatten().map(describe).collect()
}

fn body(media_type: &str, schema: &Schema, required: bool) -> Value {
    let mut body = json!({"content": { media_type: {"schema": schema}}});
    if required {
        body["required"] = true.into();
    }
    body
}

/// Drops what only concerns the server itself, and writes lists of names as `enum`.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, _| !name.starts_with("x-"));
            if fields.get("format").and_then(Value::as_str).is_some_and(is_integer_format) {
                fields.remove("format");
            }
            if let Some(names) = fields.get("oneOf").and_then(names_of) {
                fields.remove("oneOf");
                fields.insert("type".to_owned(), "string".into());
                fields.insert("enum".to_owned(), names);
            }
            fields.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        _ => {}
    }
}

/// Widths of Rust's integers, which say nothing to a client.
fn is_integer_format(format: &str) -> bool {
    matches!(format, "int32" | "int64" | "uint" | "uint32" | "uint64")
}

fn names_of(options: &Value) -> Option<Value> {
    options.as_array()?.iter().map(|option| option.get("const").cloned()).collect()
}
