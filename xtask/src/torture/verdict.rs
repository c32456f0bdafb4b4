//! Holds what the server and the users say against what the jobs wrote down.

use std::collections::{HashMap, HashSet};

use super::{ground_truth::Run, outcome::Outcome, users::Memory};

/// What a rejection says that a fault of `sbatch` explains: it refused, or came to nothing again and again.
const EXPLAINED: [&str; 2] = ["Job violates accounting/QOS policy", "sbatch made no job"];

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) what: String,
    pub(super) marker: String,
    pub(super) submission: Option<i64>,
    pub(super) jobs: Vec<i64>,
}

/// Everything that is known in the end.
#[derive(Debug)]
pub(super) struct Findings<'a> {
    pub(super) outcomes: &'a [Outcome],
    pub(super) memories: &'a [Memory],
    pub(super) runs: &'a [Run],
    /// Whether the controller was killed: then it may have lost jobs, which are aborted, or have
    /// forgotten that a job had started and started the same job again.
    pub(super) controller_killed: bool,
}

/// All violations, in the order of the submissions.
pub(super) fn judge(findings: &Findings<'_>) -> Vec<Violation> {
    let mut runs: HashMap<&str, Vec<&Run>> = HashMap::new();
    for run in findings.runs {
        let of_script = runs.entry(&run.marker).or_default();
        if findings.controller_killed {
            of_script.retain(|before| before.job != run.job);
        }
        of_script.push(run);
    }
    let memories: HashMap<&str, &Memory> =
        findings.memories.iter().map(|memory| (memory.marker.as_str(), memory)).collect();
    let mut violations = Vec::new();
    for outcome in findings.outcomes {
        let runs = runs.remove(outcome.marker.as_str()).unwrap_or_default();
        let mut found = of_runs(outcome, &runs);
        match memories.get(outcome.marker.as_str()) {
            Some(memory) => {
                found.extend(of_memory(memory, &runs));
                if outcome.status == "CANCELLED" && !memory.cancelled {
                    found.push("is CANCELLED, and its user did not cancel it".to_owned());
                }
            }
            None => found.push("nobody submitted it".to_owned()),
        }
        if outcome.status == "ABORTED" && !findings.controller_killed {
            found.push(format!(
                "is ABORTED ({}: {}), although Slurm lost nothing",
                outcome.slurm_state, outcome.message
            ));
        }
        let mut jobs: Vec<i64> =
            outcome.job.into_iter().chain(runs.iter().map(|run| run.job)).collect();
        jobs.sort_unstable();
        jobs.dedup();
        violations.extend(found.into_iter().map(|what| Violation {
            what,
            marker: outcome.marker.clone(),
            submission: Some(outcome.id),
            jobs: jobs.clone(),
        }));
    }
    violations.extend(of_nobody(&runs));
    violations.extend(of_answers(findings));
    violations
}

fn of_runs(outcome: &Outcome, runs: &[&Run]) -> Vec<String> {
    let status = outcome.status.as_str();
    let mut found = Vec::new();
    if !outcome.is_settled() {
        let Outcome { slurm_state, message, .. } = outcome;
        found.push(format!("has not settled: {status}, {slurm_state}: {message}"));
    }
    if runs.len() > 1 {
        let jobs: Vec<String> = runs.iter().map(|run| run.job.to_string()).collect();
        found.push(format!(
            "is {status}, and its script ran {} times: in the jobs {}",
            runs.len(),
            jobs.join(", ")
        ));
    }
    match status {
        "DONE" if runs.is_empty() => found.push("is DONE, and its script never ran".to_owned()),
        "DONE" if runs.iter().all(|run| !run.ended) => {
            found.push("is DONE, and its script did not come to its end".to_owned());
        }
        "REJECTED" if !runs.is_empty() => found.push("is REJECTED, and its script ran".to_owned()),
        "REJECTED" if !EXPLAINED.iter().any(|words| outcome.message.contains(words)) => {
            found.push(format!("is REJECTED for nothing that sbatch did: {}", outcome.message));
        }
        _ => {}
    }
    let elsewhere = runs.iter().find(|run| outcome.job.is_some_and(|job| job != run.job));
    if let (Some(run), Some(job)) = (elsewhere, outcome.job) {
        found.push(format!("has job {job} on record, and its script ran in job {}", run.job));
    }
    found
}

fn of_memory(memory: &Memory, runs: &[&Run]) -> Vec<String> {
    let expected = memory.support_file.then_some(memory.marker.as_str());
    let other = runs.iter().find(|run| run.support.as_deref() != expected);
    let wrong = other.map(|run| {
        let support = run.support.as_deref().unwrap_or("none");
        format!("its script read the support file of another in job {}: {support}", run.job)
    });
    wrong.into_iter().collect()
}

/// Scripts that ran and belong to no submission.
fn of_nobody(runs: &HashMap<&str, Vec<&Run>>) -> Vec<Violation> {
    let violation = |(marker, runs): (&&str, &Vec<&Run>)| Violation {
        what: "its script ran, and the server has no such submission".to_owned(),
        marker: (*marker).to_owned(),
        submission: None,
        jobs: runs.iter().map(|run| run.job).collect(),
    };
    runs.iter().map(violation).collect()
}

/// Answers that users got and that were not kept.
fn of_answers(findings: &Findings<'_>) -> Vec<Violation> {
    let there: HashSet<i64> = findings.outcomes.iter().map(|outcome| outcome.id).collect();
    let violation = |memory: &Memory| {
        let what = match (&memory.refused, memory.acknowledged) {
            (Some(why), _) => format!("was not accepted: {why}"),
            (None, Some(id)) if !there.contains(&id) => {
                format!("was acknowledged as submission {id}, which is not there")
            }
            _ => return None,
        };
        let (marker, submission) = (memory.marker.clone(), memory.acknowledged);
        Some(Violation { what, marker, submission, jobs: Vec::new() })
    };
    findings.memories.iter().filter_map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(id: i64, status: &str, job: Option<i64>) -> Outcome {
        let (marker, status) = (format!("wish-{id}"), status.to_owned());
        let message = EXPLAINED[0].to_owned();
        Outcome { id, marker, status, job, message, ..Outcome::default() }
    }

    fn memory(id: i64) -> Memory {
        let marker = format!("wish-{id}");
        Memory { marker, acknowledged: Some(id), ..Memory::default() }
    }

    fn run(id: i64, job: i64) -> Run {
        Run { marker: format!("wish-{id}"), job, support: None, ended: true }
    }

    fn verdict(outcomes: &[Outcome], memories: &[Memory], runs: &[Run]) -> Vec<String> {
        let findings = Findings { outcomes, memories, runs, controller_killed: false };
        judge(&findings).into_iter().map(|violation| violation.what).collect()
    }

    #[test]
    fn jobs_that_ran_once_or_were_refused_or_cancelled_are_fine() {
        let outcomes = [
            outcome(1, "DONE", Some(11)),
            outcome(2, "REJECTED", None),
            outcome(3, "CANCELLED", None),
            outcome(4, "CANCELLED", Some(14)),
        ];
        let runs = [run(1, 11), run(4, 14)];
        let memories = [1, 2, 3, 4].map(|id| Memory { cancelled: id > 2, ..memory(id) });
        assert!(verdict(&outcomes, &memories, &runs).is_empty());
    }

    #[test]
    fn a_script_that_took_anothers_place_is_found_on_both_sides() {
        let outcomes = [outcome(1, "DONE", Some(11)), outcome(2, "DONE", Some(12))];
        let found = verdict(&outcomes, &[1, 2].map(memory), &[run(2, 11), run(2, 12)]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("never ran"), "{found:?}");
        assert!(found[1].contains("ran 2 times"), "{found:?}");
        assert!(found[2].contains("ran in job 11"), "{found:?}");
    }

    #[test]
    fn only_a_killed_controller_may_lose_a_job_or_run_the_same_job_again() {
        let outcomes = [outcome(1, "DONE", Some(11)), outcome(2, "ABORTED", Some(12))];
        let (memories, runs) = ([1, 2].map(memory), [run(1, 11), run(1, 11)]);
        assert_eq!(verdict(&outcomes, &memories, &runs).len(), 2);
        let findings = |runs| Findings {
            outcomes: &outcomes,
            memories: &memories,
            runs,
            controller_killed: true,
        };
        assert!(judge(&findings(&runs)).is_empty());
        assert_eq!(judge(&findings(&[run(1, 11), run(1, 13)])).len(), 2);
    }

    #[test]
    fn what_did_not_settle_or_ended_wrongly_is_found() {
        for (status, runs, expected) in [
            ("SUBMITTED", vec![run(1, 11)], "has not settled"),
            ("CREATED", vec![], "has not settled"),
            ("REJECTED", vec![run(1, 11)], "is REJECTED, and its script ran"),
            ("ABORTED", vec![], "although Slurm lost nothing"),
            ("CANCELLED", vec![], "did not cancel it"),
            ("DONE", vec![Run { ended: false, ..run(1, 11) }], "did not come to its end"),
            ("DONE", vec![Run { support: Some("wish-2".to_owned()), ..run(1, 11) }], "of another"),
        ] {
            let found = verdict(&[outcome(1, status, Some(11))], &[memory(1)], &runs);
            assert!(found.len() == 1 && found[0].contains(expected), "{status}: {found:?}");
        }
    }

    #[test]
    fn a_rejection_that_nothing_explains_is_found() {
        for message in ["", "It is uncertain whether Slurm ran this job: the agent was interrupted"]
        {
            let rejected = Outcome { message: message.to_owned(), ..outcome(1, "REJECTED", None) };
            let found = verdict(&[rejected], &[memory(1)], &[]);
            assert!(found.len() == 1 && found[0].contains("for nothing that"), "{found:?}");
        }
    }

    #[test]
    fn answers_that_were_not_kept_are_found() {
        let refused = Memory { refused: Some("404".to_owned()), ..Memory::default() };
        let found = verdict(&[outcome(2, "DONE", Some(3))], &[memory(1), refused], &[run(2, 3)]);
        assert_eq!(found.len(), 3, "{found:?}");
        let found = verdict(&[], &[], &[run(1, 11)]);
        assert!(found[0].contains("no such submission"), "{found:?}");
    }
}
