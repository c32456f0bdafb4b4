//! Jobs that are no longer in the queue: Slurm forgets them some minutes after their end.
//!
//! Accounting is asked, then `scontrol`, then what was seen last. Only if Slurm itself denies
//! the job several times, over a while, and nothing tells how it ended, it is reported as
//! unknown. A question without an answer says nothing.

use std::{sync::Arc, time::Duration};

use jobbergate_types::{SlurmJobState, job_submissions::JobOutlook};
use tokio::time::Instant;

use super::{
    Follower,
    aggregate::{self, Summary},
    detailed::Detailed,
    followed::Followed,
    identity,
    tell::Change,
};
use crate::{
    journal::TaskEnds,
    slurm::{Accounted, Details, Slurm},
};

/// How many jobs that vanished from the queue are looked for at each tick.
const SEARCHES: usize = 50;

/// In which way a job is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WhyMissing {
    /// Its number is not in the queue.
    Unlisted,
    /// Its number belongs to another job.
    Replaced,
    /// Another cluster of the federation has it.
    Elsewhere,
}

/// What is found out about a vanished job.
pub(super) enum Found {
    State(Summary),
    /// Slurm says that there is no such job.
    Denied,
    /// It is known, and its state is not.
    Unsaid,
}

/// Slurm denies the job: what was seen last counts if that was an end, also one that was waiting
/// for confirmation.
pub(super) fn conclude(job: &mut Followed, patience: Duration, now: Instant) -> Option<Summary> {
    let last = job.last_seen().cloned();
    let state = last.as_ref().map(|last| last.state);
    let (reason, ends) = last.map(|last| (last.reason, last.ends)).unwrap_or_default();
    if let Some(state) = state.filter(|state| state.is_terminal()).or(job.end.state()) {
        return Some(Summary { state, reason, outlook: outlook(&ends), ends });
    }
    if !job.disappearance.deny(patience, now) {
        return None;
    }
    let number = job.number()?;
    let last = state.map_or("never seen".to_owned(), |state| format!("last seen {state}"));
    let reason =
        format!("Slurm no longer knows job {number} ({last}) and nothing tells how it ended");
    let (state, reason) = (SlurmJobState::Unknown, Some(reason));
    Some(Summary { state, reason, outlook: outlook(&ends), ends })
}

/// All that is known of a job that is gone: how its tasks ended.
fn outlook(ends: &TaskEnds) -> JobOutlook {
    JobOutlook { slurm_task_counts: aggregate::ended(ends), ..JobOutlook::default() }
}

/// What details say. That a job is revoked here says nothing of how it ends elsewhere.
fn described(details: &Details, ends: TaskEnds) -> Found {
    let state = aggregate::states(&details.states).filter(|s| *s != SlurmJobState::Revoked);
    let (reason, outlook) = (details.reason(), outlook(&ends));
    state.map_or(Found::Unsaid, |state| Found::State(Summary { state, reason, outlook, ends }))
}

/// Asks accounting, then the controller. An error says why there is no answer.
pub(super) async fn find(
    slurm: &Slurm,
    job: &Followed,
    number: i64,
    details: &Detailed,
    mark: u64,
) -> Result<Found, String> {
    slurm.check_sight().await.map_err(|error| error.to_string())?;
    let (id, own, last) = (job.active.id, job.own(), job.last_seen());
    let ends = last.map(|last| last.ends.clone()).unwrap_or_default();
    // Accounting that is broken must not hide what the controller knows.
    let accounted = slurm.sacct_job(number, mark).await;
    let accounted = accounted.map(|all| all.map(|all| identity::accounted(id, own, last, all)));
    if let Ok(Some(all)) = &accounted
        && !all.is_empty()
    {
        let revoked = |one: &&Accounted| one.record.state == Some(SlurmJobState::Revoked);
        let records: Vec<_> =
            all.iter().filter(|one| !revoked(one)).map(|one| &one.record).collect();
        let summary = aggregate::records(&records, ends);
        details.learn(Accounted::details(number, all.clone()));
        return Ok(summary.map_or(Found::Unsaid, Found::State));
    }
    match details.ask(slurm).await.map_err(ToString::to_string)? {
        Some(details) if identity::is_described(id, own, details) => Ok(described(details, ends)),
        // Broken accounting might know.
        Some(_) | None => accounted.map(|_| Found::Denied).map_err(|error| error.to_string()),
    }
}

impl Follower {
    /// Looks for jobs that are missing in the queue; what is to be reported of them.
    pub(super) async fn look_for(
        &mut self,
        missing: Vec<(i64, WhyMissing)>,
        mark: u64,
    ) -> Vec<Change> {
        let (agent, now) = (Arc::clone(&self.agent), Instant::now());
        let (mut changes, mut searches) = (Vec::new(), 0);
        for (id, why) in missing {
            let Some(job) = self.jobs.get_mut(&id) else { continue };
            let Some(number) = job.number() else { continue };
            if searches >= SEARCHES || !job.disappearance.is_due(now) {
                continue;
            }
            searches += 1;
            let details = Detailed::new(number);
            let found = match why {
                WhyMissing::Replaced => Ok(Found::Denied),
                WhyMissing::Unlisted | WhyMissing::Elsewhere => {
                    find(&agent.slurm, job, number, &details, mark).await
                }
            };
            let summary = match found {
                Ok(Found::Denied) => conclude(job, agent.config.vanished_seconds, Instant::now()),
                Ok(Found::State(summary)) => {
                    job.disappearance.doubt(now);
                    Some(summary)
                }
                Ok(Found::Unsaid) => {
                    job.disappearance.doubt(now);
                    None
                }
                Err(error) => {
                    job.disappearance.doubt(now);
                    tracing::warn!(submission = id, slurm_job_id = number, %error,
                        "cannot find out what became of the job");
                    // The others would have to wait for the same trouble.
                    break;
                }
            };
            let seen = summary.and_then(|summary| job.sight(summary, None));
            let news = seen.filter(|seen| !seen.reported);
            changes.extend(news.map(|seen| Change::new(job, seen, details)));
        }
        changes
    }
}
