//! Copying a template with all its files.

use jobbergate_types::{
    Patch,
    job_script_templates::{JobTemplateCloneRequest, JobTemplateDetailedView, RunTimeConfig},
};
use serde_json::Value as JsonValue;

use super::{
    Locator, service,
    store::{self, NewTemplate, TemplateRow},
    workflow,
    workflow_store::{self, WorkflowFileRow},
};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
    resources::files::{self, FileRow, TEMPLATE_FILES, WORKFLOW_FILES},
};

/// Copies a template; what `request` does not mention, or says is null, is as in the original,
/// but for the identifier, which is its alone.
pub(super) async fn clone(
    context: &Context,
    owner_email: &str,
    locator: &Locator,
    request: Option<JobTemplateCloneRequest>,
) -> Result<JobTemplateDetailedView> {
    let request = request.unwrap_or_default();
    let identifier = service::checked_identifier(request.identifier.clone())?;
    let mut db = context.db.write().await?;
    let original = store::find_shared(&mut db, locator).await?;
    let original = original.ok_or_else(|| Error::no_entry("job_script_templates", locator))?;
    let new = new_template(&original, &request, owner_email, identifier.as_deref());
    let inserted = store::insert(&mut db, new, context.now()).await;
    let row = inserted.map_err(|error| service::taken(error, identifier.as_deref()))?;
    let copied = copy_files(context, &mut db, original.id, row.id).await;
    let tables = [TEMPLATE_FILES, WORKFLOW_FILES];
    let (template_files, workflow_files) =
        files::commit_new(context, db, &tables, row.id, copied).await?;
    service::detailed(row, template_files, workflow_files)
}

fn new_template<'a>(
    original: &'a TemplateRow,
    request: &'a JobTemplateCloneRequest,
    owner_email: &'a str,
    identifier: Option<&'a str>,
) -> NewTemplate<'a> {
    let template_vars =
        request.template_vars.clone().value().or_else(|| original.template_vars.0.clone());
    let description = match &request.description {
        Patch::Value(text) => Some(text.as_str()),
        Patch::Absent | Patch::Null => original.description.as_deref(),
    };
    NewTemplate {
        name: request.name.as_deref().unwrap_or(&original.name),
        identifier,
        description,
        template_vars: template_vars.map_or(JsonValue::Null, JsonValue::Object),
        owner_email,
        cloned_from_id: Some(original.id),
    }
}

async fn copy_files(
    context: &Context,
    db: &mut Session,
    from: i32,
    to: i32,
) -> Result<(Vec<FileRow>, Vec<WorkflowFileRow>)> {
    let template_files = files::copy_all(context, db, TEMPLATE_FILES, from, to).await?;
    let mut workflow_files = Vec::new();
    for row in workflow_store::of_template(db, from).await? {
        let content = files::stored(context, WORKFLOW_FILES, from, &row.filename).await?;
        let settings = RunTimeConfig(row.runtime_config.0.unwrap_or_default());
        workflow_files.push(workflow::add(context, db, to, content, settings).await?);
    }
    Ok((template_files, workflow_files))
}
