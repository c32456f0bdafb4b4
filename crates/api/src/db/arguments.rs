//! What is bound to a statement's placeholders.

use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use sea_query::{Value, Values};
use sea_query_sqlx::SqlxValues;

/// The values of `$1`, `$2`, …
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments(pub Vec<Value>);

/// Lists what is bound to `$1`, `$2`, … in any types that the database knows.
#[macro_export]
macro_rules! args {
    ($($value:expr),* $(,)?) => {
        $crate::db::arguments::Arguments(vec![$(sea_query::Value::from($value)),*])
    };
}

impl From<Values> for Arguments {
    fn from(values: Values) -> Self {
        Self(values.0)
    }
}

impl Arguments {
    pub(super) fn for_postgres(self) -> SqlxValues {
        SqlxValues(Values(self.0))
    }

    /// SQLite has neither arrays, JSON nor instants: all become text.
    pub(super) fn for_sqlite(self) -> SqlxValues {
        SqlxValues(Values(self.0.into_iter().map(lower).collect()))
    }
}

fn lower(value: Value) -> Value {
    match value {
        Value::ChronoDateTimeUtc(instant) => Value::String(instant.map(instant_as_text)),
        Value::Json(json) => Value::String(json.map(|json| json.to_string())),
        Value::Array(..) => Value::String(array_as_text(value)),
        other => other,
    }
}

/// Fixed width, so that text order is time order.
fn instant_as_text(instant: DateTime<Utc>) -> String {
    instant.trunc_subsecs(6).to_rfc3339_opts(SecondsFormat::Micros, false)
}

fn array_as_text(value: Value) -> Option<String> {
    let Value::Array(_, Some(values)) = value else { return None };
    let items = values.into_iter().map(|value| match value {
        Value::Int(number) => number.into(),
        Value::BigInt(number) => number.into(),
        Value::String(text) => text.into(),
        _ => serde_json::Value::Null,
    });
    Some(items.collect::<serde_json::Value>().to_string())
}
