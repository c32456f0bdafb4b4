//! How long ago something was, for people.

use std::time::SystemTime;

use chrono::{DateTime, Utc};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// An instant, as it was from `now`; nothing if the text is none. What is longer ago than a month
/// is a date.
pub fn relative(text: &str, now: SystemTime) -> Option<String> {
    let instant = DateTime::parse_from_rfc3339(text).ok()?.to_utc();
    let seconds = (DateTime::<Utc>::from(now) - instant).num_seconds();
    let counted = |unit: i64, name: &str| {
        let count = seconds.abs() / unit;
        let ending = if count == 1 { "" } else { "s" };
        match seconds < 0 {
            true => format!("in {count} {name}{ending}"),
            false => format!("{count} {name}{ending} ago"),
        }
    };
    Some(match seconds.abs() {
        // Clocks differ a little.
        0..10 => "just now".to_owned(),
        10..MINUTE => counted(1, "second"),
        MINUTE..HOUR => counted(MINUTE, "minute"),
        HOUR..DAY => counted(HOUR, "hour"),
        length if length < 30 * DAY => counted(DAY, "day"),
        _ => instant.format("%Y-%m-%d").to_string(),
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn an_instant_is_told_as_people_tell_it() {
        let now = UNIX_EPOCH + Duration::from_secs(1_795_915_384);
        for (text, expected) in [
            ("2026-11-29T01:23:04.153253Z", "just now"),
            ("2026-11-29T01:23:08Z", "just now"),
            ("2026-11-29T01:22:30Z", "34 seconds ago"),
            ("2026-11-29T01:22:01+00:00", "1 minute ago"),
            ("2026-11-28T23:00:04Z", "2 hours ago"),
            ("2026-11-28T01:23:04Z", "1 day ago"),
            ("2026-11-29T02:23:04Z", "in 1 hour"),
            ("2026-01-02T01:23:04Z", "2026-01-02"),
        ] {
            assert_eq!(relative(text, now).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(relative("yesterday", now), None);
    }
}
