//! Longer and longer pauses while something does not work.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

pub const LONGEST: Duration = Duration::from_secs(30);

/// Pauses that begin at a second, double up to [`LONGEST`], and are spread so that many agents
/// do not come back at once.
#[derive(Debug)]
pub struct Backoff(ExponentialBackoff);

impl Backoff {
    /// Pauses whose spread is decided by `seed`.
    pub fn new(seed: u64) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(Duration::from_secs(1))
            .with_max_delay(LONGEST / 2)
            .with_jitter()
            .with_jitter_seed(seed)
            .without_max_times();
        Self(pauses.build())
    }

    pub fn pause(&mut self) -> Duration {
        self.0.next().unwrap_or(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_have_an_end() {
        let mut backoff = Backoff::new(1);
        let pauses: Vec<Duration> = (0..20).map(|_| backoff.pause()).collect();
        assert!(pauses[0] < Duration::from_secs(2));
        assert!(pauses[19] >= LONGEST / 2 && pauses[19] <= LONGEST);
    }

    #[test]
    fn two_agents_do_not_come_back_at_once() {
        assert_ne!(Backoff::new(1).pause(), Backoff::new(2).pause());
    }
}
