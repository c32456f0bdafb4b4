//! How a job waits and how its tasks stand, and what the server was told of it.

use std::{sync::Arc, time::Duration};

use jobbergate_types::job_submissions::JobOutlook;
use tokio::time::Instant;

/// How long a start that is expected at another time than before is not told: with every look of the
/// scheduler it is another one.
pub(super) const PAUSE: Duration = Duration::from_secs(30);

/// What is said of most jobs that run.
const NOTHING: &JobOutlook =
    &JobOutlook { slurm_pending_reason: None, slurm_expected_start: None, slurm_task_counts: None };

/// A job's outlook now, and what the server was told of it: mostly the same, which is kept once.
#[derive(Debug, Default)]
pub struct Outlook {
    now: Option<Arc<JobOutlook>>,
    told: Option<Option<Arc<JobOutlook>>>,
    tried_at: Option<Instant>,
}

impl Outlook {
    pub(super) fn now(&self) -> &JobOutlook {
        self.now.as_deref().unwrap_or(NOTHING)
    }

    /// This is seen of it now.
    pub(super) fn see(&mut self, now: JobOutlook) {
        if now != *self.now() {
            self.now = (now != *NOTHING).then(|| Arc::new(now));
        }
    }

    /// The server knows what it was.
    pub(super) fn told(&mut self, outlook: JobOutlook) {
        let told = if outlook == *self.now() { self.now.clone() } else { Some(outlook.into()) };
        self.told = Some(told);
    }

    /// Whether it is to be told; `first` is what the server was told in the beginning.
    pub(super) fn is_due(&self, first: &JobOutlook, now: Instant) -> bool {
        let told = self.told.as_ref().map_or(first, |told| told.as_deref().unwrap_or(NOTHING));
        let start = told.slurm_expected_start;
        let moved = || JobOutlook { slurm_expected_start: start, ..self.now().clone() };
        let rested = || self.tried_at.is_none_or(|last| now.duration_since(last) >= PAUSE);
        self.now() != told && (moved() != *told || rested())
    }

    /// Telling it is tried now.
    pub(super) fn try_at(&mut self, now: Instant) {
        self.tried_at = Some(now);
    }

    pub(super) fn tried_at(&self) -> Option<Instant> {
        self.tried_at
    }
}
