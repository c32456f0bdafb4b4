//! Instants as the API writes them.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// An instant in UTC, written as RFC 3339 with a `Z` and six digits of a second, or none at
/// all when they would be zero (as Python's `isoformat` does).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Timestamp(pub DateTime<Utc>);

impl From<DateTime<Utc>> for Timestamp {
    fn from(instant: DateTime<Utc>) -> Self {
        Self(instant)
    }
}

impl Timestamp {
    fn text(self) -> String {
        let precision = match self.0.nanosecond() / 1_000 {
            0 => SecondsFormat::Secs,
            _ => SecondsFormat::Micros,
        };
        self.0.to_rfc3339_opts(precision, true)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl JsonSchema for Timestamp {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time"})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        serde_json::from_str::<Timestamp>(&format!("\"{text}\"")).unwrap().to_string()
    }

    #[test]
    fn a_fraction_is_six_digits_or_absent() {
        assert_eq!(written("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z");
        assert_eq!(written("2026-01-02T03:04:05.5Z"), "2026-01-02T03:04:05.500000Z");
        assert_eq!(written("2026-01-02T03:04:05.000001+01:00"), "2026-01-02T02:04:05.000001Z");
    }
}
