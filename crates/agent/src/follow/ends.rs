//! Ends that may turn out to be none, because Slurm queues the job again under the same number.

use std::time::Duration;

use jobbergate_types::SlurmJobState;
use tokio::time::Instant;

use super::{aggregate::Summary, detailed::Detailed};
use crate::slurm::Slurm;

/// How long a job that is to be queued again may take to get there: its nodes have to finish
/// with it first.
const PATIENCE: Duration = Duration::from_secs(60);

/// The end of a job that is not believed yet, if it has one.
#[derive(Debug, Default)]
pub struct UnconfirmedEnd(Option<End>);

#[derive(Debug, Clone, Copy)]
struct End {
    state: SlurmJobState,
    since: Instant,
}

impl UnconfirmedEnd {
    pub(super) fn state(&self) -> Option<SlurmJobState> {
        self.0.map(|end| end.state)
    }

    /// Whether what is seen of the job now may be told: that it goes on, or an end that lasts.
    pub(super) async fn lasts(
        &mut self,
        slurm: &Slurm,
        details: &Detailed,
        summary: &Summary,
        now: Instant,
    ) -> bool {
        let Some(patience) = patience(summary.state) else {
            self.0 = None;
            return true;
        };
        if self.state() == Some(summary.state) {
            return self.has_lasted(patience, now);
        }
        if !may_return(slurm, details, summary).await {
            self.0 = None;
            return true;
        }
        self.0 = Some(End { state: summary.state, since: now });
        false
    }

    fn has_lasted(&self, patience: Duration, now: Instant) -> bool {
        self.0.is_some_and(|end| now.duration_since(end.since) >= patience)
    }
}

/// How long an end must last that Slurm may undo; none if it never does. A job that failed is
/// queued again at once, which the next look shows.
const fn patience(state: SlurmJobState) -> Option<Duration> {
    use SlurmJobState::{BootFail, Failed, NodeFail, Preempted};
    match state {
        BootFail | NodeFail | Preempted => Some(PATIENCE),
        Failed => Some(Duration::ZERO),
        _ => None,
    }
}

/// Whether Slurm may queue an ended job again by itself; also when it does not say.
async fn may_return(slurm: &Slurm, details: &Detailed, summary: &Summary) -> bool {
    let Some(details) = details.known(slurm).await else { return true };
    if details.requeue() == Some(false) {
        return false;
    }
    match summary.state {
        // Seen on Slurm 22.05: whatever ends a job otherwise than by its exit code (a signal, a
        // file for its output that can't be written) queues it again at once, before it is seen to
        // have failed, or never.
        SlurmJobState::Failed => {
            let codes: Option<Vec<i64>> = details.failures.iter().copied().collect();
            let Some(codes) = codes.filter(|codes| !codes.is_empty()) else { return true };
            slurm.requeues_any(&codes).await.unwrap_or(true)
        }
        SlurmJobState::Preempted => {
            let Some(partition) = details.partition() else { return true };
            !slurm.cancels_preempted(partition).await.unwrap_or(false)
        }
        _ => true,
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
        let end = UnconfirmedEnd(Some(End { state: SlurmJobState::NodeFail, since: begin }));
        let patience = patience(SlurmJobState::NodeFail).unwrap();
        for (second, lasted) in [(1, false), (2, false), (59, false), (60, true)] {
            let now = begin + Duration::from_secs(second);
            assert_eq!(end.has_lasted(patience, now), lasted, "{second}");
        }
        assert_eq!(UnconfirmedEnd::default().state(), None);
    }
}
