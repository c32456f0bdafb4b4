//! When the job of a cancelled submission is cancelled.

use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::{Follower, trouble};
use crate::{setback::Setback, slurm::OwnJob};

/// How long a job may take to end before it is cancelled again.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a job was last cancelled: it is again and again until it has ended, because `scancel`
/// succeeds even if it does nothing.
#[derive(Debug, Default)]
pub struct Cancellation(Option<Instant>);

impl Cancellation {
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.0.is_none_or(|last| now.duration_since(last) >= PATIENCE)
    }

    pub(super) fn done(&mut self, now: Instant) {
        self.0 = Some(now);
    }
}

impl Follower {
    /// Cancels what is to be cancelled. A number that is not in the queue, or another's now, must
    /// not be.
    pub(super) async fn cancel(&mut self, listed: &[i64]) -> Result<(), Setback> {
        let (now, mut by_user) = (Instant::now(), BTreeMap::<String, Vec<OwnJob>>::new());
        for id in listed {
            let Some(job) = self.jobs.get_mut(id) else { continue };
            if job.is_to_be_cancelled() && job.cancellation.is_due(now) {
                // Also if it fails: another job is not to be kept waiting for this one.
                job.cancellation.done(now);
                let Some(number) = job.number() else { continue };
                tracing::info!(submission = id, slurm_job_id = number, "cancelling");
                by_user
                    .entry(job.user().to_owned())
                    .or_default()
                    .push(OwnJob { submission: *id, job: number });
            }
        }
        if by_user.is_empty() {
            return Ok(());
        }
        self.agent.slurm.scancel_of(&by_user).await.map_err(trouble)
    }
}
