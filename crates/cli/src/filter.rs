//! Which rows of a list are shown: `--filter field=value`.

use std::str::FromStr;

use serde_json::{Map, Value};

use crate::{
    failure::Result,
    output::{known, python, resource::Resource},
};

/// What a field of a row must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    field: String,
    comparison: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Different,
    Contains,
}

impl FromStr for Filter {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let at = text.find(['=', '~', '!']).unwrap_or(text.len());
        let (field, rest) = text.split_at(at);
        let comparisons =
            [("!=", Comparison::Different), ("=", Comparison::Equal), ("~", Comparison::Contains)];
        let found = comparisons
            .iter()
            .find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)));
        match found {
            Some((comparison, value)) if !field.trim().is_empty() => {
                let (field, value) = (field.trim().to_owned(), value.to_owned());
                Ok(Self { field, comparison, value })
            }
            _ => Err("it must be FIELD=VALUE, FIELD!=VALUE or FIELD~PART".to_owned()),
        }
    }
}

impl Filter {
    /// Whether the resource has such a field.
    ///
    /// # Errors
    /// When it has none, and which it has.
    pub fn check(&self, resource: &Resource) -> Result<()> {
        known(&self.field, "--filter", &[resource])
    }

    /// Whether a row passes: by the text that a table shows, or JSON's. Letters may be large or
    /// small in a part.
    pub fn passes(&self, resource: &Resource, row: &Map<String, Value>) -> bool {
        let value = resource.value(row, &self.field).unwrap_or(&Value::Null);
        let (shown, json) = (python::text(value), value.to_string());
        let is_equal = || shown == self.value || json == self.value;
        match self.comparison {
            Comparison::Equal => is_equal(),
            Comparison::Different => !is_equal(),
            Comparison::Contains => shown.to_lowercase().contains(&self.value.to_lowercase()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::output::resource::JOB_SUBMISSION;

    #[test]
    fn a_row_passes_by_what_is_shown_of_it() {
        let row = json!({"job_submission_id": 7, "name": "Run=1", "slurm_job_id": null,
            "is_archived": false, "status": "DONE"});
        let row = row.as_object().unwrap();
        let passes = |text: &str| text.parse::<Filter>().unwrap().passes(&JOB_SUBMISSION, row);
        for text in [
            "status=DONE",
            "status!=REJECTED",
            "name=Run=1",
            "name~run",
            "id=7",
            "slurm_job_id=None",
            "slurm_job_id=null",
            "is_archived=false",
            "is_archived=False",
        ] {
            assert!(passes(text), "{text}");
        }
        for text in ["status=done", "name=run", "name~x", "status!=DONE", "slurm_job_id="] {
            assert!(!passes(text), "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in ["", "status", "=x", "~x", "status!x", "!=x"] {
            assert!(text.parse::<Filter>().is_err(), "{text}");
        }
        assert!("nope=1".parse::<Filter>().unwrap().check(&JOB_SUBMISSION).is_err());
    }
}
