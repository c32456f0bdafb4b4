//! How a job waits and how its tasks stand, and what the server was told of it.

use std::time::Duration;

use jobbergate_types::job_submissions::JobOutlook;
use tokio::time::Instant;

/// How long a start that is expected at another time than before is not told: with every look of the
/// scheduler it is another one.
pub(super) const PAUSE: Duration = Duration::from_secs(30);

/// A job's outlook now, and what the server was told of it.
#[derive(Debug, Default)]
pub struct Outlook {
    pub(super) now: JobOutlook,
    told: Option<JobOutlook>,
    tried_at: Option<Instant>,
}

impl Outlook {
    /// The server knows what it was.
    pub(super) fn told(&mut self, outlook: JobOutlook) {
        self.told = Some(outlook);
    }

    /// Whether it is to be told; `first` is what the server was told in the beginning.
    pub(super) fn is_due(&self, first: &JobOutlook, now: Instant) -> bool {
        let told = self.told.as_ref().unwrap_or(first);
        let moved =
            JobOutlook { slurm_expected_start: told.slurm_expected_start, ..self.now.clone() };
        let rested = || self.tried_at.is_none_or(|last| now.duration_since(last) >= PAUSE);
        self.now != *told && (moved != *told || rested())
    }

    /// Telling it is tried now.
    pub(super) fn try_at(&mut self, now: Instant) {
        self.tried_at = Some(now);
    }

    pub(super) fn tried_at(&self) -> Option<Instant> {
        self.tried_at
    }
}
