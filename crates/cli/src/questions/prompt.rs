//! Asking at a terminal.

use inquire::{MultiSelect, Select, list_option::ListOption, validator::Validation};
use jobbergate_questions::check;
use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind};
use serde_json::Value;

use super::{line::Line, parse, terminal::answered};
use crate::{failure::Result, output::printable};

/// How many choices are shown at once.
const PAGE: usize = 13;

/// A person's answer.
///
/// # Errors
/// When the person gives none.
pub fn ask(question: &Question) -> Result<Value> {
    let question = &Question {
        label: Some(printable(question.label())),
        help: question.help.as_deref().map(printable),
        ..question.clone()
    };
    match (question.kind, &question.choices) {
        (QuestionKind::Boolean, _) => yes_or_no(question),
        (QuestionKind::Secret, _) => secret(question),
        (QuestionKind::Choice, Some(Choices::These(choices))) => one(question, choices),
        (QuestionKind::MultipleChoice, Some(Choices::These(choices))) => some(question, choices),
        _ => typed(question),
    }
}

fn label(question: &Question) -> String {
    format!("{}:", question.label())
}

fn yes_or_no(question: &Question) -> Result<Value> {
    let default = question.default.as_ref().and_then(Value::as_bool);
    let hint = match default {
        None => "y/n",
        Some(true) => "Y/n",
        Some(false) => "y/N",
    };
    let label = format!("{} ({hint})", question.label());
    let help = question.help.as_deref();
    let read = |text: &str| match text.trim().to_ascii_lowercase().as_str() {
        "" => default.ok_or(()),
        "y" | "yes" => Ok(true),
        "n" | "no" => Ok(false),
        _ => Err(()),
    };
    let read = |text: &str| read(text).map_err(|()| "please answer with y or n".to_owned());
    Line { label: &label, help, ..Line::default() }.read(read).map(Value::Bool)
}

fn typed(question: &Question) -> Result<Value> {
    let label = label(question);
    let initial = question.default.as_ref().map(|default| shown(question.kind, default));
    let initial = initial.unwrap_or_default();
    Line { label: &label, help: question.help.as_deref(), initial: &initial, is_secret: false }
        .read(|text| parse(question, text))
}

/// A default as a person would type it.
fn shown(kind: QuestionKind, default: &Value) -> String {
    match default {
        Value::String(text) if kind != QuestionKind::Json => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A secret is not shown, so its default isn't either: an empty line takes it.
fn secret(question: &Question) -> Result<Value> {
    let label = label(question);
    let asked = match question.default {
        Some(_) => Question { required: false, ..question.clone() },
        None => question.clone(),
    };
    let line = Line { label: &label, help: question.help.as_deref(), initial: "", is_secret: true };
    line.read(|text| match &question.default {
        Some(default) if text.is_empty() => Ok(default.clone()),
        _ => parse(&asked, text).map(|_| text.into()),
    })
}

fn one(question: &Question, choices: &[Choice]) -> Result<Value> {
    let label = label(question);
    let default = question.default.as_ref();
    let at = choices.iter().position(|choice| Some(choice.value()) == default).unwrap_or(0);
    let labels = choices.iter().map(|choice| printable(&choice.label())).collect();
    let prompt = Select::new(&label, labels).with_starting_cursor(at).with_page_size(PAGE);
    let prompt = Select { help_message: question.help.as_deref(), ..prompt };
    let picked = answered(prompt.raw_prompt())?;
    Ok(choices.get(picked.index).map_or(Value::Null, |choice| choice.value().clone()))
}

fn some(question: &Question, choices: &[Choice]) -> Result<Value> {
    let label = label(question);
    let preset = question.default.as_ref().and_then(Value::as_array).map(Vec::as_slice);
    let preset = preset.unwrap_or_default();
    let ticked: Vec<_> = (0..choices.len())
        .filter(|at| choices.get(*at).is_some_and(|choice| preset.contains(choice.value())))
        .collect();
    let labels = choices.iter().map(|choice| printable(&choice.label())).collect();
    let (asked, offered) = (question.clone(), choices.to_vec());
    let prompt = MultiSelect::new(&label, labels)
        .with_default(&ticked)
        .with_page_size(PAGE)
        .with_validator(move |picked: &[ListOption<&String>]| {
            let chosen = values(&offered, picked.iter().map(|picked| picked.index));
            Ok(match check(&asked, &chosen) {
                Ok(_) => Validation::Valid,
                Err(problem) => Validation::Invalid(problem.into()),
            })
        });
    let prompt = match question.help.as_deref() {
        Some(help) => prompt.with_help_message(help),
        None => prompt,
    };
    let picked = answered(prompt.raw_prompt())?;
    Ok(values(choices, picked.iter().map(|picked| picked.index)))
}

fn values(choices: &[Choice], places: impl Iterator<Item = usize>) -> Value {
    places.filter_map(|at| choices.get(at).map(|choice| choice.value().clone())).collect()
}
