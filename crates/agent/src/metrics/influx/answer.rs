//! What InfluxDB answers: one JSON document, or several of them in a row.

use std::collections::HashMap;

use serde::{Deserialize, de::IgnoredAny};

/// Values that have their tags in common.
#[derive(Debug, Deserialize)]
pub struct Series {
    /// The measurement.
    pub name: String,
    #[serde(default)]
    pub tags: HashMap<String, String>,
    values: Vec<(i64, Figure)>,
}

impl Series {
    /// Seconds and values; what is no number is left out.
    pub fn points(&self) -> impl Iterator<Item = (i64, f64)> {
        self.values.iter().filter_map(|(second, figure)| match figure {
            Figure::Number(number) => Some((*second, *number)),
            Figure::Other(_) => None,
        })
    }

    /// A tag's value; an absent one is empty, as InfluxDB has it.
    pub fn tag(&self, name: &str) -> &str {
        self.tags.get(name).map(String::as_str).unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Figure {
    Number(f64),
    Other(IgnoredAny),
}

#[derive(Deserialize)]
struct Document {
    #[serde(default)]
    results: Vec<Statement>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Statement {
    #[serde(default)]
    series: Vec<Series>,
    error: Option<String>,
}

/// The series of an answer, or why there are none in InfluxDB's words; nothing if this is no answer
/// of InfluxDB.
pub fn read(body: &[u8]) -> Option<Result<Vec<Series>, String>> {
    let (mut all, mut is_answer) = (Vec::new(), false);
    for document in serde_json::Deserializer::from_slice(body).into_iter::<Document>() {
        let document = document.ok()?;
        is_answer |= document.error.is_some() || !document.results.is_empty();
        let errors = document.results.iter().filter_map(|statement| statement.error.as_ref());
        if let Some(error) = document.error.as_ref().or(errors.into_iter().next()) {
            return Some(Err(error.clone()));
        }
        all.extend(document.results.into_iter().flat_map(|statement| statement.series));
    }
    is_answer.then_some(Ok(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_an_answer_belong_together() {
        let body = br#"{"results":[{"statement_id":0,"series":[{"name":"RSS","tags":{"host":"n1"},
            "columns":["time","value"],"values":[[1,2.5],[2,null],[3,"x"]],"partial":true}],
            "partial":true}]}
            {"results":[{"statement_id":0,"series":[{"name":"RSS","columns":["time","value"],
            "values":[[4,18446744073709551614]]}]}]}"#;
        let series = read(body).unwrap().unwrap();
        assert_eq!(series[0].points().collect::<Vec<_>>(), [(1, 2.5)]);
        assert_eq!((series[0].tag("host"), series[1].tag("host")), ("n1", ""));
        assert_eq!(series[1].points().next().unwrap().0, 4);
    }

    #[test]
    fn errors_are_influxdbs_own_and_strangers_are_known() {
        let refusal = |body: &str| read(body.as_bytes()).unwrap().unwrap_err();
        assert_eq!(refusal(r#"{"error":"authorization failed"}"#), "authorization failed");
        let missing = r#"{"results":[{"statement_id":0,"error":"database not found: x"}]}"#;
        assert_eq!(refusal(missing), "database not found: x");
        assert!(read(br#"{"results":[{"statement_id":0}]}"#).unwrap().unwrap().is_empty());
        for stranger in ["<html>Sign in</html>", "", "{}", "[1]", r#"{"detail":"Not Found"}"#] {
            assert!(read(stranger.as_bytes()).is_none(), "{stranger}");
        }
    }
}
