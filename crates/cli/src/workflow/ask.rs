//! Asking what a workflow wants to know.

use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{checkbox, confirm::confirm};
use crate::{
    failure::Result,
    output::printable,
    questions::{self, line::Line, terminal::is_there},
};

/// Something that a workflow asks.
#[derive(Debug, Deserialize)]
pub struct Ask {
    label: String,
    /// This variable, and those that may be asked for after it.
    open: Vec<String>,
    #[serde(flatten)]
    kind: Kind,
}

/// What answers there are. Choices are told by their positions: their values stay in Python.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Kind {
    Text { default: String, problem: Option<String> },
    Secret { default: String, problem: Option<String> },
    Confirm { default: Option<bool> },
    List { choices: Vec<String>, cursor: usize },
    Checkbox { choices: Vec<String>, chosen: Vec<usize> },
}

impl Ask {
    /// Its variable, if the answer is not to be shown.
    pub fn secret(&self) -> Option<String> {
        let is_secret = matches!(self.kind, Kind::Secret { .. });
        self.open.first().filter(|_| is_secret).cloned()
    }
}

/// A person's answer.
///
/// # Errors
/// When the person gives none.
pub fn ask(ask: Ask, fast: bool) -> Result<Value> {
    if !is_there() {
        let open: Vec<_> = ask.open.iter().map(String::as_str).collect();
        return Err(questions::nobody_to_ask(&open, fast));
    }
    let label = printable(&ask.label);
    match ask.kind {
        Kind::Text { default, problem } => {
            let (label, problem) = (format!("{label}:"), problem.as_deref().map(printable));
            let help = problem.as_deref();
            Line { label: &label, help, initial: &default, is_secret: false }
                .read(|text| Ok(text.into()))
        }
        Kind::Secret { default, problem } => questions::ask(&Question {
            kind: QuestionKind::Secret,
            label: Some(label),
            help: problem,
            default: (!default.is_empty()).then(|| default.into()),
            ..Question::default()
        }),
        Kind::Confirm { default } => confirm(&label, default).map(|answer| json!(answer)),
        Kind::List { choices, cursor } => questions::ask(&Question {
            kind: QuestionKind::Choice,
            label: Some(label),
            default: Some(cursor.into()),
            choices: Some(Choices::These(by_position(choices))),
            ..Question::default()
        }),
        Kind::Checkbox { choices, chosen } => {
            checkbox::choose(&label, &choices, chosen).map(|chosen| json!(chosen))
        }
    }
}

fn by_position(labels: Vec<String>) -> Vec<Choice> {
    let choice = |(at, label): (usize, String)| Choice::Labelled { label, value: at.into() };
    labels.into_iter().enumerate().map(choice).collect()
}
