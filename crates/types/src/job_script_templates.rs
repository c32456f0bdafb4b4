//! Job-script templates and their files.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{FileType, Patch, Timestamp, list::ListQuery, questions::Question};

/// A template in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateListView {
    /// The template's number.
    pub id: i64,
    /// Its name, for people.
    pub name: String,
    /// Who owns it.
    pub owner_email: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Whether it is hidden from lists.
    pub is_archived: bool,
    /// What it is for.
    pub description: Option<String>,
    /// A unique name to call it by instead of its number.
    pub identifier: Option<String>,
    /// The template that it was cloned from.
    pub cloned_from_id: Option<i64>,
}

/// A template without its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateBaseDetailedView {
    /// What lists have, too.
    #[serde(flatten)]
    pub template: JobTemplateListView,
    /// Default parameters.
    pub template_vars: Option<Map<String, Value>>,
    /// What it asks; absent when its expert wrote no questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<Vec<Question>>,
}

/// A template with its files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateDetailedView {
    /// What lists have, too.
    #[serde(flatten)]
    pub template: JobTemplateListView,
    /// Default parameters.
    pub template_vars: Option<Map<String, Value>>,
    /// What it asks; absent when its expert wrote no questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<Vec<Question>>,
    /// Files that are rendered into scripts.
    pub template_files: Option<Vec<TemplateFileDetailedView>>,
    /// The workflow file, if there is one.
    pub workflow_files: Option<Vec<WorkflowFileDetailedView>>,
}

/// A file of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateFileDetailedView {
    /// The template that it belongs to.
    pub parent_id: i64,
    /// Its name, possibly with slashes.
    pub filename: String,
    /// Whether it is given to `sbatch` or needed beside it.
    pub file_type: FileType,
    /// When it was first uploaded.
    pub created_at: Timestamp,
    /// When it was last uploaded.
    pub updated_at: Timestamp,
}

/// The workflow file of a template, which asks the user for parameters on the command line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkflowFileDetailedView {
    /// The template that it belongs to.
    pub parent_id: i64,
    /// Always `jobbergate.py`.
    pub filename: String,
    /// Settings for the command line.
    #[serde(default = "no_settings")]
    pub runtime_config: Option<Map<String, Value>>,
    /// When it was first uploaded.
    pub created_at: Option<Timestamp>,
    /// When it was last uploaded.
    pub updated_at: Option<Timestamp>,
}

#[expect(clippy::unnecessary_wraps, reason = "serde wants the field's own type")]
fn no_settings() -> Option<Map<String, Value>> {
    Some(Map::new())
}

/// A new template.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateCreateRequest {
    /// Its name, for people.
    #[schemars(length(max = 255), extend("x-not-empty" = true))]
    pub name: String,
    /// A unique name to call it by; not only digits.
    #[schemars(length(max = 255))]
    pub identifier: Option<String>,
    /// What it is for.
    #[schemars(length(max = 255))]
    pub description: Option<String>,
    /// Default parameters; an empty object when absent.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(transform = short_names, extend("default" = null))]
    pub template_vars: Patch<Map<String, Value>>,
    /// What it asks, in this order; none or an empty list: what it asks is derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<Vec<Question>>,
}

/// Changes to a template.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateUpdateRequest {
    /// Its name, for people; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255), extend("x-not-empty" = true, "x-not-null" = true))]
    pub name: Option<String>,
    /// A unique name to call it by; not only digits.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub identifier: Patch<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub description: Patch<String>,
    /// Default parameters.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(transform = short_names)]
    pub template_vars: Patch<Map<String, Value>>,
    /// What it asks, in this order; null or an empty list: what it asks is derived.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub questions: Patch<Vec<Question>>,
    /// Whether it is hidden from lists; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-not-null" = true))]
    pub is_archived: Option<bool>,
}

/// What a clone has otherwise than its original; null, too, means the original's.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateCloneRequest {
    /// Its name, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255), extend("x-not-empty" = true))]
    pub name: Option<String>,
    /// A unique name to call it by; none when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub identifier: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub description: Patch<String>,
    /// Default parameters.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(transform = short_names)]
    pub template_vars: Patch<Map<String, Value>>,
}

/// Which templates to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobTemplateListQuery {
    /// Templates without an identifier, too.
    #[serde(default)]
    pub include_null_identifier: bool,
    /// Search, order and page.
    #[serde(flatten)]
    pub list: ListQuery,
}

/// How an uploaded file is to be called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct FileNameQuery {
    /// Its name; that of the uploaded file when absent.
    #[schemars(length(max = 255))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// The name of an existing file that is replaced, or renamed when nothing is uploaded.
    #[schemars(length(max = 255))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_filename: Option<String>,
}

/// Which file to fetch, and how it is to be called.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct FileUrlQuery {
    /// Where it is: `http://…`, `https://…` or `s3://bucket/key`.
    #[schemars(extend("format" = "uri", "minLength" = 1))]
    pub file_url: String,
    /// How it is to be called; like the last part of the URL's path when nothing is said.
    #[serde(flatten)]
    pub names: FileNameQuery,
}

/// Which workflow file to fetch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct WorkflowUrlQuery {
    /// Where it is: `http://…`, `https://…` or `s3://bucket/key`.
    #[schemars(extend("format" = "uri", "minLength" = 1))]
    pub file_url: String,
}

/// Settings for the command line that go with a workflow file.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RunTimeConfig(pub Map<String, Value>);

impl JsonSchema for RunTimeConfig {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunTimeConfig".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object", "properties": {}, "additionalProperties": true,
        })
    }
}

/// Names of parameters have at most 255 characters.
fn short_names(schema: &mut schemars::Schema) {
    let limit = serde_json::json!({"maxLength": 255});
    let object = schema.ensure_object();
    if object.contains_key("anyOf") {
        for option in object.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten() {
            if option["type"] == "object" {
                option["propertyNames"] = limit.clone();
            }
        }
    } else {
        object.insert("propertyNames".to_owned(), limit);
    }
}
