//! Jobs that are no longer in the queue: Slurm forgets them some minutes after their end.
//!
//! Accounting is asked, then `scontrol`, then what was seen last. Only if Slurm itself denies
//! the job several times, over a while, and nothing tells how it ended, it is reported as
//! unknown. A question without an answer says nothing.

use std::time::Duration;

use jobbergate_types::SlurmJobState;
use tokio::time::Instant;

use super::{
    aggregate::{self, Summary},
    detailed::Detailed,
    followed::Followed,
    identity,
};
use crate::slurm::Slurm;

/// How often a vanished job is looked for.
const PAUSE: Duration = Duration::from_secs(5);
/// How often Slurm has to deny a job.
const DENIALS: u32 = 3;

/// Since when a job is missing in the queue, if it is.
#[derive(Debug, Default)]
pub struct Disappearance(Option<Missing>);

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
pub(super) enum Found {
    /// Something knows its state.
    State(Summary),
    /// Slurm says that there is no such job.
    Denied,
    /// It is known, and its state is not.
    Unsaid,
}

impl Disappearance {
    /// Whether it is time to look for the job.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let new = Missing { since: now, look_at: now, denials: 0 };
        let missing = self.0.get_or_insert(new);
        let due = now >= missing.look_at;
        if due {
            missing.look_at = now + PAUSE;
        }
        due
    }

    /// Whether a job that is denied once more is certainly unknown: for as long as `patience`.
    fn deny(&mut self, patience: Duration, now: Instant) -> bool {
        let Some(missing) = &mut self.0 else { return false };
        missing.denials += 1;
        missing.denials >= DENIALS && now.duration_since(missing.since) >= patience
    }

    /// The job is not denied now, which makes earlier denials doubtful.
    pub(super) fn doubt(&mut self, now: Instant) {
        if let Some(missing) = &mut self.0 {
            missing.since = now;
            missing.denials = 0;
        }
    }
}

/// Slurm denies the job: what was seen last counts if that was an end, also one that was waiting
/// for confirmation.
pub(super) fn conclude(job: &mut Followed, patience: Duration, now: Instant) -> Option<Summary> {
    let last = job.last_seen().cloned();
    let state = last.as_ref().map(|last| last.state);
    let (reason, worst) = last.map(|last| (last.reason, last.worst)).unwrap_or_default();
    if let Some(state) = state.filter(|state| state.is_terminal()).or(job.end.state()) {
        return Some(Summary { state, reason, worst });
    }
    if !job.disappearance.deny(patience, now) {
        return None;
    }
    let number = job.number()?;
    let last = state.map_or("never seen".to_owned(), |state| format!("last seen {state}"));
    let reason =
        format!("Slurm no longer knows job {number} ({last}) and nothing tells how it ended");
    Some(Summary { state: SlurmJobState::Unknown, reason: Some(reason), worst })
}

/// Asks accounting, then the controller. An error says why there is no answer.
pub(super) async fn find(
    slurm: &Slurm,
    job: &Followed,
    number: i64,
    details: &Detailed,
) -> Result<Found, String> {
    let (own, last) = (job.own(), job.last_seen());
    let worst = last.and_then(|last| last.worst);
    // Accounting that is broken must not hide what the controller knows.
    let accounted = slurm.sacct_job(number).await;
    let accounted = accounted.map(|all| all.map(|all| identity::accounted(own, last, all)));
    if let Ok(Some(records)) = &accounted
        && !records.is_empty()
    {
        let records: Vec<_> = records.iter().collect();
        return Ok(aggregate::records(&records, worst).map_or(Found::Unsaid, Found::State));
    }
    match details.ask(slurm).await.map_err(ToString::to_string)? {
        Some(details) if identity::is_described(own, details) => {
            let state = aggregate::states(&details.states);
            let reason = details.reason();
            let summary = state.map(|state| Summary { state, reason, worst });
            Ok(summary.map_or(Found::Unsaid, Found::State))
        }
        // Broken accounting might know.
        Some(_) | None => accounted.map(|_| Found::Denied).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[test]
    fn a_job_is_unknown_only_after_several_denials_over_a_while() {
        let begin = Instant::now();
        let mut gone = Disappearance::default();
        let deny = |gone: &mut Disappearance, second| {
            gone.deny(PATIENCE, begin + Duration::from_secs(second))
        };
        assert!(gone.is_due(begin));
        assert!(!gone.is_due(begin + Duration::from_secs(1)));
        for second in [0, 5, 10, 59] {
            assert!(!deny(&mut gone, second), "{second}");
        }
        assert!(deny(&mut gone, 60));
    }

    #[test]
    fn an_answer_in_between_begins_the_wait_anew() {
        let begin = Instant::now();
        let mut gone = Disappearance::default();
        gone.is_due(begin);
        gone.deny(PATIENCE, begin);
        gone.deny(PATIENCE, begin);
        gone.doubt(begin + Duration::from_secs(50));
        for second in [61, 62, 63] {
            assert!(!gone.deny(PATIENCE, begin + Duration::from_secs(second)), "{second}");
        }
        assert!(gone.deny(PATIENCE, begin + Duration::from_secs(110)));
    }
}
