//! From questions to the parameters of a template.

use std::{fs, path::PathBuf};

use clap::Args;
use jobbergate_types::questions::{Question, QuestionKind};
use serde_json::{Map, Value};

use crate::{
    application::config::Config,
    commands::Session,
    failure::{Failure, Result},
    output, questions,
    suggestion::closest,
    workflow::{self, Workflow},
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
    /// The answer to one question, which is not asked then; may be given several times
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = assignment)]
    given: Vec<(String, String)>,
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

/// What came of all questions.
#[derive(Debug)]
pub struct Answered {
    /// The configuration, with the answers to a workflow.
    pub config: Config,
    /// The other answers.
    pub answers: Map<String, Value>,
    /// The variables whose answers are not to be shown.
    pub secrets: Vec<String>,
}

impl Parameters {
    /// Whether defaults are to be taken.
    pub fn is_fast(&self) -> bool {
        self.fast
    }

    /// Whether what the workflow asks is to be asked without running it.
    pub fn skips_workflow(&self) -> bool {
        self.no_workflow
    }

    /// Whether one of them is an answer to this question.
    pub fn answer(&self, variable: &str) -> bool {
        self.given.iter().any(|(name, _)| name == variable)
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

    /// The answers among the arguments. That to a question is read as one that is typed there; another
    /// one is what it says as JSON, or else a text.
    fn given(&self, questions: &[Question]) -> Result<Map<String, Value>> {
        self.read(|name, text| {
            let question = questions.iter().find(|question| question.variable == name);
            if let Some(question) = question {
                return questions::parse(question, text);
            }
            let meant = meant(questions, name).map(|meant| format!(" (did you mean {meant}?)"));
            let meant = meant.unwrap_or_default();
            output::tell(&format!(
                "No question asks for {name}{meant}; it is passed on to the templates\n"
            ));
            free_value(text)
        })
    }

    /// The same where a workflow asks: what it asks for is not known yet.
    fn given_to_workflow(&self) -> Result<Map<String, Value>> {
        self.read(|_, text| free_value(text))
    }

    /// All of them, or what is wrong with each that is.
    fn read(
        &self,
        value: impl Fn(&str, &str) -> std::result::Result<Value, String>,
    ) -> Result<Map<String, Value>> {
        let (mut given, mut problems) = (Map::new(), Vec::new());
        for (name, text) in &self.given {
            match value(name, text) {
                Ok(value) => drop(given.insert(name.clone(), value)),
                Err(problem) => problems.push(format!("--param {name}: {problem}")),
            }
        }
        if problems.is_empty() {
            return Ok(given);
        }
        Err(Failure::new("Incorrect parameters", problems.join("\n")))
    }

    /// The answers to all questions.
    ///
    /// # Errors
    /// When there is no answer to a question.
    pub async fn answered(
        &self,
        session: &Session,
        config: Config,
        mut supplied: Map<String, Value>,
        workflow: Option<Workflow>,
    ) -> Result<Answered> {
        if let Some(workflow) = workflow {
            supplied.extend(self.given_to_workflow()?);
            let run = workflow::run(session, &workflow, &config, &supplied, self.fast).await?;
            let (config, secrets) = run;
            return Ok(Answered { config, answers: Map::new(), secrets });
        }
        let questions = config.asked();
        for name in supplied.keys() {
            let is_asked = questions.iter().any(|question| question.variable == *name);
            if let (false, Some(meant)) = (is_asked, meant(&questions, name)) {
                output::tell(&format!(
                    "note: no question asks for {name}, which is passed on to the templates; did you \
                     mean {meant}?\n"
                ));
            }
        }
        supplied.extend(self.given(&questions)?);
        let answers = questions::answers(&questions, &supplied, self.fast)?;
        if !answers.defaults_used.is_empty() {
            session.output.aside("Default values used", &answers.defaults_used)?;
        }
        let mut all = supplied;
        all.extend(answers.all);
        let is_secret = |question: &&Question| question.kind == QuestionKind::Secret;
        let secrets = questions.iter().filter(is_secret).map(|question| question.variable.clone());
        Ok(Answered { config, answers: all, secrets: secrets.collect() })
    }
}

/// The variable that a misspelt name may stand for.
fn meant<'a>(questions: &'a [Question], name: &str) -> Option<&'a str> {
    closest(name, questions.iter().map(|question| question.variable.as_str()))
}

/// `name=value`, as it is typed.
fn assignment(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.to_owned()))
        }
        _ => Err("it must be NAME=VALUE, such as ranks=4".to_owned()),
    }
}

/// The name of a script: what its parameters say, else what was asked for.
pub fn script_name(parameters: &Map<String, Value>, otherwise: &str) -> String {
    match parameters.get(SCRIPT_NAME) {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        _ => otherwise.to_owned(),
    }
}

fn free_value(text: &str) -> std::result::Result<Value, String> {
    match serde_json::from_str(text) {
        Ok(value) => match too_large_integer(&format!("{text} ")) {
            Some(number) => Err(format!("{number} is too large an integer; write it as a text")),
            None => Ok(value),
        },
        Err(_) => Ok(text.into()),
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
    fn an_answer_to_no_known_question_is_json_or_a_text() {
        for (text, expected) in [
            ("4", Value::from(4)),
            ("true", Value::from(true)),
            ("\"4\"", Value::from("4")),
            ("[1, 2]", serde_json::json!([1, 2])),
            ("a=b", Value::from("a=b")),
            ("", Value::from("")),
            ("007", Value::from("007")),
        ] {
            assert_eq!(free_value(text), Ok(expected), "{text}");
        }
        assert!(free_value("18446744073709551616").unwrap_err().contains("too large"));
    }

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
