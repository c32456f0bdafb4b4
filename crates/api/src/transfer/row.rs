//! A row as a line of JSON, and a line of JSON as a row.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_query::Value;
use serde_json::{Map, Value as Json};

use super::tables::{Column, Table};
use crate::db::Kind;

/// A row's values, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

pub(super) fn to_line(table: &Table, row: &Row) -> Result<Vec<u8>, String> {
    let cells = table.columns.iter().zip(row);
    let object: Result<Map<_, _>, String> = cells
        .map(|(column, value)| Ok((column.name.to_owned(), to_json(column, value)?)))
        .collect();
    let mut line = serde_json::to_vec(&object?).map_err(|error| error.to_string())?;
    line.push(b'\n');
    Ok(line)
}

fn to_json(column: &Column, value: &Value) -> Result<Json, String> {
    Ok(match value {
        Value::Int(value) => value.map_or(Json::Null, Json::from),
        Value::BigInt(value) => value.map_or(Json::Null, Json::from),
        Value::Bool(value) => value.map_or(Json::Null, Json::from),
        Value::Double(Some(value)) if !value.is_finite() => value.to_string().into(),
        Value::Double(value) => value.map_or(Json::Null, Json::from),
        Value::String(value) => value.clone().map_or(Json::Null, Json::from),
        Value::ChronoDateTimeUtc(value) => {
            value.map_or(Json::Null, |at| at.to_rfc3339_opts(SecondsFormat::Micros, true).into())
        }
        Value::Array(..) => {
            let texts = <Option<Vec<String>> as sea_query::ValueType>::try_from(value.clone());
            texts.map_err(|error| error.to_string())?.map_or(Json::Null, Json::from)
        }
        _ => return Err(format!("{} is of a kind that cannot be exported", column.name)),
    })
}

/// Reads a line; says what is wrong with it.
pub(super) fn from_line(table: &Table, line: &[u8]) -> Result<Row, String> {
    let object: Map<String, Json> =
        serde_json::from_slice(line).map_err(|error| format!("it is no JSON object: {error}"))?;
    let is_known = |name: &str| table.columns.iter().any(|column| column.name == name);
    if let Some(unknown) = object.keys().find(|name| !is_known(name)) {
        return Err(format!("{} has no column {unknown:?}", table.name));
    }
    let cells = table.columns.iter().map(|column| {
        let value = object.get(column.name).unwrap_or(&Json::Null);
        from_json(column, value).ok_or_else(|| wrong(column, object.get(column.name)))
    });
    cells.collect()
}

fn wrong(column: &Column, value: Option<&Json>) -> String {
    let expected = match column.kind {
        Kind::Integer => "an integer of 32 bits",
        Kind::BigInteger => "an integer of 64 bits",
        Kind::Real => "a number",
        Kind::Boolean => "true or false",
        Kind::Text => "a text",
        Kind::Json => "a text that is JSON",
        Kind::Texts => "a list of texts",
        Kind::Instant => "an instant such as 2026-01-01T00:00:00.000000Z",
    };
    match value {
        Some(_) => format!("{} is not {expected}", column.name),
        None => format!("{} is missing", column.name),
    }
}

/// `None` if it is not of the column's kind.
fn from_json(column: &Column, value: &Json) -> Option<Value> {
    if value.is_null() {
        return column.nullable.then(|| null(column.kind));
    }
    Some(match column.kind {
        Kind::Integer => i32::try_from(value.as_i64()?).ok()?.into(),
        Kind::BigInteger => value.as_i64()?.into(),
        Kind::Real => real(value)?.into(),
        Kind::Boolean => value.as_bool()?.into(),
        Kind::Text => value.as_str()?.into(),
        Kind::Json => {
            let text = value.as_str()?;
            serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
            text.into()
        }
        Kind::Texts => {
            let texts = value.as_array()?.iter();
            texts.map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()?.into()
        }
        Kind::Instant => {
            DateTime::parse_from_rfc3339(value.as_str()?).ok()?.with_timezone(&Utc).into()
        }
    })
}

fn null(kind: Kind) -> Value {
    match kind {
        Kind::Integer => None::<i32>.into(),
        Kind::BigInteger => None::<i64>.into(),
        Kind::Real => None::<f64>.into(),
        Kind::Boolean => None::<bool>.into(),
        Kind::Text | Kind::Json => None::<String>.into(),
        Kind::Texts => None::<Vec<String>>.into(),
        Kind::Instant => None::<DateTime<Utc>>.into(),
    }
}

/// JSON has no numbers for what is not finite.
fn real(value: &Json) -> Option<f64> {
    match value {
        Json::String(word) => word.parse().ok().filter(|number: &f64| !number.is_finite()),
        number => number.as_f64(),
    }
}
