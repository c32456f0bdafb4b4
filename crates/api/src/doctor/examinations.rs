//! What was found last: whoever asks at the same time, or soon after, is told the same.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_doctor::Finding;
use tokio::sync::Mutex;

use super::examine;
use crate::{clock::Clock, config::ServeConfig};

/// What all checks found, at one time.
#[derive(Debug)]
pub struct Examination {
    pub at: DateTime<Utc>,
    pub findings: Vec<Finding>,
}

impl Examination {
    /// How many checks failed.
    pub fn failed(&self) -> usize {
        self.findings.iter().filter(|finding| finding.outcome.is_err()).count()
    }
}

#[derive(Debug, Default)]
pub struct Examinations {
    last: Mutex<Option<Arc<Examination>>>,
}

impl Examinations {
    /// What was found no longer ago than this; else all checks are made now.
    pub async fn recent(
        &self,
        config: &ServeConfig,
        clock: &Clock,
        age: TimeDelta,
    ) -> Arc<Examination> {
        let mut last = self.last.lock().await;
        let recent = last.as_ref().filter(|found| clock.now() - found.at < age);
        if let Some(recent) = recent {
            return Arc::clone(recent);
        }
        let findings = examine(config, clock).await;
        let found = Arc::new(Examination { at: clock.now(), findings });
        *last = Some(Arc::clone(&found));
        found
    }
}
