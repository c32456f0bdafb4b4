//! Jobs that are no longer in the queue: Slurm forgets them some minutes after their end.
//!
//! Accounting is asked, then `scontrol`, then what was seen last. Only if Slurm itself denies
//! the job several times, over a while, and nothing tells how it ended, it is reported as
//! unknown. A question without an answer says nothing.

use std::{collections::HashMap, time::Duration};

use jobbergate_types::SlurmJobState;
use tokio::time::Instant;

use super::{
    Follower, Job,
    aggregate::{self, Summary},
    identity,
};
use crate::{
    Agent,
    journal::{Entry, SeenJob},
    slurm::SlurmError,
};

/// How often a vanished job is looked for.
const PAUSE: Duration = Duration::from_secs(5);
/// How many are looked for at each tick.
const AT_A_TIME: usize = 50;
/// How often Slurm has to deny a job.
const DENIALS: u32 = 3;

/// Jobs that are missing in the queue.
#[derive(Debug)]
pub struct Vanished {
    jobs: HashMap<i64, Missing>,
    patience: Duration,
}

#[derive(Debug)]
struct Missing {
    since: Instant,
    look_at: Instant,
    denials: u32,
}

/// In which way a job is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Absence {
    /// Its number is not in the queue.
    Unlisted,
    /// Its number belongs to another job.
    Replaced,
}

/// What is found out about a vanished job.
enum Found {
    /// Something knows its state.
    State(Summary),
    /// Slurm says that there is no such job.
    Denied,
    /// It is known, and its state is not.
    Unsaid,
}

impl Vanished {
    /// Nothing is missing. A job must be denied for as long as `patience`.
    pub fn new(patience: Duration) -> Self {
        Self { jobs: HashMap::new(), patience }
    }

    /// The job is there, or nobody wants to know.
    pub fn forget(&mut self, submission: i64) {
        self.jobs.remove(&submission);
    }

    fn is_due(&mut self, submission: i64, now: Instant) -> bool {
        let new = Missing { since: now, look_at: now, denials: 0 };
        let missing = self.jobs.entry(submission).or_insert(new);
        let due = now >= missing.look_at;
        if due {
            missing.look_at = now + PAUSE;
        }
        due
    }

    /// Whether a job that is denied once more is certainly unknown.
    fn deny(&mut self, submission: i64, now: Instant) -> bool {
        let Some(missing) = self.jobs.get_mut(&submission) else { return false };
        missing.denials += 1;
        missing.denials >= DENIALS && now.duration_since(missing.since) >= self.patience
    }

    /// The job is not denied now, which makes earlier denials doubtful.
    fn doubt(&mut self, submission: i64, now: Instant) {
        if let Some(missing) = self.jobs.get_mut(&submission) {
            missing.since = now;
            missing.denials = 0;
        }
    }
}

impl Follower {
    /// Looks for jobs that are missing in the queue; what is known of them now.
    pub(super) async fn look_for(&mut self, jobs: Vec<(Job, Absence)>) -> Vec<(Job, Summary)> {
        let now = Instant::now();
        let due = jobs.into_iter().filter(|(job, _)| self.vanished.is_due(job.submission, now));
        let due: Vec<(Job, Absence)> = due.take(AT_A_TIME).collect();
        let mut found = Vec::new();
        for (job, absence) in due {
            let last = self.last_seen(job).cloned();
            let finding = match absence {
                Absence::Replaced => Ok(Found::Denied),
                Absence::Unlisted => self.agent.find(job, self.own_entry(job), last.as_ref()).await,
            };
            match finding {
                Ok(Found::State(summary)) => {
                    self.vanished.doubt(job.submission, now);
                    found.push((job, summary));
                }
                Ok(Found::Denied) => {
                    if let Some(summary) = self.conclude(job, last, Instant::now()) {
                        found.push((job, summary));
                    }
                }
                Ok(Found::Unsaid) => self.vanished.doubt(job.submission, now),
                Err(error) => {
                    self.vanished.doubt(job.submission, now);
                    tracing::warn!(submission = job.submission, slurm_job_id = job.number, %error,
                        "cannot find out what became of the job");
                    // The others would have to wait for the same trouble.
                    break;
                }
            }
        }
        found
    }

    /// Slurm denies the job: what was seen last counts if that was an end, also one that was
    /// waiting for confirmation.
    fn conclude(&mut self, job: Job, last: Option<SeenJob>, now: Instant) -> Option<Summary> {
        let unconfirmed = self.ends.of(job.submission);
        let (state, reason, worst) = match last {
            Some(SeenJob { state, reason, worst, .. }) => (Some(state), reason, worst),
            None => (None, None, None),
        };
        if let Some(state) = state.filter(|state| state.is_terminal()).or(unconfirmed) {
            return Some(Summary { state, reason, worst });
        }
        if !self.vanished.deny(job.submission, now) {
            return None;
        }
        let last = state.map_or("never seen".to_owned(), |state| format!("last seen {state}"));
        let reason = format!(
            "Slurm no longer knows job {} ({last}) and nothing tells how it ended",
            job.number
        );
        Some(Summary { state: SlurmJobState::Unknown, reason: Some(reason), worst })
    }
}

impl Agent {
    async fn find(
        &self,
        job: Job,
        own: Option<&Entry>,
        last: Option<&SeenJob>,
    ) -> Result<Found, SlurmError> {
        let worst = last.and_then(|last| last.worst);
        // Accounting that is broken must not hide what the controller knows.
        let accounted = self.slurm.sacct_job(job.number).await;
        let accounted = accounted.map(|all| all.map(|all| identity::accounted(own, last, all)));
        if let Ok(Some(records)) = &accounted
            && !records.is_empty()
        {
            let records: Vec<_> = records.iter().collect();
            return Ok(aggregate::records(&records, worst).map_or(Found::Unsaid, Found::State));
        }
        match self.slurm.details(job.number).await? {
            Some(details) if identity::is_described(own, &details) => {
                let state = aggregate::states(&details.states);
                let reason = details.reason();
                let summary = state.map(|state| Summary { state, reason, worst });
                Ok(summary.map_or(Found::Unsaid, Found::State))
            }
            // Broken accounting might know.
            Some(_) | None => accounted.map(|_| Found::Denied),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_unknown_only_after_several_denials_over_a_while() {
        let begin = Instant::now();
        let mut vanished = Vanished::new(Duration::from_secs(60));
        assert!(vanished.is_due(7, begin));
        assert!(!vanished.is_due(7, begin + Duration::from_secs(1)));
        for second in [0, 5, 10, 59] {
            assert!(!vanished.deny(7, begin + Duration::from_secs(second)), "{second}");
        }
        assert!(vanished.deny(7, begin + Duration::from_secs(60)));
    }

    #[test]
    fn an_answer_in_between_begins_the_wait_anew() {
        let begin = Instant::now();
        let mut vanished = Vanished::new(Duration::from_secs(60));
        vanished.is_due(7, begin);
        vanished.deny(7, begin);
        vanished.deny(7, begin);
        vanished.doubt(7, begin + Duration::from_secs(50));
        assert!(!vanished.deny(7, begin + Duration::from_secs(61)));
        assert!(!vanished.deny(7, begin + Duration::from_secs(62)));
        assert!(!vanished.deny(7, begin + Duration::from_secs(63)));
        assert!(vanished.deny(7, begin + Duration::from_secs(110)));
    }
}
