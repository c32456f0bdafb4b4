//! Asking what a workflow wants to know.

use inquire::{Password, Select, Text};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{checkbox, confirm::confirm};
use crate::{
    failure::{Failure, Result},
    questions::terminal::{answered, is_there},
};

/// How many choices are shown at once.
const PAGE: usize = 13;

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

/// A person's answer.
///
/// # Errors
/// When the person gives none.
pub fn ask(ask: Ask) -> Result<Value> {
    if !is_there() {
        let text = format!(
            "There is no terminal to ask for {} -- Please give the answers with --param-file, or \
             take the defaults with --fast",
            ask.open.join(", ")
        );
        return Err(Failure::new("Questions need answers", text));
    }
    let label = format!("{}:", ask.label);
    match ask.kind {
        Kind::Text { default, problem } => {
            let prompt = Text { help_message: problem.as_deref(), ..Text::new(&label) };
            answered(prompt.with_initial_value(&default).prompt()).map(Value::from)
        }
        Kind::Secret { default, problem } => {
            let mut prompt = Password::new(&label).without_confirmation();
            prompt.help_message = problem.as_deref();
            let typed = answered(prompt.prompt())?;
            Ok(if typed.is_empty() { default.into() } else { typed.into() })
        }
        Kind::Confirm { default } => confirm(&ask.label, default).map(|answer| json!(answer)),
        Kind::List { choices, cursor } => {
            let prompt = Select::new(&label, choices).with_page_size(PAGE);
            let picked = answered(prompt.with_starting_cursor(cursor).raw_prompt())?;
            Ok(picked.index.into())
        }
        Kind::Checkbox { choices, chosen } => {
            checkbox::choose(&ask.label, &choices, chosen).map(|chosen| json!(chosen))
        }
    }
}
