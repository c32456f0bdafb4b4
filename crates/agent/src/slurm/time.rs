//! Times in Slurm's words.

use chrono::{DateTime, Local, NaiveDateTime, Utc};

/// A time in this host's zone, which Slurm does not name.
pub(super) fn local_time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse::<NaiveDateTime>().ok()?.and_local_timezone(Local).latest()?.to_utc())
}
