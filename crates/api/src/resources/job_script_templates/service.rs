//! The rules of templates.

use jobbergate_types::{
    FileType, Page, Patch,
    job_script_templates::{
        FileUrlQuery, JobTemplateBaseDetailedView, JobTemplateCreateRequest,
        JobTemplateDetailedView, JobTemplateListQuery, JobTemplateListView,
        JobTemplateUpdateRequest, TemplateFileDetailedView,
    },
};
use serde_json::Map;

use super::{
    Locator,
    questions::check::checked,
    store::{self, Details, NewTemplate, TemplateChanges, TemplateRow},
    workflow::store::{self as workflow_store, WorkflowFileRow},
};
use crate::{
    app::Context,
    auth::Identity,
    db::Session,
    error::{Error, Result},
    query::Lock,
    resources::files::{self, FilePut, FileRow, TEMPLATE_FILES, WORKFLOW_FILES},
    storage::OpenFile,
};

/// What each character of variables and questions takes at most while they are answered, in bytes: it
/// may be a value.
const DETAILS_COST: usize = 64;
/// What is put aside for those of one template at most: those that take more are read one or two at
/// a time.
const MAX_DETAILS_COST: usize = 8 << 20;

/// Whether a template is still what somebody who changes it takes it to be; it is asked when nobody else can
/// change it any more.
pub(crate) type Expectation<'a> = &'a (dyn Fn(&JobTemplateBaseDetailedView) -> bool + Sync);

/// A template; 404 if there is none.
pub(crate) async fn require(db: &mut Session, locator: &Locator) -> Result<TemplateRow> {
    let found = store::find(db, locator, Lock::None).await?;
    found.ok_or_else(|| unknown(locator))
}

pub(super) fn unknown(locator: &Locator) -> Error {
    Error::no_entry("job_script_templates", locator)
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
    let found = store::find(db, locator, Lock::Exclusive).await?;
    let row = found.ok_or_else(|| unknown(locator))?;
    caller.require_ownership(&row.owner_email)?;
    Ok(row)
}

pub(crate) async fn create(
    context: &Context,
    owner_email: &str,
    request: JobTemplateCreateRequest,
) -> Result<JobTemplateBaseDetailedView> {
    let identifier = checked_identifier(request.identifier)?;
    let questions = checked(context, request.questions).await?;
    let template_vars = request.template_vars.into_change().unwrap_or(Some(Map::new()));
    let new = NewTemplate {
        name: &request.name,
        identifier: identifier.as_deref(),
        description: Some(request.description.as_deref().unwrap_or_default()),
        template_vars,
        questions,
        owner_email,
        id: None,
        cloned_from_id: None,
    };
    let mut db = context.db.write().await?;
    let inserted = store::insert(&mut db, new, context.now()).await;
    let row = inserted.map_err(|error| taken(error, identifier.as_deref()))?;
    let details = store::details(&mut db, row.id).await?;
    let created = row.with(details);
    context.keep_answer(&mut db, &created).await?;
    db.commit().await?;
    Ok(created)
}

/// Takes room for a template's variables and questions before they are read.
pub(crate) async fn room_for_details(context: &Context, locator: &Locator) -> Result<()> {
    let length = store::details_length(&mut context.db.read().await?, locator).await?;
    let length = usize::try_from(length.unwrap_or_default()).unwrap_or_default();
    context.take_room(length.saturating_mul(DETAILS_COST).min(MAX_DETAILS_COST)).await
}

pub(crate) async fn get(context: &Context, locator: &Locator) -> Result<JobTemplateDetailedView> {
    room_for_details(context, locator).await?;
    let mut db = context.db.read().await?;
    let row = require(&mut db, locator).await?;
    let details = store::details(&mut db, row.id).await?;
    let files = files::of_parent(&mut db, TEMPLATE_FILES, row.id).await?;
    let workflow_files = workflow_store::of_template(&mut db, row.id).await?;
    detailed(row, details, files, workflow_files)
}

pub(super) fn detailed(
    row: TemplateRow,
    details: Details,
    files: Vec<FileRow>,
    workflow_files: Vec<WorkflowFileRow>,
) -> Result<JobTemplateDetailedView> {
    let template_files: Result<Vec<_>> = files.into_iter().map(TryInto::try_into).collect();
    let JobTemplateBaseDetailedView { template, template_vars, questions } = row.with(details);
    Ok(JobTemplateDetailedView {
        template,
        template_vars,
        questions,
        template_files: Some(template_files?),
        workflow_files: Some(workflow_files.into_iter().map(Into::into).collect()),
    })
}

pub(crate) async fn list(
    context: &Context,
    query: &JobTemplateListQuery,
    owner: Option<&str>,
) -> Result<Page<JobTemplateListView>> {
    let page = store::page(&mut context.db.read().await?, query, owner).await?;
    Ok(page.map(Into::into))
}

pub(crate) async fn update(
    context: &Context,
    caller: &Identity,
    locator: &Locator,
    request: JobTemplateUpdateRequest,
    expectation: Option<Expectation<'_>>,
) -> Result<JobTemplateBaseDetailedView> {
    let questions = match request.questions.into_change() {
        None => Patch::Absent,
        Some(questions) => checked(context, questions).await?.into(),
    };
    room_for_details(context, locator).await?;
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, locator).await?;
    let id = row.id;
    if let Some(is_expected) = expectation
        && !is_expected(&row.with(store::details(&mut db, id).await?))
    {
        return Err(Error::Changed);
    }
    let identifier = match request.identifier.into_change() {
        None => Patch::Absent,
        Some(identifier) => checked_identifier(identifier)?.into(),
    };
    let wanted = identifier.clone().value();
    let changes = TemplateChanges {
        name: request.name,
        identifier,
        description: request.description,
        template_vars: request.template_vars,
        questions,
        is_archived: request.is_archived,
    };
    let updated = store::update(&mut db, id, changes, context.now()).await;
    let updated = updated.map_err(|error| taken(error, wanted.as_deref()))?;
    let details = store::details(&mut db, id).await?;
    db.commit().await?;
    let updated = updated.ok_or_else(|| Error::no_entry("job_script_templates", locator))?;
    Ok(updated.with(details))
}

pub(crate) async fn delete(context: &Context, caller: &Identity, locator: &Locator) -> Result<()> {
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

pub(crate) async fn put_file(
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
        let row = files::note(&mut db, TEMPLATE_FILES, template.id, file, context.now()).await?;
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
    // For as long as the content is there.
    let mut share = context.app.bodies.share(&context.customer.caller);
    let FileUrlQuery { file_url, names } = query;
    let file = FilePut::fetched(context, &file_url, names, file_type, &mut share).await?;
    put_file(context, caller, locator, file).await
}

pub(crate) async fn get_file(
    context: &Context,
    locator: &Locator,
    filename: &str,
) -> Result<OpenFile> {
    let template = require(&mut context.db.read().await?, locator).await?;
    files::open(context, TEMPLATE_FILES, template.id, filename).await
}

pub(crate) async fn delete_file(
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
