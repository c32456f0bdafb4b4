//! The script of what waits for an agent, as it is written: without the fields that are null.

use serde::{Serialize, Serializer};

use crate::{
    FileType, Timestamp,
    job_scripts::{JobScriptBaseView, JobScriptDetailedView, JobScriptFileDetailedView},
};

#[derive(Serialize)]
struct Script<'a> {
    id: i64,
    name: &'a str,
    owner_email: &'a str,
    created_at: Timestamp,
    updated_at: Timestamp,
    is_archived: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_template_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cloned_from_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<File<'a>>>,
}

#[derive(Serialize)]
struct File<'a> {
    parent_id: i64,
    filename: &'a str,
    file_type: FileType,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    updated_at: Option<Timestamp>,
}

impl<'a> From<&'a JobScriptDetailedView> for Script<'a> {
    // Whole, so that no field is forgotten.
    fn from(JobScriptDetailedView { script, files }: &'a JobScriptDetailedView) -> Self {
        let JobScriptBaseView {
            id,
            name,
            owner_email,
            created_at,
            updated_at,
            is_archived,
            description,
            parent_template_id,
            cloned_from_id,
        } = script;
        Self {
            id: *id,
            name,
            owner_email,
            created_at: *created_at,
            updated_at: *updated_at,
            is_archived: *is_archived,
            description: description.as_deref(),
            parent_template_id: *parent_template_id,
            cloned_from_id: *cloned_from_id,
            files: files.as_ref().map(|files| files.iter().map(Into::into).collect()),
        }
    }
}

impl<'a> From<&'a JobScriptFileDetailedView> for File<'a> {
    fn from(file: &'a JobScriptFileDetailedView) -> Self {
        let JobScriptFileDetailedView { parent_id, filename, file_type, created_at, updated_at } =
            file;
        Self {
            parent_id: *parent_id,
            filename,
            file_type: *file_type,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

pub(super) fn script_without_nulls<S: Serializer>(
    script: &JobScriptDetailedView,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    Script::from(script).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn written(script: &JobScriptDetailedView) -> String {
        serde_json::to_string(&Script::from(script)).unwrap()
    }

    #[test]
    fn what_is_null_is_left_out_and_nothing_else() {
        let full = r#"{"id":1,"name":"n","owner_email":"a@b.c","created_at":"2024-01-02T03:04:05Z","updated_at":"2024-01-02T03:04:05Z","is_archived":false,"description":"","parent_template_id":2,"cloned_from_id":3,"files":[{"parent_id":1,"filename":"job.sh","file_type":"ENTRYPOINT","created_at":"2024-01-02T03:04:05Z","updated_at":"2024-01-02T03:04:05Z"}]}"#;
        let mut script: JobScriptDetailedView = serde_json::from_str(full).unwrap();
        assert_eq!(written(&script), full);
        script.script.description = None;
        script.script.parent_template_id = None;
        script.script.cloned_from_id = None;
        let files = script.files.as_mut().unwrap();
        files[0].created_at = None;
        files[0].updated_at = None;
        let left: serde_json::Value = serde_json::from_str(&written(&script)).unwrap();
        let instant = "2024-01-02T03:04:05Z";
        assert_eq!(
            left,
            json!({
                "id": 1, "name": "n", "owner_email": "a@b.c", "created_at": instant,
                "updated_at": instant, "is_archived": false,
                "files": [{"parent_id": 1, "filename": "job.sh", "file_type": "ENTRYPOINT"}],
            })
        );
    }
}
