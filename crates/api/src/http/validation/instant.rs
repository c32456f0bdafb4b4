//! Instants, read as pydantic reads them and with the library that it uses: RFC 3339, the same
//! without a zone, a day, and seconds or milliseconds since 1970. What names no zone is UTC.

use chrono::{Datelike, SecondsFormat, Utc};
use serde_json::{Map, Number, Value, json};
use speedate::{
    Date, DateTime, DateTimeConfig, MicrosecondsPrecisionOverflowBehavior, ParseError, Time,
    TimeConfig,
};
use strum::EnumMessage;

use super::{Place, Problems};

const MIDNIGHT: Time = Time { hour: 0, minute: 0, second: 0, microsecond: 0, tz_offset: None };
const FROM_TEXT: &str = "Input should be a valid datetime or date";
const OTHERWISE: &str = "Input should be a valid datetime";

/// Why a value is no instant, with the type and the message's beginning that pydantic gives it.
type Refusal = (&'static str, &'static str, Option<&'static str>);

pub(super) fn instant(value: &Value, place: &Place, problems: &mut Problems) -> Option<Value> {
    match read(value) {
        Ok(instant) => Some(instant.to_rfc3339_opts(SecondsFormat::Micros, true).into()),
        Err((kind, msg, None)) => {
            problems.add(place, kind, msg, value);
            None
        }
        Err((kind, msg, Some(error))) => {
            let ctx = Map::from_iter([("error".to_owned(), json!(error))]);
            problems.add_with(place, kind, format!("{msg}, {error}"), value, ctx);
            None
        }
    }
}

fn read(value: &Value) -> Result<chrono::DateTime<Utc>, Refusal> {
    let parsed = match value {
        Value::String(text) => from_text(text).map_err(|error| {
            ("datetime_from_date_parsing", FROM_TEXT, error.get_documentation())
        })?,
        Value::Number(number) => from_number(number)
            .map_err(|error| ("datetime_parsing", OTHERWISE, error.get_documentation()))?,
        _ => return Err(("datetime_type", OTHERWISE, None)),
    };
    in_utc(&parsed).map_err(|error| ("datetime_parsing", OTHERWISE, Some(error)))
}

fn from_text(text: &str) -> Result<DateTime, ParseError> {
    DateTime::parse_str_with_config(text, &config())
        .or_else(|_| Date::parse_str(text).map(|date| DateTime { date, time: MIDNIGHT }))
}

fn from_number(number: &Number) -> Result<DateTime, ParseError> {
    match number.as_i64() {
        Some(whole) => DateTime::from_timestamp_with_config(whole, 0, &config()),
        None => DateTime::from_float_with_config(number.as_f64().unwrap_or_default(), &config()),
    }
}

fn config() -> DateTimeConfig {
    let time_config = TimeConfig {
        microseconds_precision_overflow_behavior: MicrosecondsPrecisionOverflowBehavior::Truncate,
        unix_timestamp_offset: None,
    };
    DateTimeConfig { time_config, ..DateTimeConfig::default() }
}

/// Within the years that Python knows, and both databases can store.
fn in_utc(parsed: &DateTime) -> Result<chrono::DateTime<Utc>, &'static str> {
    if parsed.date.year == 0 {
        return Err("year 0 is out of range");
    }
    let nanoseconds = parsed.time.microsecond * 1000;
    chrono::DateTime::from_timestamp(parsed.timestamp_tz(), nanoseconds)
        .filter(|instant| (1..=9999).contains(&instant.year()))
        .ok_or("only the years from 1 to 9999 are supported")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Problems, instant};

    /// The instant, or what pydantic says in place of one.
    fn read(value: impl Into<Value>) -> String {
        let mut problems = Problems::default();
        match instant(&value.into(), &Vec::new(), &mut problems) {
            Some(instant) => instant.as_str().unwrap().to_owned(),
            None => problems.0.remove(0).msg,
        }
    }

    #[test]
    fn instants_are_read_in_every_form_that_names_one() {
        let noon = "2023-11-14T12:30:00.000000Z";
        for text in [
            "2023-11-14T12:30:00Z",
            "2023-11-14t12:30z",
            "2023-11-14 12:30:00",
            "2023-11-14_12:30",
            "2023-11-14T14:00:00+01:30",
            "2023-11-14T11:00:00.000-0130",
            "2023-11-14T11:30:00\u{2212}01:00",
            "1699965000",
            "1699965000.0",
            "1699965000000",
            "+1699965000",
        ] {
            assert_eq!(read(text), noon, "{text}");
        }
        assert_eq!(read(1_699_965_000), noon);
        assert_eq!(read(1_699_965_000_000.0), noon);
        assert_eq!(read("2023-11-14"), "2023-11-14T00:00:00.000000Z");
        assert_eq!(read("2023-11-14T12:30:00.25"), "2023-11-14T12:30:00.250000Z");
        assert_eq!(read("2023-11-14T12:30:00,1234567890"), "2023-11-14T12:30:00.123456Z");
        assert_eq!(read("-1"), "1969-12-31T23:59:59.000000Z");
        assert_eq!(read("-0.5"), "1969-12-31T23:59:59.500000Z");
        assert_eq!(read("20000000000"), "2603-10-11T11:33:20.000000Z");
        assert_eq!(read("20000000001"), "1970-08-20T11:33:20.001000Z");
        assert_eq!(read("20231114"), "1970-08-23T03:45:14.000000Z");
    }

    #[test]
    fn what_names_no_instant_is_told_why() {
        let refusals = [
            ("input is too short", &["", "zzz", "nan", "infinity", "1e5", "2023-11", "  "][..]),
            (
                "invalid character in year",
                &["today is fine", "\u{e9}023-11-14", "+2023-11-1", "1e999999999", " 1699965000 "],
            ),
            (
                "invalid date separator, expected `-`",
                &["2023/11/14", "99999999999999999999", "20231114T123000Z"],
            ),
            ("invalid character in month", &["2023-W46-2"]),
            ("month value is outside expected range of 1-12", &["2023-13-01"]),
            ("day value is outside expected range", &["2023-02-30", "2023-01-00"]),
            (
                "unexpected extra characters at the end of the input",
                &[
                    "2023-11-14x12:30",
                    "2023-11-14T",
                    "2023-11-14T1:00",
                    "2023-11-14T12",
                    "2023-11-14T25:00",
                    "2023-11-14T12:00:60",
                    "2023-11-14T12:00:00.",
                    "2023-11-14T23:59:61Z",
                    "2023-11-14T12:00+1",
                    "2023-11-14T12:00+aa:bb",
                    "2023-11-14T12:00+24:00",
                    "2023-11-14T22:00:00 01:00",
                    "2023-11-14T22:00:00Zjunk",
                ],
            ),
            ("dates after 9999 are not supported as unix timestamps", &["253402300800000"]),
            ("dates before 0000 are not supported as unix timestamps", &["-62167219200001"]),
        ];
        for (error, texts) in refusals {
            for text in texts {
                let expected = format!("Input should be a valid datetime or date, {error}");
                assert_eq!(read(*text), expected, "{text}");
            }
        }
        for text in ["0000-01-01", "0000-01-01T00:00", "-62167219200000"] {
            let expected = "Input should be a valid datetime, year 0 is out of range";
            assert_eq!(read(text), expected, "{text}");
        }
        for text in ["9999-12-31T23:00-02:00", "0001-01-01T00:00+02:00"] {
            assert!(read(text).ends_with("only the years from 1 to 9999 are supported"), "{text}");
        }
        assert_eq!(
            read(1e30),
            "Input should be a valid datetime, dates after 9999 are not supported as unix timestamps"
        );
        for other in [json!(true), json!(null), json!([]), json!({})] {
            assert_eq!(read(other), "Input should be a valid datetime");
        }
    }
}
