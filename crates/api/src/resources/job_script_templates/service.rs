//! The rules of templates.

use jobbergate_types::{
    Page,
    job_script_templates::{
        JobTemplateBaseDetailedView, JobTemplateCreateRequest, JobTemplateDetailedView,
        JobTemplateListQuery, JobTemplateListView, JobTemplateUpdateRequest,
        TemplateFileDetailedView,
    },
};
use sea_query::Value;
use serde_json::{Value as JsonValue, json};

use super::{
    Locator,
    store::{self, NewTemplate, TemplateRow},
};
use crate::{
    app::Context,
    auth::Anyone,
    db::Session,
    error::{Error, Result},
    resources::files::{self, FilePut, TEMPLATE_FILES},
};

/// A template; 404 if there is none.
pub(crate) async fn require(db: &mut Session, locator: &Locator) -> Result<TemplateRow> {
    let found = store::find(db, locator).await?;
    found.ok_or_else(|| Error::no_entry("job_script_templates", locator))
}

/// A template that the caller may change and nobody else changes meanwhile.
async fn require_own(
    db: &mut Session,
    caller: &impl Anyone,
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
    let workflow_files = store::workflow_files(&mut db, row.id).await?;
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
    caller: &impl Anyone,
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

pub(super) async fn delete(
    context: &Context,
    caller: &impl Anyone,
    locator: &Locator,
) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, locator).await?;
    delete_locked(context, db, row.id).await
}

/// Deletes a template that nobody else can change.
pub(crate) async fn delete_locked(context: &Context, mut db: Session, id: i32) -> Result<()> {
    store::delete(&mut db, id).await?;
    db.commit().await?;
    context.storage.delete_all(TEMPLATE_FILES.0, id.into()).await?;
    context.storage.delete_all("workflow_files", id.into()).await
}

pub(super) async fn put_file(
    context: &Context,
    caller: &impl Anyone,
    locator: &Locator,
    file: FilePut,
) -> Result<TemplateFileDetailedView> {
    let mut db = context.db.write().await?;
    let template = require_own(&mut db, caller, locator).await?;
    let (row, gone) = files::put(context, &mut db, TEMPLATE_FILES, template.id, file).await?;
    db.commit().await?;
    if let Some(gone) = gone {
        context.storage.delete(TEMPLATE_FILES.0, template.id.into(), &gone).await?;
    }
    row.try_into()
}

pub(super) async fn get_file(
    context: &Context,
    locator: &Locator,
    filename: &str,
) -> Result<bytes::Bytes> {
    let template = require(&mut context.db.read().await?, locator).await?;
    files::content(context, TEMPLATE_FILES, template.id, filename).await
}

pub(super) async fn delete_file(
    context: &Context,
    caller: &impl Anyone,
    locator: &Locator,
    filename: &str,
) -> Result<()> {
    let template = require_own(&mut context.db.read().await?, caller, locator).await?;
    files::delete(context, TEMPLATE_FILES, template.id, filename).await
}

/// An empty identifier is none; one of digits only could be taken for a number.
fn checked_identifier(identifier: Option<String>) -> Result<Option<String>> {
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
fn taken(error: sqlx::Error, identifier: Option<&str>) -> Error {
    let unique = error.as_database_error().is_some_and(|error| error.is_unique_violation());
    match identifier {
        Some(identifier) if unique => Error::Conflict(format!(
            "Job script template with the identifier={identifier} already exists"
        )),
        _ => error.into(),
    }
}
