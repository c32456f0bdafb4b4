//! Cancels the jobs of cancelled submissions.

use std::{collections::HashMap, time::Duration};

use jobbergate_types::job_submissions::JobSubmissionStatus;
use tokio::time::Instant;

use super::{Follower, Job};
use crate::setback::Setback;

/// How long a job may take to end before it is cancelled again.
const PATIENCE: Duration = Duration::from_secs(5);

/// When each cancelled submission's job was last cancelled.
#[derive(Debug, Default)]
pub struct Cancellations(HashMap<i64, Instant>);

impl Cancellations {
    pub(super) fn forget(&mut self, submission: i64) {
        self.0.remove(&submission);
    }

    fn is_due(&self, submission: i64, now: Instant) -> bool {
        self.0.get(&submission).is_none_or(|last| now.duration_since(*last) >= PATIENCE)
    }
}

impl Follower {
    /// Cancels what is to be cancelled and has not ended, again and again until it has: `scancel`
    /// succeeds even if it does nothing.
    pub(super) async fn cancel(&mut self, listed: &[Job]) -> Result<(), Setback> {
        let now = Instant::now();
        let mut due = Vec::new();
        // A number that is not in the queue, or another's now, must not be cancelled.
        let listed: HashMap<i64, i64> =
            listed.iter().map(|job| (job.submission, job.number)).collect();
        for submission in &self.active {
            let Some(number) = listed.get(&submission.id).copied() else { continue };
            let ended = self.seen.get(&submission.id).is_some_and(|seen| seen.state.is_terminal());
            if submission.status == JobSubmissionStatus::Cancelled
                && !ended
                && self.cancellations.is_due(submission.id, now)
            {
                due.push((submission.id, number));
            }
        }
        if due.is_empty() {
            return Ok(());
        }
        let numbers: Vec<i64> = due.iter().map(|(_, number)| *number).collect();
        tracing::info!(jobs = ?numbers, "cancelling");
        // Also after a failure: another job is not to be kept waiting for one that fails.
        self.cancellations.0.extend(due.into_iter().map(|(submission, _)| (submission, now)));
        let cancelled = self.agent.slurm.scancel(&numbers).await;
        cancelled.map_err(|e| Setback::Trouble(e.to_string()))
    }
}
