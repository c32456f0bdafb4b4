//! One state for a job of many tasks.

use jobbergate_types::{SlurmJobState, slurm::Outcome};

use crate::slurm::Record;

/// What a job is doing, all its tasks taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Its state.
    pub state: SlurmJobState,
    /// Slurm's reason for it.
    pub reason: Option<String>,
    /// The worst end of any task, if there are several: Slurm forgets tasks one by one.
    pub worst: Option<SlurmJobState>,
}

/// Sums up the tasks of a job; `worst` is what is remembered of earlier ones. None if Slurm does
/// not say what they do, or in a word that is not known here.
pub fn records(records: &[&Record], worst: Option<SlurmJobState>) -> Option<Summary> {
    let known: Vec<SlurmJobState> = records.iter().filter_map(|record| record.state).collect();
    if known.len() < records.len() {
        return None;
    }
    let is_array = records.len() > 1 || worst.is_some();
    let ends = known.iter().copied().filter(|state| state.is_terminal());
    let worst = ends.chain(worst).max_by_key(|state| severity(*state)).filter(|_| is_array);
    let states: Vec<SlurmJobState> = known.iter().copied().chain(worst).collect();
    let state = self::states(&states)?;
    let telling = records.iter().find(|record| record.state == Some(state));
    let reason = telling.and_then(|record| record.reason.clone());
    Some(Summary { state, reason, worst })
}

/// One state for several: as long as any task may still change the job is running, or pending if
/// none has begun; in the end it is as bad as the worst of them.
pub fn states(states: &[SlurmJobState]) -> Option<SlurmJobState> {
    use SlurmJobState::{Pending, Running};
    let (first, rest) = states.split_first()?;
    if rest.iter().all(|state| state == first) {
        return Some(*first);
    }
    if states.iter().all(|state| state.is_terminal()) {
        return states.iter().copied().max_by_key(|state| severity(*state));
    }
    let waits = |state: &SlurmJobState| !state.is_terminal() && *state != Running;
    Some(if states.iter().all(waits) { Pending } else { Running })
}

fn severity(state: SlurmJobState) -> u8 {
    match (state, state.outcome()) {
        (SlurmJobState::Failed, _) => 3,
        (SlurmJobState::Cancelled, _) => 1,
        (_, Outcome::Done) => 0,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use SlurmJobState::*;

    use super::*;

    #[test]
    fn an_array_runs_as_long_as_any_task_may_change() {
        assert_eq!(states(&[Completed, Pending]), Some(Running));
        assert_eq!(states(&[Pending, Pending]), Some(Pending));
        assert_eq!(states(&[Failed, Running, Pending]), Some(Running));
        assert_eq!(states(&[Running, Completing]), Some(Running));
    }

    #[test]
    fn an_array_ends_as_its_worst_task() {
        assert_eq!(states(&[Completed, Completed]), Some(Completed));
        assert_eq!(states(&[Completed, Failed, Cancelled]), Some(Failed));
        assert_eq!(states(&[Completed, Timeout, Cancelled]), Some(Timeout));
        assert_eq!(states(&[]), None);
    }

    fn record(state: Option<SlurmJobState>, reason: &str) -> Record {
        let reason = Some(reason.to_owned());
        Record {
            job: 7,
            state,
            reason,
            user: String::new(),
            submit_time: None,
            comment: String::new(),
        }
    }

    #[test]
    fn a_task_that_slurm_forgot_still_counts() {
        let (failed, running) =
            (record(Some(Failed), "NonZeroExitCode"), record(Some(Running), "x"));
        let first = records(&[&failed, &running], None).unwrap();
        assert_eq!((first.state, first.worst), (Running, Some(Failed)));
        let completed = record(Some(Completed), "y");
        let second = records(&[&completed], first.worst).unwrap();
        assert_eq!((second.state, second.worst), (Failed, Some(Failed)));
    }

    #[test]
    fn a_single_job_is_what_slurm_says() {
        let pending = record(Some(Pending), "Resources");
        let summary = records(&[&pending], None).unwrap();
        assert_eq!((summary.state, summary.reason.as_deref()), (Pending, Some("Resources")));
        assert_eq!(records(&[&record(None, "x")], None), None);
    }
}
