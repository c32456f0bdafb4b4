//! From questions to the parameters of a template.

use std::{fs, path::PathBuf};

use clap::Args;
use jobbergate_questions::derive::from_variables;
use serde_json::{Map, Value};

use crate::{
    application::config::Config,
    commands::Session,
    failure::{Failure, Result},
    questions,
};

const INVALID_FILE: &str = "Invalid parameter file";
/// A parameter that is the script's name.
const SCRIPT_NAME: &str = "job_script_name";

/// Where answers come from.
#[derive(Debug, Args)]
pub struct Parameters {
    /// A file with a JSON object of answers, which are not asked for then
    #[arg(long, value_name = "PATH")]
    param_file: Option<PathBuf>,
    /// Take the defaults without asking
    #[arg(long, short)]
    fast: bool,
    /// Don't run the application's workflow file; ask for the variables of its templates instead
    #[arg(long)]
    no_workflow: bool,
    /// A JSON object of answers
    #[arg(long, hide = true, value_name = "JSON")]
    param_dict: Option<String>,
}

impl Parameters {
    /// Whether defaults are to be taken.
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// What was answered beforehand.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn supplied(&self) -> Result<Map<String, Value>> {
        let mut supplied = match &self.param_file {
            Some(path) => {
                let text = fs::read_to_string(path)
                    .map_err(|error| Failure::file(INVALID_FILE, path.display(), &error))?;
                object(&text).map_err(|problem| {
                    Failure::new(INVALID_FILE, format!("{}: {problem}", path.display()))
                })?
            }
            None => Map::new(),
        };
        if let Some(text) = &self.param_dict {
            let more = object(text)
                .map_err(|problem| Failure::Usage(format!("--param-dict: {problem}")))?;
            supplied.extend(more);
        }
        Ok(supplied)
    }

    /// Refuses to go on if only Python knows what to ask.
    ///
    /// # Errors
    /// If so.
    pub fn check_workflow(&self, application: &str, has_workflow: bool) -> Result<()> {
        if !has_workflow || self.no_workflow {
            return Ok(());
        }
        Err(Failure::new(
            "Workflow needs Python",
            format!(
                "The application {application} asks its questions with a workflow file \
                 (jobbergate.py), which is run by Python and not by this version -- Please use the \
                 Python command line for it, or skip the workflow with --no-workflow: then the \
                 variables of its templates are asked for, or taken from --param-file"
            ),
        ))
    }

    /// All parameters: those of both sections, then what was supplied, then what was answered.
    ///
    /// # Errors
    /// When there is no answer to a question.
    pub fn answered(
        &self,
        session: &Session,
        config: &Config,
        supplied: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let questions = from_variables(&config.application, &[]);
        let answers = questions::answers(&questions, &supplied, self.fast)?;
        if !answers.defaults_used.is_empty() {
            session.output.aside("Default values used", &answers.defaults_used)?;
        }
        let mut parameters = config.application.clone();
        parameters.extend(config.jobbergate.clone());
        parameters.extend(supplied);
        parameters.extend(answers.all);
        Ok(parameters)
    }
}

/// The name of a script: what its parameters say, else what was asked for.
pub fn script_name(parameters: &Map<String, Value>, otherwise: &str) -> String {
    match parameters.get(SCRIPT_NAME) {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        _ => otherwise.to_owned(),
    }
}

fn object(text: &str) -> std::result::Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => match too_large_integer(text) {
            Some(number) => Err(format!("{number} is too large an integer; write it as a text")),
            None => Ok(object),
        },
        Ok(_) => Err("it must be a JSON object, such as {\"name\": \"value\"}".to_owned()),
        Err(error) => Err(format!("it is no JSON: {error}")),
    }
}

/// An integer in JSON beyond 64 bits, which would be rounded.
fn too_large_integer(json: &str) -> Option<&str> {
    let (mut in_text, mut is_escaped, mut begin) = (false, false, None);
    for (at, c) in json.char_indices() {
        if in_text {
            (in_text, is_escaped) = (is_escaped || c != '"', !is_escaped && c == '\\');
            continue;
        }
        let is_part = c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        match begin {
            None if c.is_ascii_digit() || c == '-' => begin = Some(at),
            Some(from) if !is_part => {
                let number = json.get(from..at)?;
                let is_integer = !number.contains(['.', 'e', 'E']);
                if is_integer && number.parse::<i64>().is_err() && number.parse::<u64>().is_err() {
                    return Some(number);
                }
                begin = None;
            }
            _ => {}
        }
        in_text = c == '"';
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_not_rounded() {
        for text in ["{\"a\": 18446744073709551616}", "{\"a\": [1, -9223372036854775809]}"] {
            assert!(object(text).unwrap_err().contains("too large"), "{text}");
        }
        for text in [
            "{\"a\": 18446744073709551615, \"b\": 1e300, \"c\": 0.12345678901234567890123}",
            "{\"99999999999999999999\": \"\\\"99999999999999999999\"}",
        ] {
            assert!(object(text).is_ok(), "{text}");
        }
    }
}
