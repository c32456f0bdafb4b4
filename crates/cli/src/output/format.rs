//! Results for programs: JSON, YAML and CSV.

use clap::ValueEnum;
use serde_json::{Map, Value};

use crate::failure::{Failure, Result};

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Tables and panels, for people
    Table,
    /// JSON
    Json,
    /// YAML
    Yaml,
    /// Comma-separated values below a line of names
    Csv,
}

/// A value of any kind as JSON, over several lines.
///
/// # Errors
/// When it can't be written so.
pub fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string_pretty(value).map_err(failed)
}

/// The same as YAML, in the order that it has.
///
/// # Errors
/// The same.
pub fn yaml(value: &Value) -> Result<String> {
    jobbergate_yaml::write_as_it_is(value).map_err(failed)
}

/// Rows as CSV (RFC 4180, but lines end as they do on Unix): nothing for null, and JSON for what
/// is no scalar.
///
/// # Errors
/// The same.
pub fn csv(columns: &[String], rows: &[Map<String, Value>]) -> Result<String> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).map_err(failed)?;
    for row in rows {
        let cells = columns.iter().map(|column| match row.get(column) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        });
        writer.write_record(cells).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(failed)?;
    String::from_utf8(bytes).map_err(failed)
}

fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::new("Output failed", error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_cell_of_csv_is_bare_or_in_quotes_or_json() {
        let row =
            json!({"id": 7, "name": "a,\"b\"\nc", "none": null, "list": ["x", 1], "ok": true});
        let columns = ["id", "name", "none", "list", "ok"].map(str::to_owned);
        let written = csv(&columns, &[row.as_object().unwrap().clone()]).unwrap();
        let expected = "id,name,none,list,ok\n7,\"a,\"\"b\"\"\nc\",,\"[\"\"x\"\",1]\",true\n";
        assert_eq!(written, expected);
        assert_eq!(csv(&columns, &[]).unwrap(), "id,name,none,list,ok\n");
    }

    #[test]
    fn yaml_keeps_the_order_and_the_kinds() {
        let value = json!([{"b": "yes", "a": 1, "at": "2026-11-29T01:23:04Z", "none": null}]);
        let expected = "- b: 'yes'\n  a: 1\n  at: '2026-11-29T01:23:04Z'\n  none: null\n";
        assert_eq!(yaml(&value).unwrap(), expected);
    }
}
