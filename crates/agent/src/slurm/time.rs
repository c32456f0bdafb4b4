//! Times in Slurm's words.

use chrono::{DateTime, Local, NaiveDateTime, Utc};

/// A time in this host's zone, which Slurm does not name.
pub(super) fn local_time(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse::<NaiveDateTime>().ok()?.and_local_timezone(Local).latest()?.to_utc())
}

/// A length of time in whole minutes, rounded up: `2-12:00:00`, `00:30:00`, `30:00` or `30`; none if
/// it has no end.
pub(super) fn minutes(text: &str) -> Option<u64> {
    let (days, clock) = match text.split_once('-') {
        Some((days, clock)) => (days.parse::<u64>().ok()?, clock),
        None => (0, text),
    };
    let parts: Option<Vec<u64>> = clock.split(':').map(|part| part.parse().ok()).collect();
    let seconds = match parts?.as_slice() {
        [hours, minutes, seconds] => (hours * 60 + minutes) * 60 + seconds,
        [hours, minutes] if text.contains('-') => (hours * 60 + minutes) * 60,
        [minutes, seconds] => minutes * 60 + seconds,
        [hours] if text.contains('-') => hours * 3600,
        [minutes] => minutes * 60,
        _ => return None,
    };
    Some(days.saturating_mul(24 * 60).saturating_add(seconds.div_ceil(60)))
}

#[cfg(test)]
mod tests {
    use super::minutes;

    #[test]
    fn lengths_of_time_are_read_in_all_of_slurms_forms() {
        for (text, read) in [
            ("00:30:00", Some(30)),
            ("2-12:00:30", Some(3601)),
            ("1-00:00:00", Some(1440)),
            ("30:00", Some(30)),
            ("90", Some(90)),
            ("1-06", Some(1800)),
            ("1-06:30", Some(1830)),
            ("UNLIMITED", None),
            ("INFINITE", None),
            ("", None),
        ] {
            assert_eq!(minutes(text), read, "{text}");
        }
    }
}
