//! The form of a workflow file: the file, and settings as JSON.

use jobbergate_types::job_script_templates::RunTimeConfig;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::{Form, UploadedFile};
use crate::http::{
    input::{BodyKind, Input, Parts, Source, conform_to},
    json::{BEYOND_64_BITS, inexact_integer, without_negative_zeros},
    validation::{Place, Problems},
};

/// A workflow file and its settings.
#[derive(Debug)]
pub struct WorkflowForm {
    /// The file.
    pub upload_file: UploadedFile,
    /// The settings; those that there are when absent.
    pub runtime_config: Option<RunTimeConfig>,
}

/// The form, for the API's description.
#[derive(JsonSchema)]
#[schemars(rename = "Body_upload_workflow_file")]
#[expect(dead_code, reason = "only its schema is used")]
struct WorkflowFormSchema {
    /// The file.
    #[schemars(extend("contentMediaType" = "application/octet-stream"))]
    upload_file: String,
    /// Settings for the command line, as JSON.
    runtime_config: Option<RunTimeConfig>,
}

impl Input for WorkflowForm {
    const BODY: BodyKind = BodyKind::Form;

    fn read(parts: &mut Parts, problems: &mut Problems) -> Option<Self> {
        let form = parts.form.take().unwrap_or_default();
        let file_is_good = form.check(problems);
        let Form { upload_file, runtime_config, .. } = form;
        if file_is_good && upload_file.is_none() {
            let place: Place = vec!["body".into(), "upload_file".into()];
            problems.add(&place, "missing", "Field required", &Value::Null);
        }
        let runtime_config = settings(runtime_config.as_deref(), problems);
        Some(Self { upload_file: upload_file?, runtime_config: runtime_config? })
    }

    fn describe(generator: &mut SchemaGenerator) -> Vec<(Source, Schema)> {
        let schema = generator.subschema_for::<WorkflowFormSchema>();
        vec![(Source::Form { required: true }, schema)]
    }
}

/// The settings in `text`; none if it is absent, empty or null. `None` if there are problems,
/// which were added.
fn settings(text: Option<&str>, problems: &mut Problems) -> Option<Option<RunTimeConfig>> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Some(None) };
    let place: Place = vec!["body".into(), "runtime_config".into()];
    if inexact_integer(text).is_some() {
        problems.add(&place, "value_error", BEYOND_64_BITS, &text.into());
        return None;
    }
    let value: Value = match serde_json::from_str(&without_negative_zeros(text)) {
        Ok(Value::Null) => return Some(None),
        Ok(value) => value,
        Err(error) => {
            let (msg, ctx) = not_json(text, &error);
            problems.add_with(&place, "value_error", msg, &text.into(), ctx);
            return None;
        }
    };
    conform_to(&value, &place, problems).map(Some)
}

/// What is wrong with a text that is no JSON, in the words of Python's decoder.
fn not_json(text: &str, error: &serde_json::Error) -> (String, Map<String, Value>) {
    let said = error.to_string();
    let cause = match said.split(" at line ").next().unwrap_or_default() {
        "key must be a string" => "Expecting property name enclosed in double quotes",
        "expected `:`" => "Expecting ':' delimiter",
        "expected `,` or `}`" | "expected `,` or `]`" => "Expecting ',' delimiter",
        "trailing characters" => "Extra data",
        "trailing comma" => "Illegal trailing comma before end of object",
        "EOF while parsing a string" => "Unterminated string",
        "invalid escape" => "Invalid \\escape",
        cause if cause.starts_with("expected") || error.is_eof() => "Expecting value",
        cause => cause,
    };
    let (line, column) = (error.line(), error.column().max(1));
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let position = before.map(|line| line.chars().count()).sum::<usize>() + column - 1;
    let msg = format!("Value error, {cause}: line {line} column {column} (char {position})");
    let facts = json!({
        "msg": cause, "doc": text, "pos": position, "lineno": line, "colno": column,
    });
    (msg, Map::from_iter([("error".to_owned(), facts)]))
}
