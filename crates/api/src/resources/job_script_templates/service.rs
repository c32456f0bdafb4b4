//! The rules of templates.

use jobbergate_types::{
    FileType, Page,
    job_script_templates::{
        FileUrlQuery, JobTemplateBaseDetailedView, JobTemplateCreateRequest,
        JobTemplateDetailedView, JobTemplateListQuery, JobTemplateListView,
        JobTemplateUpdateRequest, TemplateFileDetailedView,
    },
};
use sea_query::Value;
use serde_json::{Value as JsonValue, json};

use super::{
    Locator,
    store::{self, NewTemplate, TemplateRow},
    workflow_store::{self, WorkflowFileRow},
};
use crate::{
    app::Context,
    auth::Identity,
    db::Session,
    error::{Error, Result},
    resources::files::{self, FilePut, FileRow, TEMPLATE_FILES, WORKFLOW_FILES},
    storage::OpenFile,
};

/// A template; 404 if there is none.
pub(crate) async fn require(db: &mut Session, locator: &Locator) -> Result<TemplateRow> {
    let found = store::find(db, locator).await?;
    found.ok_or_else(|| Error::no_entry("job_script_templates", locator))
}

/// 404 or 403 unless there is such a template and the caller may change it.
pub(super) async fn check_own(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
) -> Result<TemplateRow> {
    let row = require(&mut context.db.read().await?, locator).await?;
    caller.require_ownership(&row.owner_email)?;
    Ok(row)
}

/// A template that the caller may change and nobody else changes meanwhile.
pub(super) async fn require_own(
    db: &mut Session,
    caller: &Identity,
    locator: &Locator,
) -> Result<TemplateRow> {
    let found = store::find_locked(db, locator).await?;
    let row = found.ok_or_else(|| Error::no_entry("job_script_templates", locator))?;
    caller.require_ownership(&row.owner_email)?;
    Ok(row)
}

pub(super) async fn create(
    context: &Context,
    owner_email: &str,
    request: JobTemplateCreateRequest,
) -> Result<JobTemplateBaseDetailedView> {
    let identifier = checked_identifier(request.identifier)?;
    let template_vars = match request.template_vars.into_change() {
        None => json!({}),
        Some(vars) => vars.map_or(JsonValue::Null, JsonValue::Object),
    };
    let new = NewTemplate {
        name: &request.name,
        identifier: identifier.as_deref(),
        description: Some(request.description.as_deref().unwrap_or_default()),
        template_vars,
        owner_email,
        id: None,
        cloned_from_id: None,
    };
    let mut db = context.db.write().await?;
    let inserted = store::insert(&mut db, new, context.now()).await;
    let row = inserted.map_err(|error| taken(error, identifier.as_deref()))?;
    db.commit().await?;
    Ok(row.into())
}

pub(super) async fn get(context: &Context, locator: &Locator) -> Result<JobTemplateDetailedView> {
    let mut db = context.db.read().await?;
    let row = require(&mut db, locator).await?;
    let files = files::of_parent(&mut db, TEMPLATE_FILES, row.id).await?;
    let workflow_files = workflow_store::of_template(&mut db, row.id).await?;
    detailed(row, files, workflow_files)
}

pub(super) fn detailed(
    row: TemplateRow,
    files: Vec<FileRow>,
    workflow_files: Vec<WorkflowFileRow>,
) -> Result<JobTemplateDetailedView> {
    let template_files: Result<Vec<_>> = files.into_iter().map(TryInto::try_into).collect();
    Ok(JobTemplateDetailedView {
        template: row.into(),
        template_files: Some(template_files?),
        workflow_files: Some(workflow_files.into_iter().map(Into::into).collect()),
    })
}

pub(super) async fn list(
    context: &Context,
    query: &JobTemplateListQuery,
    owner: Option<&str>,
) -> Result<Page<JobTemplateListView>> {
    let page = store::page(&mut context.db.read().await?, query, owner).await?;
    Ok(page.map(Into::into))
}

pub(super) async fn update(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    request: JobTemplateUpdateRequest,
) -> Result<JobTemplateBaseDetailedView> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, locator).await?;
    let identifier = match request.identifier.into_change() {
        None => None,
        Some(identifier) => Some(checked_identifier(identifier)?),
    };
    let wanted = identifier.clone().flatten();
    let mut changes: Vec<(&'static str, Value)> = vec![("updated_at", context.now().into())];
    changes.extend(request.name.map(|name| ("name", name.into())));
    changes.extend(identifier.map(|identifier| ("identifier", identifier.into())));
    changes.extend(request.description.into_change().map(|text| ("description", text.into())));
    changes.extend(
        request
            .template_vars
            .into_change()
            .map(|vars| ("template_vars", vars.map_or(JsonValue::Null, JsonValue::Object).into())),
    );
    changes.extend(request.is_archived.map(|archived| ("is_archived", archived.into())));
    let updated = store::update(&mut db, row.id, changes).await;
    let updated = updated.map_err(|error| taken(error, wanted.as_deref()))?;
    db.commit().await?;
    updated.map(Into::into).ok_or_else(|| Error::no_entry("job_script_templates", locator))
}

pub(super) async fn delete(context: &Context, caller: &Identity, locator: &Locator) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, locator).await?;
    delete_locked(context, db, row.id).await
}

/// Deletes a template that nobody else can change.
pub(crate) async fn delete_locked(context: &Context, mut db: Session, id: i32) -> Result<()> {
    store::delete(&mut db, id).await?;
    db.commit().await?;
    files::discard_all(context, &[TEMPLATE_FILES, WORKFLOW_FILES], id).await;
    Ok(())
}

pub(super) async fn put_file(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    file: FilePut,
) -> Result<TemplateFileDetailedView> {
    let template = check_own(context, caller, locator).await?;
    file.check(context).await?;
    let file_type = file.file_type;
    let stored = files::store_file(context, TEMPLATE_FILES, template.id, file).await?;
    let noted = async {
        let mut db = context.db.write().await?;
        require_own(&mut db, caller, &Locator::Id(template.id.into())).await?;
        let file = (stored.filename(), file_type);
        let row = files::note(context, &mut db, TEMPLATE_FILES, template.id, file).await?;
        Ok((db, row))
    };
    let noted = noted.await;
    stored.keep(context, noted).await?.try_into()
}

pub(super) async fn put_file_by_url(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    file_type: FileType,
    query: FileUrlQuery,
) -> Result<TemplateFileDetailedView> {
    check_own(context, caller, locator).await?;
    let file = FilePut::fetched(context, &query.file_url, query.names, file_type).await?;
    put_file(context, caller, locator, file).await
}

pub(super) async fn get_file(
    context: &Context,
    locator: &Locator,
    filename: &str,
) -> Result<OpenFile> {
    let template = require(&mut context.db.read().await?, locator).await?;
    files::content(context, TEMPLATE_FILES, template.id, filename).await
}

pub(super) async fn delete_file(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    filename: &str,
) -> Result<()> {
    let template = check_own(context, caller, locator).await?;
    files::delete(context, TEMPLATE_FILES, template.id, filename).await
}

/// An empty identifier is none; one of digits only could be taken for a number.
pub(super) fn checked_identifier(identifier: Option<String>) -> Result<Option<String>> {
    let Some(identifier) = identifier.filter(|text| !text.is_empty()) else { return Ok(None) };
    if identifier.trim().is_empty() || identifier.chars().all(char::is_numeric) {
        return Err(Error::Unprocessable(format!(
            "Identifier on job_script_templates can not be a empty string nor be composed only by \
             digits. Got {identifier}"
        )));
    }
    Ok(Some(identifier))
}

/// 409 if the identifier is another template's.
pub(super) fn taken(error: sqlx::Error, identifier: Option<&str>) -> Error {
    let unique = error.as_database_error().is_some_and(|error| error.is_unique_violation());
    match identifier {
        Some(identifier) if unique => Error::Conflict(format!(
            "Job script template with the identifier={identifier} already exists"
        )),
        _ => error.into(),
    }
}
