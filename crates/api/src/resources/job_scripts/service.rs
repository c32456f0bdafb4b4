//! The rules of scripts.

use std::collections::HashMap;

use jobbergate_types::{
    FileType, Page,
    job_script_templates::FileUrlQuery,
    job_scripts::{
        JobScriptBaseView, JobScriptCloneRequest, JobScriptCreateRequest, JobScriptDetailedView,
        JobScriptFileDetailedView, JobScriptListQuery, JobScriptListView, JobScriptUpdateRequest,
    },
};

use super::store::{self, NewScript, ScriptChanges, ScriptRow};
use crate::{
    app::Context,
    auth::Identity,
    db::Session,
    error::{Error, Result},
    query::Lock,
    resources::{
        files::{self, FilePut, FileRow, JOB_SCRIPT_FILES},
        job_script_templates,
        job_submissions::{self, store::SubmissionRow},
    },
    storage::OpenFile,
};

/// A script; 404 if there is none.
pub(crate) async fn require(db: &mut Session, id: i64) -> Result<ScriptRow> {
    store::find(db, id, Lock::None).await?.ok_or_else(|| Error::no_entry("job_scripts", id))
}

/// A script that nobody else changes until the transaction ends, so that its files stay with it.
pub(crate) async fn require_locked(db: &mut Session, id: i64) -> Result<ScriptRow> {
    store::find(db, id, Lock::Exclusive).await?.ok_or_else(|| Error::no_entry("job_scripts", id))
}

/// 404 or 403 unless there is such a script and the caller may change it.
async fn check_own(context: &Context, caller: &Identity, id: i64) -> Result<ScriptRow> {
    let row = require(&mut context.db.read().await?, id).await?;
    caller.require_ownership(&row.owner_email)?;
    Ok(row)
}

/// A script that the caller may change and nobody else changes meanwhile.
async fn require_own(db: &mut Session, caller: &Identity, id: i64) -> Result<ScriptRow> {
    let row = require_locked(db, id).await?;
    caller.require_ownership(&row.owner_email)?;
    Ok(row)
}

pub(crate) async fn create(
    context: &Context,
    owner_email: &str,
    request: JobScriptCreateRequest,
) -> Result<JobScriptBaseView> {
    let mut db = context.db.write().await?;
    let new = new_script(&request, owner_email, None);
    let created = store::insert(&mut db, new, context.now()).await?.into();
    context.keep_answer(&mut db, &created).await?;
    db.commit().await?;
    Ok(created)
}

pub(super) fn new_script<'a>(
    request: &'a JobScriptCreateRequest,
    owner_email: &'a str,
    parent_template_id: Option<i32>,
) -> NewScript<'a> {
    NewScript {
        id: None,
        name: &request.name,
        description: Some(request.description.as_deref().unwrap_or_default()),
        owner_email,
        parent_template_id,
        cloned_from_id: None,
    }
}

pub(super) async fn note_all(
    context: &Context,
    db: &mut Session,
    script: i32,
    files: Vec<(String, FileType)>,
) -> Result<Vec<FileRow>> {
    let mut rows = Vec::new();
    for (name, file_type) in files {
        let file = (&*name, file_type);
        rows.push(files::note(db, JOB_SCRIPT_FILES, script, file, context.now()).await?);
    }
    Ok(rows)
}

pub(super) fn detailed(row: ScriptRow, files: Vec<FileRow>) -> Result<JobScriptDetailedView> {
    let files: Result<Vec<_>> = files.into_iter().map(TryInto::try_into).collect();
    Ok(JobScriptDetailedView { script: row.into(), files: Some(files?) })
}

pub(crate) async fn get(context: &Context, id: i64) -> Result<JobScriptDetailedView> {
    let mut db = context.db.read().await?;
    let row = require(&mut db, id).await?;
    let files = files::of_parent(&mut db, JOB_SCRIPT_FILES, row.id).await?;
    detailed(row, files)
}

/// The scripts with these numbers and their files.
pub(crate) async fn detailed_with_ids(
    db: &mut Session,
    ids: &[i32],
) -> Result<HashMap<i32, JobScriptDetailedView>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mut files: HashMap<i32, Vec<FileRow>> = HashMap::new();
    for row in files::of_parents(db, JOB_SCRIPT_FILES, ids).await? {
        files.entry(row.parent_id).or_default().push(row);
    }
    let scripts = store::with_ids(db, ids.iter().copied()).await?;
    scripts
        .into_iter()
        .map(|row| {
            let files = files.remove(&row.id).unwrap_or_default();
            Ok((row.id, detailed(row, files)?))
        })
        .collect()
}

pub(crate) async fn list(
    context: &Context,
    query: &JobScriptListQuery,
    owner: Option<&str>,
) -> Result<Page<JobScriptListView>> {
    let mut db = context.db.read().await?;
    let page = store::page(&mut db, query, owner).await?;
    let templates = templates_of(&mut db, &page.items).await?;
    Ok(page.map(|row| with_template(row, &templates)))
}

type Templates = HashMap<i32, jobbergate_types::job_script_templates::JobTemplateListView>;

async fn templates_of(db: &mut Session, scripts: &[ScriptRow]) -> Result<Templates> {
    let ids: Vec<_> = scripts.iter().filter_map(|row| row.parent_template_id).collect();
    if ids.is_empty() {
        return Ok(Templates::new());
    }
    let rows = job_script_templates::store::with_ids(db, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

fn with_template(row: ScriptRow, templates: &Templates) -> JobScriptListView {
    let template = row.parent_template_id.and_then(|id| templates.get(&id).cloned());
    JobScriptListView { script: row.into(), template }
}

pub(crate) async fn update(
    context: &Context,
    caller: &Identity,
    id: i64,
    request: JobScriptUpdateRequest,
) -> Result<JobScriptListView> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, id).await?;
    let changes = ScriptChanges {
        name: request.name,
        description: request.description,
        is_archived: request.is_archived,
    };
    let updated = store::update(&mut db, row.id, changes, context.now()).await?;
    let updated = updated.ok_or_else(|| Error::no_entry("job_scripts", id))?;
    let templates = templates_of(&mut db, std::slice::from_ref(&updated)).await?;
    db.commit().await?;
    Ok(with_template(updated, &templates))
}

/// Deletes a script; what waits for an agent to run it is rejected.
pub(crate) async fn delete(context: &Context, caller: &Identity, id: i64) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, id).await?;
    delete_locked(context, db, row.id).await
}

/// The same for a script that nobody else can change.
pub(crate) async fn delete_locked(context: &Context, mut db: Session, id: i32) -> Result<()> {
    let now = context.now();
    job_submissions::claims::withdrawn::store::note_of_script(&mut db, id, now).await?;
    let rejected = job_submissions::store::reject_created_of_script(&mut db, id, now).await?;
    let changes: Vec<_> = rejected.iter().map(SubmissionRow::change).collect::<Result<_>>()?;
    store::delete(&mut db, id).await?;
    let written = context.tell(&mut db, &changes).await?;
    db.commit().await?;
    written.wake();
    files::discard_all(context, &[JOB_SCRIPT_FILES], id).await;
    Ok(())
}

pub(crate) async fn clone(
    context: &Context,
    owner_email: &str,
    id: i64,
    request: Option<JobScriptCloneRequest>,
) -> Result<JobScriptDetailedView> {
    let request = request.unwrap_or_default();
    let original = require(&mut context.db.read().await?, id).await?.id;
    let clone = files::reserve_parent(context, JOB_SCRIPT_FILES).await?;
    let made = clone_as(context, owner_email, original, clone, request).await;
    files::commit_new(context, &[JOB_SCRIPT_FILES], clone, made).await
}

async fn clone_as(
    context: &Context,
    owner_email: &str,
    original: i32,
    clone: i32,
    request: JobScriptCloneRequest,
) -> Result<(Session, JobScriptDetailedView)> {
    let copies = files::copy_all(context, JOB_SCRIPT_FILES, original, clone).await?;
    let mut db = context.db.write().await?;
    let found = store::find(&mut db, original.into(), Lock::Shared).await?;
    let original = found.ok_or_else(|| Error::no_entry("job_scripts", original))?;
    let description = request.description.value();
    let new = NewScript {
        id: Some(clone),
        name: request.name.as_deref().unwrap_or(&original.name),
        description: description.as_deref().or(original.description.as_deref()),
        owner_email,
        parent_template_id: original.parent_template_id,
        cloned_from_id: Some(original.id),
    };
    let row = store::insert(&mut db, new, context.now()).await?;
    let files = note_all(context, &mut db, clone, copies).await?;
    Ok((db, detailed(row, files)?))
}

/// Writes, replaces or renames a file; a script has at most one entrypoint.
pub(crate) async fn put_file(
    context: &Context,
    caller: &Identity,
    id: i64,
    file: FilePut,
) -> Result<JobScriptFileDetailedView> {
    let script = check_own(context, caller, id).await?;
    file.check(context).await?;
    let file_type = file.file_type;
    let replaced = [Some(file.target_name()?), file.names.previous_filename.clone()];
    require_one_entrypoint(&mut context.db.read().await?, script.id, file_type, &replaced).await?;
    let stored = files::store_file(context, JOB_SCRIPT_FILES, script.id, file).await?;
    let noted = async {
        let mut db = context.db.write().await?;
        require_own(&mut db, caller, id).await?;
        require_one_entrypoint(&mut db, script.id, file_type, &replaced).await?;
        let file = (stored.filename(), file_type);
        let row = files::note(&mut db, JOB_SCRIPT_FILES, script.id, file, context.now()).await?;
        Ok((db, row))
    };
    let noted = noted.await;
    stored.keep(context, noted).await?.try_into()
}

/// 422 if the script has an entrypoint that is not replaced by the new one.
async fn require_one_entrypoint(
    db: &mut Session,
    script: i32,
    file_type: FileType,
    replaced: &[Option<String>],
) -> Result<()> {
    if file_type != FileType::Entrypoint {
        return Ok(());
    }
    let others = entrypoints(db, script).await?;
    match others.into_iter().find(|name| !replaced.contains(&Some(name.clone()))) {
        Some(other) => Err(Error::Unprocessable(format!(
            "A job script can not have more than one entry point file. Consider deleting the \
             existing one first. Found: {other}"
        ))),
        None => Ok(()),
    }
}

pub(super) async fn put_file_by_url(
    context: &Context,
    caller: &Identity,
    id: i64,
    file_type: FileType,
    query: FileUrlQuery,
) -> Result<JobScriptFileDetailedView> {
    check_own(context, caller, id).await?;
    // For as long as the content is there.
    let mut share = context.app.bodies.share(&context.customer.caller);
    let FileUrlQuery { file_url, names } = query;
    let file = FilePut::fetched(context, &file_url, names, file_type, &mut share).await?;
    put_file(context, caller, id, file).await
}

/// The names of a script's entrypoints.
pub(crate) async fn entrypoints(db: &mut Session, script: i32) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for row in files::of_parent(db, JOB_SCRIPT_FILES, script).await? {
        if row.file_type()? == FileType::Entrypoint {
            names.push(row.filename);
        }
    }
    Ok(names)
}

pub(crate) async fn get_file(context: &Context, id: i64, filename: &str) -> Result<OpenFile> {
    let script = require(&mut context.db.read().await?, id).await?;
    files::open(context, JOB_SCRIPT_FILES, script.id, filename).await
}

pub(crate) async fn delete_file(
    context: &Context,
    caller: &Identity,
    id: i64,
    filename: &str,
) -> Result<()> {
    let script = check_own(context, caller, id).await?;
    files::delete(context, JOB_SCRIPT_FILES, script.id, filename).await
}
