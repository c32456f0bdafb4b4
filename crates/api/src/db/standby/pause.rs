//! Reading from the primary for a moment, after a connection to the standby has failed.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// After which time a connection to the standby is tried again.
const LENGTH: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, Default)]
pub(super) struct Pause(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    until: Option<Instant>,
    /// What failed, as the log says.
    told: Option<String>,
}

impl Pause {
    pub(super) fn is_on(&self) -> bool {
        self.state().until.is_some_and(|until| Instant::now() < until)
    }

    pub(super) fn begin(&self, error: &sqlx::Error) {
        let mut state = self.state();
        state.until = Some(Instant::now() + LENGTH);
        let words = error.to_string();
        if state.told.as_ref() != Some(&words) {
            tracing::warn!(
                error = words,
                "a connection to the standby of DATABASE_READ_URL failed: reads go to the primary"
            );
            state.told = Some(words);
        }
    }

    /// Something was read.
    pub(super) fn is_over(&self) {
        if let Some(before) = self.state().told.take() {
            tracing::info!(before, "connections to the standby of DATABASE_READ_URL work again");
        }
    }

    /// Nothing is left half-changed by a panic.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
