//! Which jobs have a turn to have their outlook told: when much changes at once, some have to wait.

use std::{collections::HashSet, sync::atomic::Ordering};

use jobbergate_types::{SlurmJobState, job_submissions::JobOutlook};
use tokio::time::Instant;

use super::{Follower, followed::Followed, tell::Change};

/// The submissions whose outlook is to be told, so many at most, those first that were not told for
/// longest.
pub(super) fn take<'a>(
    jobs: impl Iterator<Item = &'a mut Followed>,
    most: usize,
    now: Instant,
) -> Vec<&'a mut Followed> {
    let mut due: Vec<_> = jobs.filter(|job| job.outlook.is_due(&first(job), now)).collect();
    due.sort_by_key(|job| job.outlook.tried_at());
    due.truncate(most);
    for job in &mut due {
        // Also if it fails: the next report of the job's state has it anyway.
        job.outlook.try_at(now);
    }
    due
}

/// What the server was told with the job's number, as far as it is remembered.
fn first(job: &Followed) -> JobOutlook {
    let seen = job.last_seen().filter(|seen| seen.state == SlurmJobState::Pending);
    let reason = seen.filter(|_| job.own().is_some()).and_then(|seen| seen.reason.clone());
    JobOutlook { slurm_pending_reason: reason, ..JobOutlook::default() }
}

impl Follower {
    /// What is to be told of listed jobs that wait as before, but for another reason or time, or of
    /// which other tasks do. Only a server that knows what to do with it is told.
    pub(super) fn outlooks(&mut self, listed: &[i64], changes: &[Change]) -> Vec<Change> {
        if !self.agent.server_keeps_facts.load(Ordering::Relaxed) {
            return Vec::new();
        }
        let most = self.of_waiting();
        let listed: HashSet<i64> = listed.iter().copied().collect();
        let told: HashSet<i64> = changes.iter().map(|change| change.job.submission_id).collect();
        let jobs = self.jobs.iter_mut().filter(|(id, _)| listed.contains(id) && !told.contains(id));
        let turns = take(jobs.map(|(_, job)| &mut **job), most, Instant::now());
        let known = turns.into_iter().filter_map(|job| {
            let seen = job.last_seen().filter(|seen| seen.reported)?.clone();
            Some(Change::of_outlook(job, seen))
        });
        known.collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jobbergate_types::job_submissions::{ActiveJobSubmission, JobSubmissionStatus};

    use super::*;
    use crate::follow::outlook::PAUSE;

    const TURNS: usize = 16;

    fn job(id: i64, reason: &str) -> Followed {
        let active = ActiveJobSubmission {
            id,
            name: String::new(),
            status: JobSubmissionStatus::Submitted,
            slurm_job_id: Some(id),
            claim: None,
        };
        let mut job = Followed::new(active.into());
        job.outlook.see(waits_for(reason));
        job
    }

    fn waits_for(reason: &str) -> JobOutlook {
        JobOutlook { slurm_pending_reason: Some(reason.to_owned()), ..JobOutlook::default() }
    }

    fn told(jobs: &mut [Followed], now: Instant) -> Vec<i64> {
        let mut ids = Vec::new();
        for job in take(jobs.iter_mut(), TURNS, now) {
            ids.push(job.active.id);
            let outlook = job.outlook.now().clone();
            job.outlook.told(outlook);
        }
        ids
    }

    #[test]
    fn what_changed_is_told_at_once_and_a_start_that_moved_after_half_a_minute() {
        let (mut jobs, begin) = ([job(1, "Priority")], Instant::now());
        assert_eq!(told(&mut jobs, begin), [1]);
        assert_eq!(told(&mut jobs, begin + PAUSE * 2), [0; 0], "nothing changed");
        let mut now = waits_for("Resources");
        jobs[0].outlook.see(now.clone());
        assert_eq!(told(&mut jobs, begin + PAUSE * 3), [1]);
        now.slurm_task_counts = Some([("PENDING".to_owned(), 3)].into());
        jobs[0].outlook.see(now.clone());
        assert_eq!(told(&mut jobs, begin + PAUSE * 3), [1]);
        now.slurm_expected_start = Some(chrono::Utc::now().into());
        jobs[0].outlook.see(now);
        assert_eq!(told(&mut jobs, begin + PAUSE * 7 / 2), [0; 0], "it is too early");
        assert_eq!(told(&mut jobs, begin + PAUSE * 4), [1]);
    }

    #[test]
    fn many_jobs_take_turns_and_none_is_passed_over() {
        let mut jobs: Vec<_> = (0..40).map(|id| job(id, "Priority")).collect();
        let begin = Instant::now();
        let mut all = Vec::new();
        for second in 0..3 {
            let now = begin + Duration::from_secs(second);
            let ids = told(&mut jobs, now);
            assert!(ids.len() <= TURNS);
            all.extend(ids);
        }
        all.sort_unstable();
        assert_eq!(all, (0..40).collect::<Vec<_>>());
    }
}
