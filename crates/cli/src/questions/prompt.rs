//! Asking at a terminal.

use inquire::{Confirm, MultiSelect, Select, Text, validator::Validation};
use serde_json::Value;

use super::{Choice, Kind, Question, check, terminal::answered};
use crate::failure::{Failure, Result};

/// How many choices are shown at once.
const PAGE: usize = 13;

/// A person's answer.
///
/// # Errors
/// When the person gives none.
pub fn ask(question: &Question) -> Result<Value> {
    let label = format!("{}:", question.label);
    let help = question.help.as_deref();
    match &question.kind {
        Kind::Boolean => {
            let default = question.default.as_ref().and_then(Value::as_bool);
            let prompt = Confirm { default, help_message: help, ..Confirm::new(&question.label) };
            answered(prompt.prompt()).map(Value::Bool)
        }
        Kind::Choice(choices) => one(&label, help, choices, question.default.as_ref()),
        Kind::MultipleChoice(choices) => some(&label, help, choices, question.default.as_ref()),
        kind => typed(&label, help, kind, question.default.as_ref()),
    }
}

fn typed(label: &str, help: Option<&str>, kind: &Kind, default: Option<&Value>) -> Result<Value> {
    let shown = default.map(|default| shown(kind, default)).unwrap_or_default();
    let checked = kind.clone();
    let prompt = Text { help_message: help, ..Text::new(label) }
        .with_initial_value(&shown)
        .with_validator(move |text: &str| {
            Ok(match check(&checked, text) {
                Ok(_) => Validation::Valid,
                Err(problem) => Validation::Invalid(problem.into()),
            })
        });
    let text = answered(prompt.prompt())?;
    check(kind, &text).map_err(|problem| Failure::new("Questions need answers", problem))
}

/// A default as a person would type it.
fn shown(kind: &Kind, default: &Value) -> String {
    match default {
        Value::String(text) if *kind != Kind::Json => text.clone(),
        other => other.to_string(),
    }
}

fn one(
    label: &str,
    help: Option<&str>,
    choices: &[Choice],
    default: Option<&Value>,
) -> Result<Value> {
    let at = choices.iter().position(|choice| Some(&choice.value) == default).unwrap_or(0);
    let labels = choices.iter().map(|choice| choice.label.as_str()).collect();
    let prompt = Select::new(label, labels).with_starting_cursor(at).with_page_size(PAGE);
    let prompt = Select { help_message: help, ..prompt };
    let picked = answered(prompt.raw_prompt())?;
    Ok(choices.get(picked.index).map_or(Value::Null, |choice| choice.value.clone()))
}

fn some(
    label: &str,
    help: Option<&str>,
    choices: &[Choice],
    default: Option<&Value>,
) -> Result<Value> {
    let preset = default.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ticked: Vec<_> = (0..choices.len())
        .filter(|at| choices.get(*at).is_some_and(|choice| preset.contains(&choice.value)))
        .collect();
    let labels = choices.iter().map(|choice| choice.label.as_str()).collect();
    let prompt = MultiSelect::new(label, labels).with_default(&ticked).with_page_size(PAGE);
    let prompt = match help {
        Some(help) => prompt.with_help_message(help),
        None => prompt,
    };
    let picked = answered(prompt.raw_prompt())?;
    let value = |at: usize| choices.get(at).map(|choice| choice.value.clone());
    Ok(picked.iter().filter_map(|picked| value(picked.index)).collect())
}
