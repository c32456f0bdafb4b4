//! Instants, from all that pydantic takes for one: RFC 3339, the same without a zone, a day, and
//! seconds or milliseconds since 1970. What names no zone is UTC.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};

use super::{Place, Problems};

/// Greater numbers are milliseconds.
const LARGEST_SECONDS: f64 = 2e10;
const OTHER_YEARS: &str = "only the years from 1 to 9999 are supported";

type Parsed = Result<DateTime<Utc>, &'static str>;

pub(super) fn instant(value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    let parsed = match value {
        Value::String(text) => parse(text),
        Value::Number(number) => from_number(number.as_f64().unwrap_or(f64::INFINITY)),
        _ => {
            problems.add(place, "datetime_type", "Input should be a valid datetime", value);
            return None;
        }
    };
    match parsed {
        Ok(instant) => Some(instant.to_rfc3339_opts(SecondsFormat::Micros, true).into()),
        Err(error) => {
            let msg = format!("Input should be a valid datetime or date, {error}");
            let ctx = Map::from_iter([("error".to_owned(), json!(error))]);
            problems.add_with(place, "datetime_from_date_parsing", msg, value, ctx);
            None
        }
    }
}

fn parse(text: &str) -> Parsed {
    let text = text.trim();
    let numeric = |c: char| c.is_ascii_digit() || matches!(c, '.' | '+' | '-');
    if text.chars().all(numeric)
        && let Ok(number) = text.parse()
    {
        return from_number(number);
    }
    if text.len() < 10 {
        return Err("input is too short");
    }
    let (day, rest) = text.split_at_checked(10).ok_or("invalid character in year")?;
    if !is_like(day, "0000-00-00") {
        return Err("it should begin with a day, as 2026-01-31");
    }
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").map_err(|_| "there is no such day")?;
    let (time, offset) = match rest.split_at_checked(1) {
        None => (NaiveTime::MIN, TimeDelta::zero()),
        Some(("T" | "t" | "_" | " ", rest)) => {
            let (time, offset) = zone(rest)?;
            (self::time(time)?, offset)
        }
        Some(_) => {
            return Err("invalid datetime separator, expected `T`, `t`, `_` or space");
        }
    };
    within_years((day.and_time(time) - offset).and_utc())
}

fn from_number(number: f64) -> Parsed {
    let seconds = if number.abs() > LARGEST_SECONDS { number / 1e3 } else { number };
    #[expect(clippy::cast_possible_truncation, reason = "what is beyond all years saturates")]
    let micros = (seconds * 1e6).round() as i64;
    DateTime::from_timestamp_micros(micros).ok_or(OTHER_YEARS).and_then(within_years)
}

/// What both databases can store.
fn within_years(instant: DateTime<Utc>) -> Parsed {
    if (1..=9999).contains(&instant.year()) { Ok(instant) } else { Err(OTHER_YEARS) }
}

/// The time of day, and how far its zone is ahead of UTC.
fn zone(text: &str) -> Result<(&str, TimeDelta), &'static str> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Ok((time, TimeDelta::zero()));
    }
    let Some(sign) = text.find(['+', '-']) else { return Ok((text, TimeDelta::zero())) };
    let (time, offset) = text.split_at(sign);
    let digits = offset[1..].replacen(':', "", 1);
    if !is_like(&digits, "0000") {
        return Err("the time zone should be Z or as +01:30");
    }
    let number = |text: &str| text.parse::<i64>().unwrap_or_default();
    let (hours, minutes) = (number(&digits[..2]), number(&digits[2..]));
    if hours > 23 || minutes > 59 {
        return Err("the time zone should be less than a day away");
    }
    let ahead = TimeDelta::minutes(hours * 60 + minutes);
    Ok((time, if offset.starts_with('-') { -ahead } else { ahead }))
}

fn time(text: &str) -> Result<NaiveTime, &'static str> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let digits = !fraction.is_empty() && fraction.chars().all(|c| c.is_ascii_digit());
    let with_seconds = is_like(whole, "00:00:00");
    if !(with_seconds || is_like(whole, "00:00")) || !digits || fraction.len() > 9 {
        return Err("the time of day should be as 12:30:00 or 12:30:00.5");
    }
    let pattern = if with_seconds { "%H:%M:%S" } else { "%H:%M" };
    let time = NaiveTime::parse_from_str(whole, pattern);
    let time = time.ok().filter(|_| !whole.ends_with(":60") || !with_seconds);
    let nanoseconds = format!("{fraction:0<9}").parse().unwrap_or_default();
    time.map(|time| time + TimeDelta::nanoseconds(nanoseconds))
        .ok_or("there is no such time of day")
}

/// Whether the text has a digit for each digit of `model` and is the same elsewhere.
fn is_like(text: &str, model: &str) -> bool {
    text.len() == model.len()
        && text.bytes().zip(model.bytes()).all(|(found, like)| match like {
            b'0' => found.is_ascii_digit(),
            _ => found == like,
        })
}

#[cfg(test)]
mod tests {
    use super::parse;

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(instant) => instant.to_rfc3339(),
            Err(error) => error.to_owned(),
        }
    }

    #[test]
    fn instants_are_read_in_every_form_that_names_one() {
        let noon = "2023-11-14T12:30:00+00:00";
        for text in [
            "2023-11-14T12:30:00Z",
            "2023-11-14t12:30z",
            "2023-11-14 12:30:00",
            "2023-11-14_12:30",
            "2023-11-14T14:00:00+01:30",
            "2023-11-14T11:00:00.000-0130",
            "1699965000",
            "1699965000.0",
            "1699965000000",
            " 1699965000 ",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read("2023-11-14"), "2023-11-14T00:00:00+00:00");
        assert_eq!(read("2023-11-14T12:30:00.25"), "2023-11-14T12:30:00.250+00:00");
        assert_eq!(read("-1"), "1969-12-31T23:59:59+00:00");
    }

    #[test]
    fn what_names_no_instant_is_told_why() {
        assert_eq!(read("zzz"), "input is too short");
        assert_eq!(read("2023-02-30"), "there is no such day");
        assert_eq!(
            read("2023-11-14x12:30"),
            "invalid datetime separator, expected `T`, `t`, `_` or space"
        );
        for text in ["2023-11-14T25:00", "2023-11-14T12:00:60", "2023-11-14T23:59:61Z"] {
            assert_eq!(read(text), "there is no such time of day", "{text}");
        }
        for text in ["2023-11-14T", "2023-11-14T1:00", "2023-11-14T12:00:00.", "2023-11-14T12"] {
            assert!(read(text).starts_with("the time of day should be"), "{text}");
        }
        for text in ["2023-11-14T12:00+1", "2023-11-14T12:00+aa:bb", "2023-11-14T12:00+24:00"] {
            assert!(read(text).starts_with("the time zone should be"), "{text}");
        }
        for text in
            ["99999999999999999999", "253402300800000", "0000-01-01", "9999-12-31T23:00-02:00"]
        {
            assert_eq!(read(text), super::OTHER_YEARS, "{text}");
        }
        for text in [
            "",
            "today is fine",
            "2023/11/14",
            "é023-11-14",
            "+2023-11-1",
            "nan",
            "infinity",
            "1e999999999",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
