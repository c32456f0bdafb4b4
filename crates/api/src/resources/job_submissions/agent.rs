//! The rules of submissions, as agents meet them.

mod changes;
pub(crate) mod routes;

use std::collections::HashMap;

use jobbergate_types::{
    Page, Patch, SlurmJobState,
    claims::{AgentListQuery, FollowedQuery},
    job_submissions::{
        ActiveJobSubmission, JobOutlook, JobSubmissionAgentRejectedRequest,
        JobSubmissionAgentSubmittedRequest, JobSubmissionAgentUpdateRequest, JobSubmissionStatus,
        PendingJobSubmission, WaitingJobSubmission, WaitingJobSubmissionsRequest,
    },
    slurm::{Outcome, explain, is_held},
};
use serde_json::Map;

use super::{
    claims::{
        self,
        store::{claimed_by, claimed_by_none_of, leases, unclaimed},
    },
    progress,
    store::{self, SubmissionChanges, SubmissionRow},
};
use crate::{
    app::Context,
    auth::Agent,
    db::Session,
    error::{Error, Result},
    permission::Allow,
    query::Lock,
    resources::job_scripts,
};

/// How the message to the owner of a held job begins.
const HELD: &str = "Slurm holds the job";
/// The same of one that does not start until something changes.
const STUCK: &str = "The job does not start as it is";

pub(super) async fn pending(
    context: &Context,
    client_id: &str,
    AgentListQuery { instance, paging }: &AgentListQuery,
) -> Result<Page<PendingJobSubmission>> {
    let claimed = instance.as_deref().map_or_else(unclaimed, claimed_by);
    let mut db = context.db.read().await?;
    let mut page = store::pending(&mut db, client_id, claimed, paging).await?;
    if instance.is_none() && !claims::are_offered(&page.items, context.now()) {
        drop(db);
        claims::offer(context, &mut page.items).await?;
        db = context.db.read().await?;
    }
    let ids: Vec<_> = page.items.iter().filter_map(|row| row.job_script_id).collect();
    let mut scripts = job_scripts::service::detailed_with_ids(&mut db, &ids).await?;
    drop(db);
    // A script goes to the last of its submissions, most have one, and copies to the others.
    let last: HashMap<_, _> = page.items.iter().map(|row| (row.job_script_id, row.id)).collect();
    let items = page.items.into_iter().filter_map(|row| {
        let script = row.job_script_id?;
        let job_script = match last.get(&row.job_script_id) == Some(&row.id) {
            true => scripts.remove(&script)?,
            false => scripts.get(&script)?.clone(),
        };
        Some(PendingJobSubmission {
            sbatch_arguments: row.sbatch_arguments.map(|arguments| arguments.0),
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            execution_directory: row.execution_directory,
            execution_parameters: Map::new(),
            job_script,
            claim: row.claim.filter(|_| instance.is_some()),
            inherited: row.inherited.filter(|_| instance.is_some()),
        })
    });
    Ok(Page::new(items.collect(), page.total, page.page, page.size))
}

pub(super) async fn active(
    context: &Context,
    client_id: &str,
    AgentListQuery { instance, paging }: &AgentListQuery,
) -> Result<Page<ActiveJobSubmission>> {
    let mut db = context.db.read().await?;
    let claimed = match instance {
        Some(instance) => claimed_by(instance),
        None => claimed_by_none_of(&leases(&mut db, client_id, context.now()).await?),
    };
    let page = store::active(&mut db, client_id, claimed, paging).await?;
    let items: Result<Vec<ActiveJobSubmission>> =
        page.items.into_iter().map(TryInto::try_into).collect();
    let mut items = items?;
    if instance.is_none() {
        items.iter_mut().for_each(|item| item.claim = None);
    }
    Ok(Page::new(items, page.total, page.page, page.size))
}

pub(super) async fn followed(
    context: &Context,
    client_id: &str,
    FollowedQuery { instance, after }: &FollowedQuery,
) -> Result<Vec<ActiveJobSubmission>> {
    let mut db = context.db.read().await?;
    let rows = store::followed(&mut db, client_id, instance, *after).await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A submission of the agent's cluster that nobody else changes until the transaction ends.
pub(super) async fn require_assigned<P: Allow>(
    db: &mut Session,
    agent: &Agent<P>,
    id: i64,
) -> Result<SubmissionRow> {
    let found = store::find(db, id, Lock::Exclusive).await?;
    let row = found.ok_or_else(|| Error::no_entry("job_submissions", id))?;
    agent.require_cluster(&row.client_id)?;
    Ok(row)
}

/// Slurm took the job. A submission that was cancelled meanwhile stays so, but is known to have
/// a job now, which the agent is to cancel. Saying it twice changes nothing.
pub(super) async fn submitted<P: Allow>(
    context: &Context,
    agent: &Agent<P>,
    request: JobSubmissionAgentSubmittedRequest,
) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_assigned(&mut db, agent, request.id).await?;
    let repeated = row.slurm_job_id.map(i64::from) == Some(request.slurm_job_id);
    let current = row.status()?;
    if repeated
        && matches!(current, JobSubmissionStatus::Submitted | JobSubmissionStatus::Cancelled)
    {
        return Ok(());
    }
    claims::require_current(&row, request.claim)?;
    claims::withdrawn::store::forget(&mut db, row.id).await?;
    let status = match current {
        JobSubmissionStatus::Created => JobSubmissionStatus::Submitted,
        JobSubmissionStatus::Cancelled => JobSubmissionStatus::Cancelled,
        _ => {
            let words = "Only CREATED Job Submissions can be marked as SUBMITTED";
            return Err(Error::BadRequest(words.to_owned()));
        }
    };
    let now = context.now();
    let (state, reason) = (request.slurm_job_state, request.slurm_job_state_reason);
    let hold = held(status, state, reason.as_deref(), Some(request.slurm_job_id));
    progress::insert(&mut db, row.id, Some(state.as_str()), reason.as_deref(), now).await?;
    let changes = SubmissionChanges {
        status: Some(status),
        slurm_job_id: Some(request.slurm_job_id),
        slurm_job_state: Some(state),
        slurm_job_info: Some(request.slurm_job_info),
        report_message: hold.or(reason).into(),
        outlook: Some(still_valid(state, request.outlook)),
        ..SubmissionChanges::default()
    };
    let submitted = store::update(&mut db, row.id, changes, now).await?;
    let submitted = submitted.ok_or_else(|| Error::no_entry("job_submissions", request.id))?;
    let written = context.note(&mut db, (&submitted.change()?).into()).await?;
    db.commit().await?;
    written.wake();
    Ok(())
}

/// Why submissions wait that are no jobs yet. Those that need not wait any more, or are gone, are
/// passed over.
pub(super) async fn waiting<P: Allow>(
    context: &Context,
    agent: &Agent<P>,
    request: WaitingJobSubmissionsRequest,
) -> Result<()> {
    let mut db = context.db.write().await?;
    let mut written = Vec::new();
    let mut submissions = request.submissions;
    // In one order, so that two agents don't wait for each other.
    submissions.sort_unstable_by_key(|waiting| waiting.id);
    for WaitingJobSubmission { id, slurm_pending_reason } in submissions {
        let Some(row) = store::find(&mut db, id, Lock::Exclusive).await? else { continue };
        agent.require_cluster(&row.client_id)?;
        if row.status()? != JobSubmissionStatus::Created {
            continue;
        }
        let slurm_pending_reason = Some(slurm_pending_reason).filter(|reason| !reason.is_empty());
        let outlook = JobOutlook { slurm_pending_reason, ..JobOutlook::default() };
        let changes = SubmissionChanges { outlook: Some(outlook), ..SubmissionChanges::default() };
        written.extend(store::update(&mut db, row.id, changes, context.now()).await?);
    }
    let changes: Result<Vec<_>> = written.iter().map(SubmissionRow::change).collect();
    let entries = changes?.iter().map(Into::into).collect();
    let noted = context.note_all(&mut db, entries).await?;
    db.commit().await?;
    noted.wake();
    Ok(())
}

pub(super) async fn rejected<P: Allow>(
    context: &Context,
    agent: &Agent<P>,
    request: JobSubmissionAgentRejectedRequest,
) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_assigned(&mut db, agent, request.id).await?;
    claims::require_current(&row, request.claim)?;
    if row.status()? != JobSubmissionStatus::Created {
        let words = "Only CREATED Job Submissions can be marked as REJECTED";
        return Err(Error::BadRequest(words.to_owned()));
    }
    let now = context.now();
    let (status, message) = (JobSubmissionStatus::Rejected, request.report_message);
    progress::insert(&mut db, row.id, Some(status.as_str()), Some(&message), now).await?;
    let changes = SubmissionChanges {
        status: Some(status),
        report_message: Patch::Value(message),
        // It does not wait any more.
        outlook: Some(JobOutlook::default()),
        ..SubmissionChanges::default()
    };
    let rejected = store::update(&mut db, row.id, changes, now).await?;
    let changes = rejected.as_ref().map(SubmissionRow::change).transpose()?;
    let written = context.tell(&mut db, changes.as_slice()).await?;
    db.commit().await?;
    written.wake();
    Ok(())
}

/// The job changed, and possibly ended.
pub(super) async fn update<P: Allow>(
    context: &Context,
    agent: &Agent<P>,
    id: i64,
    request: JobSubmissionAgentUpdateRequest,
) -> Result<()> {
    let mut db = context.db.write().await?;
    let row = require_assigned(&mut db, agent, id).await?;
    claims::require_current(&row, request.claim)?;
    if request.slurm_job_id != row.slurm_job_id.map(i64::from) {
        return Err(Error::Conflict(format!(
            "Update slurm job id does not match the job id on record for job submission \
             job_submission_id={id}"
        )));
    }
    let current = row.status()?;
    if !matches!(current, JobSubmissionStatus::Submitted | JobSubmissionStatus::Cancelled) {
        return Err(Error::BadRequest(format!(
            "Only SUBMITTED or CANCELLED jobs may be updated by the agent, got {current}"
        )));
    }
    let now = context.now();
    let state = request.slurm_job_state;
    let reason = request.slurm_job_state_reason;
    let keeps_info = request.keeps_slurm_job_info == Some(true);
    let mut changes = SubmissionChanges {
        slurm_job_state: Some(state),
        slurm_job_info: Some(request.slurm_job_info).filter(|_| !keeps_info),
        outlook: Some(still_valid(state, request.outlook)),
        ..SubmissionChanges::default()
    };
    let ends = current == JobSubmissionStatus::Submitted && state.outcome() != Outcome::Active;
    if ends && state.outcome() == Outcome::Done {
        changes.status = Some(JobSubmissionStatus::Done);
    } else if ends {
        let report = reason.as_deref().unwrap_or(state.description());
        // Slurm keeps the reason for which a cancelled job waited.
        let words = explain(report).filter(|_| state != SlurmJobState::Cancelled);
        let words = words.map(|words| format!(": {words}")).unwrap_or_default();
        changes.status = Some(JobSubmissionStatus::Aborted);
        changes.report_message = Patch::Value(format!("{report}{words}"));
    }
    let hold = held(current, state, reason.as_deref(), request.slurm_job_id);
    let is_hold = |message: &&str| message.starts_with(HELD) || message.starts_with(STUCK);
    let told = row.report_message.as_deref().filter(is_hold);
    let newly_held = hold.as_deref().is_some_and(|hold| told != Some(hold));
    if hold.is_some() || (told.is_some() && !(ends && state.outcome() == Outcome::Aborted)) {
        changes.report_message = hold.into();
    }
    if row.slurm_job_state() != Some(state) || newly_held {
        progress::insert(&mut db, row.id, Some(state.as_str()), reason.as_deref(), now).await?;
    }
    let updated = store::update(&mut db, row.id, changes, now).await?;
    let change = updated.ok_or_else(|| Error::no_entry("job_submissions", id))?.change()?;
    let written = match ends {
        true => context.tell(&mut db, &[change]).await?,
        false => context.note(&mut db, (&change).into()).await?,
    };
    db.commit().await?;
    written.wake();
    Ok(())
}

/// What an agent says of a job's outlook, without what is over when the job is, and without states
/// that Slurm does not have.
fn still_valid(state: SlurmJobState, mut outlook: JobOutlook) -> JobOutlook {
    if let Some(counts) = &mut outlook.slurm_task_counts {
        counts.retain(|name, _| SlurmJobState::ALL.iter().any(|state| state.as_str() == name));
    }
    if state.outcome() != Outcome::Active {
        outlook.slurm_pending_reason = None;
        outlook.slurm_expected_start = None;
    }
    outlook
}

/// What the owner of a job reads that is held, or does not start as it is: nobody else is told, and
/// the job would wait for ever.
fn held(
    status: JobSubmissionStatus,
    state: SlurmJobState,
    reason: Option<&str>,
    slurm_job_id: Option<i64>,
) -> Option<String> {
    let waits = status == JobSubmissionStatus::Submitted && state.outcome() == Outcome::Active;
    let reason = reason.filter(|_| waits)?;
    if !is_held(reason) {
        let words = explain(reason).filter(|_| state == SlurmJobState::Pending);
        return words.map(|words| format!("{STUCK} ({reason}): {words}"));
    }
    let number = slurm_job_id.map(|number| number.to_string()).unwrap_or_default();
    Some(format!(
        "{HELD} ({reason}): it does not start until it is released, with `scontrol release \
         {number}` or by the cluster's administrators"
    ))
}
