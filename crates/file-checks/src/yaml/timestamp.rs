//! Dates and times of YAML 1.1.

use std::sync::LazyLock;

use chrono::{NaiveDate, NaiveTime};
use regex::{Captures, Regex};

static TIMESTAMP: LazyLock<Regex> = LazyLock::new(|| {
    #[expect(clippy::unwrap_used, reason = "the pattern is a constant, which the tests compile")]
    Regex::new(
        r"(?x)^ (?<year> [0-9]{4} ) - (?<month> [0-9]{1,2} ) - (?<day> [0-9]{1,2} )
        (?: (?: [Tt] | [\x20\t]+ )
            (?<hour> [0-9]{1,2} ) : (?<minute> [0-9]{2} ) : (?<second> [0-9]{2} )
            (?: \. [0-9]* )?
            (?: [\x20\t]* (?: Z
                | [-+] (?<zone_hour> [0-9]{1,2} ) (?: : (?<zone_minute> [0-9]{2} ) )? ) )? )? \n? $",
    )
    .unwrap()
});

/// Whether the text names a day, or a moment, that exists.
pub(super) fn is_valid(text: &str) -> bool {
    TIMESTAMP.captures(text).is_some_and(|parts| exists(&parts))
}

fn exists(parts: &Captures<'_>) -> bool {
    let number = |name| parts.name(name).and_then(|part| part.as_str().parse::<u32>().ok());
    let part = |name| number(name).unwrap_or(0);
    let year = i32::try_from(part("year")).unwrap_or(0);
    let day = NaiveDate::from_ymd_opt(year, part("month"), part("day"));
    let time = NaiveTime::from_hms_opt(part("hour"), part("minute"), part("second"));
    let zone_minutes = part("zone_hour") * 60 + part("zone_minute");
    year >= 1 && day.is_some() && time.is_some() && zone_minutes < 24 * 60
}
