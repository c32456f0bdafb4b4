//! Which changes are told first: thousands of jobs may change at once, and an end is not to wait until
//! the server has the details of all that began.

use jobbergate_types::SlurmJobState;
use tokio::time::Instant;

use crate::journal::SeenJob;

/// How soon somebody wants to know of a change. Among equals those come first that were not told for
/// longest, so that what the server does not take holds up no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Urgency(News, Option<Instant>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    End,
    State,
    /// That it waits, or why.
    Waits,
}

impl Urgency {
    /// That of a job which is seen so, and whose change was tried to be told then.
    pub(super) fn new(seen: &SeenJob, tried_at: Option<Instant>) -> Self {
        let news = match seen.state {
            state if state.is_terminal() => News::End,
            SlurmJobState::Pending => News::Waits,
            _ => News::State,
        };
        Self(news, tried_at)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::journal::TaskEnds;

    fn urgency(state: SlurmJobState, tried_at: Option<Instant>) -> Urgency {
        let seen = SeenJob {
            submission_id: 7,
            slurm_job_id: 7,
            state,
            reason: None,
            ends: TaskEnds::default(),
            submit_time: None,
            reported: false,
        };
        Urgency::new(&seen, tried_at)
    }

    #[test]
    fn ends_come_first_and_what_was_tried_lately_last_among_its_like() {
        use SlurmJobState::{Completed, Failed, Pending, Running};
        let begin = Instant::now();
        let later = Some(begin + Duration::from_secs(1));
        let told = [
            urgency(Failed, None),
            urgency(Completed, Some(begin)),
            urgency(Completed, later),
            urgency(Running, None),
            urgency(Running, later),
            urgency(Pending, None),
        ];
        assert!(told.is_sorted());
    }
}
