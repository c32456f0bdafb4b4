//! One state for a job of many tasks.

use std::collections::BTreeMap;

use jobbergate_types::{SlurmJobState, job_submissions::JobOutlook, slurm::Outcome};

use crate::{journal::TaskEnds, slurm::Record};

/// What a job is doing, all its tasks taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub state: SlurmJobState,
    pub reason: Option<String>,
    /// How its tasks ended, if it is an array.
    pub ends: TaskEnds,
    pub outlook: JobOutlook,
}

/// The longest reason that is passed on, in characters.
const LONGEST_REASON: usize = 255;

/// Sums up the tasks of a job; `ends` is what is remembered of those that Slurm may have
/// forgotten. None if Slurm does not say what they do, or in a word that is not known here.
pub fn records(records: &[&Record], mut ends: TaskEnds) -> Option<Summary> {
    let mut states: Vec<SlurmJobState> = records.iter().filter_map(|record| record.state).collect();
    if states.len() < records.len() {
        return None;
    }
    for record in records {
        if let (Some(task), Some(state)) = (record.task, record.state) {
            ends.see(task, state);
        }
    }
    states.extend(ends.states());
    let state = self::states(&states)?;
    let telling = records.iter().find(|record| record.state == Some(state));
    let reason = telling.and_then(|record| record.reason.clone());
    let outlook = outlook(records, &ends);
    Some(Summary { state, reason, ends, outlook })
}

/// What those that wait wait for, when the first of them starts, and how many do what.
fn outlook(records: &[&Record], ends: &TaskEnds) -> JobOutlook {
    let waiting = || records.iter().filter(|record| record.state == Some(SlurmJobState::Pending));
    let reason = waiting().find_map(|record| record.reason.as_deref());
    let start = waiting().filter_map(|record| record.starts_at()).min();
    JobOutlook {
        slurm_pending_reason: reason.map(shortened),
        slurm_expected_start: start.map(Into::into),
        slurm_task_counts: counts(records, ends),
    }
}

pub fn shortened(reason: &str) -> String {
    reason.chars().take(LONGEST_REASON).collect()
}

/// How many tasks are in each state, if it is an array.
fn counts(records: &[&Record], ends: &TaskEnds) -> Option<BTreeMap<String, u64>> {
    let mut counts = ended(ends).unwrap_or_default();
    for record in records {
        // Those that ended are counted already, unless they stand together.
        let counted = record.task.is_some() && record.state.is_some_and(SlurmJobState::is_terminal);
        if let (Some(tasks), Some(state), false) = (record.tasks, record.state, counted) {
            *counts.entry(state.as_str().to_owned()).or_default() += tasks;
        }
    }
    Some(counts).filter(|counts| !counts.is_empty())
}

/// How many tasks ended in which way, if it is an array.
pub fn ended(ends: &TaskEnds) -> Option<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for state in ends.known() {
        *counts.entry(state.as_str().to_owned()).or_default() += 1;
    }
    Some(counts).filter(|counts| !counts.is_empty())
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

    fn record(task: Option<u32>, state: Option<SlurmJobState>, reason: &str) -> Record {
        Record {
            job: 7,
            task,
            tasks: task.map(|_| 1),
            state,
            reason: Some(reason.to_owned()),
            user: String::new(),
            submit_time: None,
            start_time: None,
            comment: String::new(),
        }
    }

    /// An array whose listed tasks do this, after what is remembered.
    fn array(tasks: &[(u32, SlurmJobState)], ends: TaskEnds) -> Summary {
        let tasks = tasks.iter().map(|(task, state)| record(Some(*task), Some(*state), "x"));
        let tasks: Vec<Record> = tasks.collect();
        records(&tasks.iter().collect::<Vec<_>>(), ends).unwrap()
    }

    #[test]
    fn a_task_that_slurm_forgot_still_counts() {
        let first = array(&[(0, Failed), (1, Running)], TaskEnds::default());
        assert_eq!(first.state, Running);
        let second = array(&[(1, Completed)], first.ends);
        assert_eq!(second.state, Failed);
        let before = TaskEnds::restore("", Some(Failed));
        assert_eq!(array(&[(1, Completed)], before).state, Failed, "an earlier agent saw it");
    }

    #[test]
    fn a_task_that_is_queued_again_is_judged_by_its_next_end() {
        let first = array(&[(0, Completed), (1, Failed), (2, Running)], TaskEnds::default());
        let second = array(&[(1, Pending), (2, Completed)], first.ends);
        assert_eq!(second.state, Running);
        let third = array(&[(1, Completed), (2, Completed)], second.ends.clone());
        assert_eq!(third.state, Completed);
        assert_eq!(array(&[(1, Timeout)], second.ends).state, Timeout);
    }

    #[test]
    fn an_array_runs_on_when_those_that_ended_are_forgotten() {
        let first = array(&[(0, Completed), (1, Pending)], TaskEnds::default());
        assert_eq!(array(&[(1, Pending)], first.ends).state, Running);
    }

    fn counted(summary: &Summary) -> Vec<(&str, u64)> {
        let counts = summary.outlook.slurm_task_counts.iter().flatten();
        counts.map(|(state, number)| (state.as_str(), *number)).collect()
    }

    #[test]
    fn tasks_are_counted_by_state_and_stay_counted_when_slurm_forgets_them() {
        let mut waiting = record(None, Some(Pending), "Resources");
        waiting.tasks = Some(8);
        waiting.start_time = Some("2026-11-29T08:00:00".to_owned());
        let (ended, runs) =
            (record(Some(0), Some(Failed), "x"), record(Some(1), Some(Running), "x"));
        let first = records(&[&waiting, &ended, &runs], TaskEnds::default()).unwrap();
        assert_eq!(counted(&first), [("FAILED", 1), ("PENDING", 8), ("RUNNING", 1)]);
        assert_eq!(first.outlook.slurm_pending_reason.as_deref(), Some("Resources"));
        assert!(first.outlook.slurm_expected_start.is_some());
        let completed = record(Some(1), Some(Completed), "x");
        let second = records(&[&completed], first.ends).unwrap();
        assert_eq!(counted(&second), [("COMPLETED", 1), ("FAILED", 1)]);
        assert_eq!(
            (second.outlook.slurm_pending_reason, second.outlook.slurm_expected_start),
            (None, None)
        );
        let mut cancelled = record(None, Some(Cancelled), "x");
        cancelled.tasks = Some(10);
        let together = records(&[&cancelled], TaskEnds::default()).unwrap();
        assert_eq!(counted(&together), [("CANCELLED", 10)]);
    }

    #[test]
    fn a_single_job_has_no_tasks_and_waits_for_something_only_while_it_waits() {
        let mut job = record(None, Some(Running), "x");
        job.start_time = Some("2026-11-29T08:00:00".to_owned());
        assert_eq!(records(&[&job], TaskEnds::default()).unwrap().outlook, JobOutlook::default());
        job.state = Some(Pending);
        let outlook = records(&[&job], TaskEnds::default()).unwrap().outlook;
        assert_eq!(
            (outlook.slurm_pending_reason.as_deref(), outlook.slurm_task_counts),
            (Some("x"), None)
        );
    }

    #[test]
    fn a_single_job_is_what_slurm_says() {
        let pending = record(None, Some(Pending), "Resources");
        let summary = records(&[&pending], TaskEnds::default()).unwrap();
        assert_eq!((summary.state, summary.reason.as_deref()), (Pending, Some("Resources")));
        assert_eq!(records(&[&record(None, None, "x")], TaskEnds::default()), None);
    }
}
