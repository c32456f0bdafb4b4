//! The time, passed in so that tests are exact.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

#[derive(Debug, Clone, Default)]
pub enum Clock {
    #[default]
    System,
    /// A clock that stands still until it is moved.
    Manual(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands at `now`.
    pub fn manual(now: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(Mutex::new(now)))
    }

    /// The instant, in microseconds: what both databases can store.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now().trunc_subsecs(6),
            Self::Manual(now) => *now.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Moves a manual clock; the machine's goes by itself.
    pub fn advance(&self, by: TimeDelta) {
        if let Self::Manual(now) = self {
            *now.lock().unwrap_or_else(PoisonError::into_inner) += by;
        }
    }
}
