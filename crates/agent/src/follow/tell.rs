//! Reports changes of jobs to the server.

use std::time::Duration;

use futures::{StreamExt, stream};
use jobbergate_types::job_submissions::{JobOutlook, JobSubmissionAgentUpdateRequest};

use super::{detailed::Detailed, followed::Followed, urgency::Urgency};
use crate::{agent::Agent, journal::SeenJob, prometheus};

/// How many reports are on their way at once.
const AT_ONCE: usize = 8;

/// How long reports are begun after one look.
const TURN: Duration = Duration::from_secs(1);

/// What is to be reported of a job.
#[derive(Debug)]
pub struct Change {
    pub(super) job: SeenJob,
    /// This agent's claim of the submission.
    pub(super) claim: Option<i64>,
    pub(super) outlook: JobOutlook,
    /// None if nothing but the outlook is news: the server has the rest.
    pub(super) details: Option<Detailed>,
    pub(super) urgency: Urgency,
    /// Whether the journal has it.
    pub(super) is_noted: bool,
}

impl Change {
    /// A job is seen so now, which the server does not know.
    pub(super) fn new(job: &Followed, seen: SeenJob, details: Detailed) -> Self {
        Self {
            claim: job.active.claim,
            outlook: job.outlook.now().clone(),
            details: Some(details),
            urgency: Urgency::new(&seen, job.tried_at),
            is_noted: job.seen.as_ref() == Some(&seen),
            job: seen,
        }
    }

    /// Nothing but the outlook of a job is news; this is what was seen and told of it before.
    pub(super) fn of_outlook(job: &Followed, seen: SeenJob) -> Self {
        Self {
            claim: job.active.claim,
            outlook: job.outlook.now().clone(),
            details: None,
            urgency: Urgency::new(&seen, job.tried_at),
            is_noted: true,
            job: seen,
        }
    }
}

/// What the server said to a report.
pub(super) enum ReportOutcome {
    Acknowledged,
    NotWanted,
    LaterAgain,
}

/// Reports changes, as many as there is time for: the others are reported after the next look, which
/// somebody may wait for. What the server said to each.
pub(super) async fn all(
    agent: &Agent,
    changes: Vec<Change>,
) -> Vec<(SeenJob, JobOutlook, ReportOutcome)> {
    let report = |change: Change| async move {
        let outcome = one(agent, &change).await;
        // Without the details: of thousands of jobs they take a lot of memory.
        (change.job, change.outlook, outcome)
    };
    let in_time = stream::iter(changes).take_until(tokio::time::sleep(TURN));
    in_time.map(report).buffer_unordered(AT_ONCE).collect().await
}

async fn one(agent: &Agent, change: &Change) -> ReportOutcome {
    let SeenJob { submission_id: submission, slurm_job_id, state, .. } = change.job;
    let info = match &change.details {
        Some(details) => {
            if let Some(described) = details.known(&agent.slurm).await {
                agent.note_outputs(&change.job, described).await;
            }
            details.info(&agent.slurm).await
        }
        None => "{}".to_owned(),
    };
    let report = JobSubmissionAgentUpdateRequest {
        slurm_job_state: state,
        slurm_job_info: info,
        slurm_job_id: Some(slurm_job_id),
        slurm_job_state_reason: change.job.reason.clone(),
        outlook: change.outlook.clone(),
        keeps_slurm_job_info: change.details.is_none().then_some(true),
        claim: change.claim,
    };
    let told = agent.client.report_state(submission, &report).await;
    prometheus::reported("state", told.as_ref().copied());
    match told {
        Ok(()) if change.details.is_none() => ReportOutcome::Acknowledged,
        Ok(()) => {
            tracing::info!(submission, slurm_job_id, %state, "reported");
            ReportOutcome::Acknowledged
        }
        Err(error) if error.may_pass() => {
            tracing::warn!(submission, slurm_job_id, %state, %error, "not reported");
            ReportOutcome::LaterAgain
        }
        Err(error) if error.status().is_some_and(|status| status.as_u16() == 409) => {
            tracing::info!(submission, slurm_job_id, %error, "another agent follows it");
            agent.wakes.note_active();
            ReportOutcome::LaterAgain
        }
        Err(error) => {
            tracing::warn!(submission, slurm_job_id, %state, %error, "no longer followed");
            ReportOutcome::NotWanted
        }
    }
}
