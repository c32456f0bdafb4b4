//! The description of the API, and the page that shows it.

use std::fs;

use serde_json::{Map, Value, json};

use crate::support::{TestApp, raw};

const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

async fn document(app: &TestApp) -> Value {
    app.anonymous().get("/openapi.json").await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_the_one_that_is_checked_in() {
    let served = document(&TestApp::on_sqlite().await).await;
    let checked_in: Value = serde_json::from_slice(&fs::read(CHECKED_IN).unwrap()).unwrap();
    let remedy = "if the change is meant: \
                  cargo run -p jobbergate-api --example openapi > crates/api/openapi.json";
    assert!(served == checked_in, "the API's description changed; {remedy}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_says_what_the_api_is_called_and_whom_to_ask() {
    let app = TestApp::configured(|config| {
        config.metadata.metadata_title = "Jobs at Example".to_owned();
        config.metadata.metadata_version = "7".to_owned();
        config.metadata.metadata_contact_email = Some("hpc@example.com".to_owned());
    })
    .await;
    let info = &document(&app).await["info"];
    assert_eq!((&info["title"], &info["version"]), (&json!("Jobs at Example"), &json!("7")));
    assert_eq!(info["contact"], json!({"email": "hpc@example.com"}));
}

fn properties(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let schemas = document["components"]["schemas"].as_object().unwrap();
    schemas.iter().flat_map(|(name, schema)| {
        let properties = schema.get("properties").and_then(Value::as_object);
        let named = |(field, property)| (format!("{name}.{field}"), property);
        properties.into_iter().flatten().map(named).collect::<Vec<_>>()
    })
}

fn parameters(document: &Value) -> impl Iterator<Item = (String, &Value)> {
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
    });
    operations.flat_map(|(path, method, operation)| {
        let parameters = operation.get("parameters").and_then(Value::as_array);
        let named = move |parameter: &Value| format!("{method} {path} {}", parameter["name"]);
        parameters.into_iter().flatten().map(move |parameter| (named(parameter), parameter))
    })
}

/// The names of the JSON types that a schema allows; empty for all.
fn types(schema: &Value, schemas: &Map<String, Value>) -> Vec<String> {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return types(&schemas[reference.rsplit('/').next().unwrap()], schemas);
    }
    if let Some(options) = schema.get("anyOf").and_then(Value::as_array) {
        return options.iter().flat_map(|option| types(option, schemas)).collect();
    }
    match schema.get("type") {
        Some(Value::String(name)) => vec![name.clone()],
        Some(Value::Array(names)) => {
            names.iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_is_described_and_has_an_example_of_its_type() {
    let document = document(&TestApp::on_sqlite().await).await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let fields = properties(&document).map(|(name, p)| (name, p, p, &p["examples"][0]));
    let parameters = parameters(&document).map(|(name, p)| (name, p, &p["schema"], &p["example"]));
    let mut poor = Vec::new();
    for (name, described, schema, example) in fields.chain(parameters) {
        let allowed = types(schema, schemas);
        let fits = allowed.is_empty() || allowed.iter().any(|name| name == type_of(example));
        if described["description"].as_str().is_none_or(str::is_empty) {
            poor.push(format!("{name}: no description"));
        }
        if example.is_null() || !fits {
            poor.push(format!("{name}: example {example} of {allowed:?}"));
        }
    }
    assert!(poor.is_empty(), "{}", poor.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_needs_nothing_from_elsewhere() {
    let app = TestApp::on_sqlite().await;
    let visitor = app.anonymous();
    let page = visitor.get("/docs").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(!page.text.contains("//cdn") && !page.text.contains("https://"), "{}", page.text);
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"));
    assert!(!page.text.contains("<script>"));
    let parts: Vec<_> = page
        .text
        .split('"')
        .filter(|text| text.starts_with("docs/") || *text == "openapi.json")
        .collect();
    assert!(parts.len() >= 4, "{parts:?}");
    for part in parts {
        let answer = visitor.get(&format!("/{part}")).await;
        assert!(answer.status == 200 && !answer.text.is_empty(), "{part}");
        assert!(!answer.text.contains("persistAuthorization: true"), "{part}");
        if part != "openapi.json" {
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{part}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{part}");
        }
    }
    assert_eq!(page.header("x-frame-options"), Some("DENY"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    visitor.get("/docs/nope.js").await.expect(404);
    let moved = visitor.get("/redoc").await.expect(307);
    assert_eq!(moved.header("location"), Some("/jobbergate/docs"));
    for (path, target) in [
        ("/docs", "/jobbergate/docs"),
        ("/redoc", "/jobbergate/docs"),
        ("/docs/oauth2-redirect", "/jobbergate/docs/oauth2-redirect"),
        ("/openapi.json", "/jobbergate/openapi.json"),
    ] {
        let answer = raw(&app, "GET", path, None).await;
        assert!(answer.starts_with("HTTP/1.1 307"), "{path}: {answer}");
        assert!(answer.contains(&format!("location: {target}\r\n")), "{path}: {answer}");
    }
}
