//! Answers to begin with.

use jobbergate_types::questions::{Choices, Question, QuestionKind};

use crate::web::portal::{editor::questions::typed, fields::Fields};

/// A question with an answer to try.
#[derive(Debug)]
pub(super) struct Sample {
    pub(super) field: String,
    pub(super) label: String,
    pub(super) kind: String,
    pub(super) value: String,
    /// What can be chosen, if that is known.
    pub(super) choices: Vec<String>,
}

/// What the answer to a question is called in the form.
pub(super) fn field(question: &Question) -> String {
    format!("answer.{}", question.variable)
}

impl Sample {
    /// With what was filled in, else with something that might be.
    pub(super) fn of(question: &Question, fields: Option<&Fields>) -> Self {
        let field = field(question);
        let value = match fields {
            Some(fields) => fields.lines(&field),
            None => invented(question),
        };
        let choices = match (&question.choices, question.kind) {
            (Some(Choices::These(list)), QuestionKind::Choice) => {
                list.iter().map(|choice| typed(choice.value())).collect()
            }
            (_, QuestionKind::Boolean) => vec!["true".to_owned(), "false".to_owned()],
            _ => Vec::new(),
        };
        let kind = format!("{:?}", question.kind).to_lowercase();
        Self { field, label: question.label().to_owned(), kind, value, choices }
    }
}

/// The default, else what a person might say.
fn invented(question: &Question) -> String {
    if let Some(default) = &question.default {
        return typed(default);
    }
    let least = question.minimum.unwrap_or(1.0);
    match question.kind {
        QuestionKind::Text | QuestionKind::Secret if question.pattern.is_some() => String::new(),
        QuestionKind::Text | QuestionKind::Secret => "example".to_owned(),
        QuestionKind::Integer => least.ceil().to_string(),
        QuestionKind::Number => least.to_string(),
        QuestionKind::Boolean => "true".to_owned(),
        QuestionKind::File => "/path/to/a/file".to_owned(),
        QuestionKind::Directory => "/path/to/a/directory".to_owned(),
        QuestionKind::Json => "{}".to_owned(),
        QuestionKind::Choice | QuestionKind::MultipleChoice => match &question.choices {
            Some(Choices::These(list)) => {
                list.first().map(|choice| typed(choice.value())).unwrap_or_default()
            }
            _ => "example".to_owned(),
        },
    }
}
