//! Job scripts and their files.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    FileType, Patch, Timestamp, job_script_templates::JobTemplateListView, list::ListQuery,
};

/// A script without its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptBaseView {
    /// The script's number.
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
    /// The template that it was rendered from.
    pub parent_template_id: Option<i64>,
    /// The script that it was cloned from.
    pub cloned_from_id: Option<i64>,
}

/// A script with its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptDetailedView {
    /// The script itself.
    #[serde(flatten)]
    pub script: JobScriptBaseView,
    /// Its files.
    pub files: Option<Vec<JobScriptFileDetailedView>>,
}

/// A script in a list, with its template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptListView {
    /// The script itself.
    #[serde(flatten)]
    pub script: JobScriptBaseView,
    /// The template that it was rendered from.
    pub template: Option<JobTemplateListView>,
}

/// A file of a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptFileDetailedView {
    /// The script that it belongs to.
    #[schemars(range(min = 0))]
    pub parent_id: i64,
    /// Its name, possibly with slashes.
    #[schemars(length(max = 255))]
    pub filename: String,
    /// Whether it is given to `sbatch` or needed beside it.
    pub file_type: FileType,
    /// When it was first written.
    pub created_at: Option<Timestamp>,
    /// When it was last written.
    pub updated_at: Option<Timestamp>,
}

/// A new script.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptCreateRequest {
    /// Its name, for people.
    #[schemars(length(max = 255))]
    pub name: String,
    /// What it is for.
    #[schemars(length(max = 255))]
    pub description: Option<String>,
}

/// Changes to a script.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptUpdateRequest {
    /// Its name, for people; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255), extend("x-not-null" = true))]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub description: Patch<String>,
    /// Whether it is hidden from lists; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-not-null" = true))]
    pub is_archived: Option<bool>,
}

/// What a clone has otherwise than its original; null, too, means the original's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptCloneRequest {
    /// Its name, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub description: Patch<String>,
}

/// How a template becomes a script.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RenderFromTemplateRequest {
    /// For each template file to render: the name of the file that results.
    #[schemars(with = "BTreeMap<String, ShortName>", extend("propertyNames" = {"maxLength": 255}))]
    pub template_output_name_mapping: IndexMap<String, String>,
    /// Arguments of `sbatch` that become `#SBATCH` lines of the entrypoint.
    pub sbatch_params: Option<Vec<String>>,
    /// The parameters.
    pub param_dict: Map<String, Value>,
}

/// A new script and how to render it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RenderFromTemplateBody {
    /// The script to create.
    pub create_request: JobScriptCreateRequest,
    /// How to render it.
    pub render_request: RenderFromTemplateRequest,
}

/// How a script is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct RenderQuery {
    /// Only show what the script would be; nothing is kept.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What a script would be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderPreview {
    /// Its files.
    pub files: Vec<RenderedFile>,
}

/// A file of a script that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RenderedFile {
    /// Its name, possibly with slashes.
    pub filename: String,
    /// Whether it is given to `sbatch` or needed beside it.
    pub file_type: FileType,
    /// What is in it.
    pub content: String,
}

/// Which scripts to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobScriptListQuery {
    /// Only those rendered from this template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_job_script_template_id: Option<i64>,
    /// Search, order and page.
    #[serde(flatten)]
    pub list: ListQuery,
}

/// The name of a file.
#[derive(JsonSchema)]
#[schemars(inline, transparent)]
struct ShortName(
    #[schemars(length(max = 255))]
    #[expect(dead_code, reason = "only its schema is used")]
    String,
);
