//! Things that are worth a line in the log now and then, but not at each request.

use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// How long nothing is said of the same thing.
const PAUSE: TimeDelta = TimeDelta::minutes(1);

/// Something that may happen at each request.
#[derive(Debug, Default)]
pub(super) struct Occasion(Mutex<Option<DateTime<Utc>>>);

impl Occasion {
    /// Whether it is time to say so; then it was said.
    pub(super) fn is_due(&self, now: DateTime<Utc>) -> bool {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The clock may have been set back.
        let due = said.is_none_or(|said| (now - said).abs() >= PAUSE);
        if due {
            *said = Some(now);
        }
        due
    }

    /// It is over, and worth a line when it happens again. Whether it was said.
    pub(super) fn end(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_said_once_a_minute_and_anew_after_it_was_over() {
        let (occasion, start) = (Occasion::default(), DateTime::UNIX_EPOCH);
        assert!(!occasion.end());
        for (seconds, due) in [(0, true), (0, false), (59, false), (60, true), (61, false)] {
            assert_eq!(occasion.is_due(start + TimeDelta::seconds(seconds)), due, "{seconds}");
        }
        assert!(occasion.end());
        assert!(occasion.is_due(start + TimeDelta::seconds(62)));
    }
}
