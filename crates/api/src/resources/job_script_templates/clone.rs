//! Copying a template with all its files.

use jobbergate_types::{
    Patch,
    job_script_templates::{JobTemplateCloneRequest, JobTemplateDetailedView, RunTimeConfig},
};

use super::{
    Locator, service,
    store::{self, Details, NewTemplate, TemplateRow},
    workflow::store::{self as workflow_store, WorkflowFileRow},
};
use crate::{
    app::Context,
    db::Session,
    error::{Error, Result},
    query::Lock,
    resources::files::{self, TEMPLATE_FILES, WORKFLOW_FILES},
};

/// Copies a template; what `request` does not mention, or says is null, is as in the original,
/// but for the identifier, which is its alone.
pub(crate) async fn clone(
    context: &Context,
    owner_email: &str,
    locator: &Locator,
    request: Option<JobTemplateCloneRequest>,
) -> Result<JobTemplateDetailedView> {
    let request = request.unwrap_or_default();
    let identifier = service::checked_identifier(request.identifier.clone())?;
    service::room_for_details(context, locator).await?;
    let original = service::require(&mut context.db.read().await?, locator).await?.id;
    let clone = files::reserve_parent(context, TEMPLATE_FILES).await?;
    let made = clone_as(context, owner_email, original, clone, &request, identifier).await;
    let tables = [TEMPLATE_FILES, WORKFLOW_FILES];
    files::commit_new(context, &tables, clone, made).await
}

async fn clone_as(
    context: &Context,
    owner_email: &str,
    from: i32,
    clone: i32,
    request: &JobTemplateCloneRequest,
    identifier: Option<String>,
) -> Result<(Session, JobTemplateDetailedView)> {
    let copies = files::copy_all(context, TEMPLATE_FILES, from, clone).await?;
    let workflow_files = copy_workflow(context, from, clone).await?;
    let mut db = context.db.write().await?;
    let original = store::find(&mut db, &Locator::Id(from.into()), Lock::Shared).await?;
    let original = original.ok_or_else(|| Error::no_entry("job_script_templates", from))?;
    let mut details = store::details(&mut db, from).await?;
    if let Patch::Value(vars) = request.template_vars.clone() {
        details.template_vars = Some(vars);
    }
    let new = new_template(&original, details, request, owner_email, identifier.as_deref());
    let inserted = store::insert(&mut db, NewTemplate { id: Some(clone), ..new }, context.now());
    let row = inserted.await.map_err(|error| service::taken(error, identifier.as_deref()))?;
    let mut files = Vec::new();
    for (name, file_type) in &copies {
        let file = (&**name, *file_type);
        files.push(files::note(&mut db, TEMPLATE_FILES, clone, file, context.now()).await?);
    }
    let mut workflows = Vec::new();
    for settings in workflow_files {
        workflows.push(workflow_store::upsert(&mut db, clone, settings, context.now()).await?);
    }
    let details = store::details(&mut db, clone).await?;
    Ok((db, service::detailed(row, details, files, workflows)?))
}

fn new_template<'a>(
    original: &'a TemplateRow,
    details: Details,
    request: &'a JobTemplateCloneRequest,
    owner_email: &'a str,
    identifier: Option<&'a str>,
) -> NewTemplate<'a> {
    let description = match &request.description {
        Patch::Value(text) => Some(text.as_str()),
        Patch::Absent | Patch::Null => original.description.as_deref(),
    };
    NewTemplate {
        id: None,
        name: request.name.as_deref().unwrap_or(&original.name),
        identifier,
        description,
        template_vars: details.template_vars,
        questions: details.questions,
        owner_email,
        cloned_from_id: Some(original.id),
    }
}

/// Copies the content of the workflow file, if there is one; its settings.
async fn copy_workflow(context: &Context, from: i32, to: i32) -> Result<Vec<RunTimeConfig>> {
    let rows = workflow_store::of_template(&mut context.db.read().await?, from).await?;
    let names = rows.iter().map(|row| &*row.filename);
    // Whoever deleted it meanwhile did so before the template was cloned.
    let copied = files::copy_content(context, WORKFLOW_FILES, (from, to), names).await?;
    let settings = |row: WorkflowFileRow| RunTimeConfig(row.runtime_config.0.unwrap_or_default());
    Ok(rows.into_iter().filter(|_| copied).map(settings).collect())
}
