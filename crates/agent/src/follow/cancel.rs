//! When the job of a cancelled submission is cancelled.

use std::time::Duration;

use tokio::time::Instant;

/// How long a job may take to end before it is cancelled again.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a job was last cancelled: it is again and again until it has ended, because `scancel`
/// succeeds even if it does nothing.
#[derive(Debug, Default)]
pub struct Cancellation(Option<Instant>);

impl Cancellation {
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.0.is_none_or(|last| now.duration_since(last) >= PATIENCE)
    }

    pub(super) fn done(&mut self, now: Instant) {
        self.0 = Some(now);
    }
}
