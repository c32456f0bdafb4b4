//! Ends that may turn out to be none, because Slurm queues the job again under the same number.

use std::{collections::HashMap, time::Duration};

use jobbergate_types::SlurmJobState;
use tokio::time::Instant;

use super::{Job, aggregate::Summary};
use crate::Agent;

/// How long a job that is to be queued again may take to get there: its nodes have to finish
/// with it first.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends that are not believed yet, by submission.
#[derive(Debug, Default)]
pub struct Ends(HashMap<i64, End>);

#[derive(Debug, Clone, Copy)]
struct End {
    state: SlurmJobState,
    since: Instant,
}

impl Ends {
    pub(super) fn forget(&mut self, submission: i64) {
        self.0.remove(&submission);
    }

    /// The end of a submission's job that is not believed yet.
    pub(super) fn of(&self, submission: i64) -> Option<SlurmJobState> {
        self.0.get(&submission).map(|end| end.state)
    }

    /// Whether what is seen of a job now may be told: that it goes on, or an end that lasts.
    pub(super) async fn lasts(
        &mut self,
        agent: &Agent,
        job: Job,
        summary: &Summary,
        now: Instant,
    ) -> bool {
        let Some(patience) = patience(summary.state) else {
            self.forget(job.submission);
            return true;
        };
        if self.of(job.submission) == Some(summary.state) {
            return self.has_lasted(job.submission, patience, now);
        }
        if !agent.may_return(job.number, summary).await {
            self.forget(job.submission);
            return true;
        }
        self.0.insert(job.submission, End { state: summary.state, since: now });
        false
    }

    fn has_lasted(&self, submission: i64, patience: Duration, now: Instant) -> bool {
        let end = self.0.get(&submission);
        end.is_some_and(|end| now.duration_since(end.since) >= patience)
    }
}

/// How long an end must last that Slurm may undo; none if it can't. A job that failed is queued
/// again at once, which the next look shows.
const fn patience(state: SlurmJobState) -> Option<Duration> {
    use SlurmJobState::{BootFail, Failed, NodeFail, Preempted};
    match state {
        BootFail | NodeFail | Preempted => Some(PATIENCE),
        Failed => Some(Duration::ZERO),
        _ => None,
    }
}

impl Agent {
    /// Whether Slurm may queue an ended job again by itself; also when it does not say.
    async fn may_return(&self, job: i64, summary: &Summary) -> bool {
        let details = self.slurm.details(job).await;
        if details.is_ok_and(|details| details.is_some_and(|d| d.requeue() == Some(false))) {
            return false;
        }
        let by_its_script = summary.state == SlurmJobState::Failed
            && summary.reason.as_deref() == Some("NonZeroExitCode");
        !by_its_script || self.slurm.requeues_exit_codes().await.unwrap_or(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ends_that_slurm_may_undo_have_to_last() {
        for state in SlurmJobState::ALL {
            use SlurmJobState::{BootFail, Failed, NodeFail, Preempted};
            let undone = matches!(state, BootFail | Failed | NodeFail | Preempted);
            assert_eq!(patience(*state).is_some(), undone, "{state}");
        }
    }
    #[test]
    fn a_failed_node_ends_a_job_only_when_the_job_is_not_queued_again_for_a_minute() {
        let begin = Instant::now();
        let mut ends = Ends::default();
        ends.0.insert(7, End { state: SlurmJobState::NodeFail, since: begin });
        let patience = patience(SlurmJobState::NodeFail).unwrap();
        for (second, lasted) in [(1, false), (2, false), (59, false), (60, true)] {
            let now = begin + Duration::from_secs(second);
            assert_eq!(ends.has_lasted(7, patience, now), lasted, "{second}");
        }
        ends.forget(7);
        assert_eq!(ends.of(7), None);
    }
}
