//! The rules of submissions, as users meet them.

use std::collections::HashMap;

use jobbergate_types::{
    Page,
    job_scripts::JobScriptBaseView,
    job_submissions::{
        JobOutlook, JobProgressDetail, JobSubmissionCreateRequest, JobSubmissionDetailedView,
        JobSubmissionListQuery, JobSubmissionListView, JobSubmissionStatus,
        JobSubmissionUpdateRequest,
    },
    list::Paging,
};

use super::{
    claims::withdrawn,
    progress,
    store::{self, ListedRow, NewSubmission, Origin, SubmissionChanges, SubmissionRow},
};
use crate::{
    app::Context,
    auth::Identity,
    db::Session,
    error::{Error, Result},
    events::feed::Entry,
    http::validation::parse_integer,
    identity::Provider,
    query::Lock,
    resources::{clusters, job_scripts},
};

/// A submission; 404 if there is none.
pub(super) async fn require(db: &mut Session, id: i64) -> Result<SubmissionRow> {
    store::find(db, id, Lock::None).await?.ok_or_else(|| Error::no_entry("job_submissions", id))
}

/// A submission that the caller may change and nobody else changes meanwhile.
async fn require_own(db: &mut Session, caller: &Identity, id: i64) -> Result<SubmissionRow> {
    let found = store::find(db, id, Lock::Exclusive).await?;
    let row = found.ok_or_else(|| Error::no_entry("job_submissions", id))?;
    caller.require_ownership(&row.owner_email)?;
    Ok(row)
}

pub(crate) async fn create(
    context: &Context,
    owner_email: &str,
    own_cluster: Option<&str>,
    request: JobSubmissionCreateRequest,
) -> Result<JobSubmissionDetailedView> {
    let named = request.client_id.as_deref().filter(|client_id| !client_id.is_empty());
    let client_id = named.or(own_cluster).ok_or_else(|| {
        let words = "The submission needs a cluster: give its client_id in the request, or use a \
                     token that has one";
        Error::BadRequest(words.to_owned())
    })?;
    let may_run = may_run(context, client_id).await?;
    let mut db = context.db.write().await?;
    let script = job_scripts::store::lock_to_run(&mut db, request.job_script_id).await?;
    let script = script.ok_or_else(|| Error::no_entry("job_scripts", request.job_script_id))?;
    if script.entrypoints != 1 {
        return Err(Error::BadRequest(format!(
            "Job script {} has {} entrypoint files, one and only one is required",
            script.id, script.entrypoints
        )));
    }
    if !may_run {
        drop(db);
        return Err(no_cluster(context, client_id).await?);
    }
    let status = match request.slurm_job_id {
        Some(_) => JobSubmissionStatus::Submitted,
        None => JobSubmissionStatus::Created,
    };
    let new = NewSubmission {
        name: &request.name,
        description: Some(request.description.as_deref().unwrap_or_default()),
        owner_email,
        job_script_id: script.id,
        client_id,
        slurm_job_id: request.slurm_job_id,
        status,
        execution_directory: request.execution_directory.as_deref().filter(|dir| !dir.is_empty()),
        sbatch_arguments: request.sbatch_arguments.clone(),
        cloned_from_id: None,
    };
    let row = store::insert(&mut db, new, context.now()).await?;
    let change = row.change()?;
    let created = row.try_into()?;
    context.keep_answer(&mut db, &created).await?;
    let written = context.note(&mut db, (&change).into()).await?;
    db.commit().await?;
    written.wake();
    Ok(created)
}

/// The clusters that something can be submitted to: those that are registered, or that have ever
/// reported where it is not known which are.
pub(crate) async fn clusters(context: &Context) -> Result<Vec<String>> {
    if let Some(registered) = registered_clusters(context).await? {
        return Ok(registered);
    }
    clusters::store::client_ids(&mut context.db.primary().read().await?).await.map_err(Into::into)
}

/// With the built-in provider every agent is a client of ours, of the caller's organization where
/// these are kept apart. Those of another provider are not known.
pub(crate) async fn registered_clusters(context: &Context) -> Result<Option<Vec<String>>> {
    let Some((provider, organization)) = registry(context) else { return Ok(None) };
    provider.clusters(organization).await.map(Some)
}

/// Who knows all clusters, and whose of them.
fn registry(context: &Context) -> Option<(&Provider, Option<&str>)> {
    let provider = context.app.provider.as_deref();
    let provider = provider.filter(|_| context.app.verifier.knows_all_clients())?;
    let separate = context.app.tenants.are_separate();
    Some((provider, context.organization.as_deref().filter(|_| separate)))
}

/// Whether something can be submitted to a cluster. One without a client would leave the submission
/// waiting for ever.
async fn may_run(context: &Context, client_id: &str) -> Result<bool> {
    let Some((provider, organization)) = registry(context) else { return Ok(true) };
    provider.is_cluster(client_id, organization).await
}

async fn no_cluster(context: &Context, client_id: &str) -> Result<Error> {
    let known = registered_clusters(context).await?.unwrap_or_default();
    let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
    Ok(Error::Unprocessable(format!(
        "There is no cluster {client_id}; registered are: {known}. An administrator registers \
         one with `jobbergate admin client create`"
    )))
}

pub(crate) async fn get(context: &Context, id: i64) -> Result<JobSubmissionDetailedView> {
    require(&mut context.db.read().await?, id).await?.try_into()
}

pub(crate) async fn list(
    context: &Context,
    query: &JobSubmissionListQuery,
    owner: Option<&str>,
) -> Result<Page<JobSubmissionListView>> {
    list_of(context, query, Origin::default(), owner).await
}

/// Those of a list that come from somewhere.
pub(crate) async fn list_of(
    context: &Context,
    query: &JobSubmissionListQuery,
    origin: Origin<'_>,
    owner: Option<&str>,
) -> Result<Page<JobSubmissionListView>> {
    let slurm_job_ids = query.slurm_job_ids.as_deref().map(parse_ids).transpose()?.flatten();
    let mut db = context.db.read().await?;
    let page = store::page(&mut db, query, slurm_job_ids, origin, owner).await?;
    let views = list_views(&mut db, page.items).await?;
    Ok(Page::new(views, page.total, page.page, page.size))
}

/// Submissions as lists have them.
pub(super) async fn list_views(
    db: &mut Session,
    rows: Vec<ListedRow>,
) -> Result<Vec<JobSubmissionListView>> {
    let scripts = scripts_of(db, &rows).await?;
    let view = |row: ListedRow| {
        let job_script = row.job_script_id.and_then(|id| scripts.get(&id).cloned());
        Ok(JobSubmissionListView { submission: row.try_into()?, job_script })
    };
    rows.into_iter().map(view).collect()
}

/// `None` for an empty text, which asks for nothing in particular.
fn parse_ids(text: &str) -> Result<Option<Vec<i64>>> {
    if text.is_empty() {
        return Ok(None);
    }
    let ids: Result<Vec<_>, _> = text.split(',').map(parse_integer).collect();
    ids.map(Some).map_err(|_| {
        let words = "Invalid slurm_job_ids param. Must be a comma-separated list of integers";
        Error::Unprocessable(words.to_owned())
    })
}

async fn scripts_of(
    db: &mut Session,
    submissions: &[ListedRow],
) -> Result<HashMap<i32, JobScriptBaseView>> {
    let ids: Vec<_> = submissions.iter().filter_map(|row| row.job_script_id).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = job_scripts::store::with_ids(db, ids).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.into())).collect())
}

pub(super) async fn update(
    context: &Context,
    caller: &Identity,
    id: i64,
    request: JobSubmissionUpdateRequest,
) -> Result<JobSubmissionDetailedView> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, id).await?;
    if request.status.is_some_and(|status| status != JobSubmissionStatus::Created) {
        withdrawn::store::note(&mut db, row.id, context.now()).await?;
    }
    let changes = SubmissionChanges {
        name: request.name,
        description: request.description,
        execution_directory: request
            .execution_directory
            .and_then(|directory| Some(directory).filter(|directory| !directory.is_empty())),
        status: request.status,
        is_archived: request.is_archived,
        ..SubmissionChanges::default()
    };
    let updated = store::update(&mut db, row.id, changes, context.now()).await?;
    let updated = updated.ok_or_else(|| Error::no_entry("job_submissions", id))?;
    let written = context.note(&mut db, (&updated.change()?).into()).await?;
    db.commit().await?;
    written.wake();
    updated.try_into()
}

pub(crate) async fn delete(context: &Context, caller: &Identity, id: i64) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, id).await?;
    withdrawn::store::note(&mut db, row.id, context.now()).await?;
    store::delete(&mut db, row.id).await?;
    let deleted = Entry { status: None, ..(&row.change()?).into() };
    let written = context.note(&mut db, deleted).await?;
    db.commit().await?;
    written.wake();
    Ok(())
}

pub(crate) async fn clone(
    context: &Context,
    owner_email: &str,
    id: i64,
) -> Result<JobSubmissionDetailedView> {
    let client_id = require(&mut context.db.read().await?, id).await?.client_id;
    let may_run = may_run(context, &client_id).await?;
    let mut db = context.db.write().await?;
    let original = require(&mut db, id).await?;
    let Some(job_script_id) = original.job_script_id else {
        let words = "Cannot resubmit a job submission without a parent job script";
        return Err(Error::BadRequest(words.to_owned()));
    };
    if !may_run {
        drop(db);
        return Err(no_cluster(context, &client_id).await?);
    }
    let new = NewSubmission {
        name: &original.name,
        description: original.description.as_deref(),
        owner_email,
        job_script_id,
        client_id: &original.client_id,
        slurm_job_id: None,
        status: JobSubmissionStatus::Created,
        execution_directory: original.execution_directory.as_deref(),
        sbatch_arguments: original.sbatch_arguments(),
        cloned_from_id: Some(original.id),
    };
    let row = store::insert(&mut db, new, context.now()).await?;
    let change = row.change()?;
    let created = row.try_into()?;
    context.keep_answer(&mut db, &created).await?;
    let written = context.note(&mut db, (&change).into()).await?;
    db.commit().await?;
    written.wake();
    Ok(created)
}

pub(crate) async fn cancel(
    context: &Context,
    caller: &Identity,
    id: i64,
) -> Result<JobSubmissionDetailedView> {
    let mut db = context.db.write().await?;
    let row = require_own(&mut db, caller, id).await?;
    let status = row.status()?;
    if !matches!(status, JobSubmissionStatus::Created | JobSubmissionStatus::Submitted) {
        return Err(Error::BadRequest(format!(
            "Cannot cancel job submission with status '{status}'. Only jobs with 'CREATED' or \
             'SUBMITTED' status can be cancelled."
        )));
    }
    let now = context.now();
    withdrawn::store::note(&mut db, row.id, now).await?;
    progress::insert(&mut db, row.id, None, Some("Job cancelled by user"), now).await?;
    let status = Some(JobSubmissionStatus::Cancelled);
    // What has no job yet does not wait any more.
    let outlook = row.slurm_job_id.is_none().then(JobOutlook::default);
    let changes = SubmissionChanges { status, outlook, ..SubmissionChanges::default() };
    let cancelled = store::update(&mut db, row.id, changes, now).await?;
    let changes = cancelled.as_ref().map(SubmissionRow::change).transpose()?;
    let written = context.tell(&mut db, changes.as_slice()).await?;
    db.commit().await?;
    written.wake();
    cancelled.ok_or_else(|| Error::no_entry("job_submissions", id))?.try_into()
}

pub(super) async fn progress(
    context: &Context,
    id: i64,
    sort_field: &str,
    ascending: bool,
    paging: &Paging,
) -> Result<Page<JobProgressDetail>> {
    let field = if sort_field.is_empty() { "timestamp" } else { sort_field };
    let mut db = context.db.read().await?;
    Ok(progress::page(&mut db, id, field, ascending, paging).await?.map(Into::into))
}
