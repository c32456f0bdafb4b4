//! How long a job has been missing in the queue.

use std::time::Duration;

use tokio::time::Instant;

/// How often a vanished job is looked for.
const PAUSE: Duration = Duration::from_secs(5);
/// How often Slurm has to deny a job.
const DENIALS: u32 = 3;

/// Since when a job is missing in the queue, if it is.
#[derive(Debug, Default)]
pub struct Disappearance(Option<Box<Missing>>);

#[derive(Debug)]
struct Missing {
    since: Instant,
    look_at: Instant,
    denials: u32,
}

impl Disappearance {
    /// Whether the job was missing in the last look.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it is time to look for the job.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let new = || Box::new(Missing { since: now, look_at: now, denials: 0 });
        let missing = self.0.get_or_insert_with(new);
        let due = now >= missing.look_at;
        if due {
            missing.look_at = now + PAUSE;
        }
        due
    }

    /// Whether a job that is denied once more is certainly unknown: for as long as `patience`.
    pub(super) fn deny(&mut self, patience: Duration, now: Instant) -> bool {
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
