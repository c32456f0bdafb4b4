//! What an application asks, in words.

use jobbergate_types::questions::{
    Choices, ClusterChoices, Question, QuestionKind, QuestionsSource, TemplateQuestions,
};
use serde_json::Value;

use crate::web::portal::markdown::beginning;

/// How many questions are shown.
const MAX_QUESTIONS: usize = 200;
/// How many answers to choose from are shown of each.
const MAX_CHOICES: usize = 12;
/// How much of a default is shown, in bytes.
const MAX_VALUE: usize = 200;

pub(super) struct Asks {
    pub(super) source: &'static str,
    pub(super) questions: Vec<Asked>,
    /// How many more there are than are shown.
    pub(super) more: usize,
}

pub(super) struct Asked {
    pub(super) label: String,
    pub(super) variable: String,
    pub(super) kind: &'static str,
    pub(super) is_required: bool,
    pub(super) help: Option<String>,
    pub(super) default: Option<String>,
    pub(super) choices: Option<String>,
    /// What else an answer must be.
    pub(super) limits: Option<String>,
    pub(super) when: Option<String>,
}

impl Asks {
    pub(super) fn of(asked: &TemplateQuestions) -> Self {
        let source = match asked.source {
            QuestionsSource::Template => "Its author wrote these questions.",
            QuestionsSource::Workflow => "These questions stand in its workflow file.",
            QuestionsSource::Variables => {
                "Nobody wrote questions for it: there is one for each variable of its files."
            }
        };
        let questions = asked.questions.iter().take(MAX_QUESTIONS).map(Asked::of).collect();
        let more = asked.questions.len().saturating_sub(MAX_QUESTIONS);
        Self { source, questions, more }
    }
}

impl Asked {
    fn of(question: &Question) -> Self {
        let hides = question.kind == QuestionKind::Secret;
        let default = question.default.as_ref().filter(|value| !value.is_null());
        Self {
            label: question.label().to_owned(),
            variable: question.variable.clone(),
            kind: kind(question.kind),
            is_required: question.required,
            help: question.help.clone().filter(|help| !help.is_empty()),
            default: default.map(|value| if hides { "hidden".to_owned() } else { in_words(value) }),
            choices: question.choices.as_ref().map(choices),
            limits: limits(question),
            when: question.when.clone(),
        }
    }
}

const fn kind(kind: QuestionKind) -> &'static str {
    match kind {
        QuestionKind::Text => "text",
        QuestionKind::Secret => "secret",
        QuestionKind::Integer => "whole number",
        QuestionKind::Number => "number",
        QuestionKind::Boolean => "yes or no",
        QuestionKind::Choice => "one of several",
        QuestionKind::MultipleChoice => "some of several",
        QuestionKind::File => "path of a file",
        QuestionKind::Directory => "path of a directory",
        QuestionKind::Json => "JSON",
    }
}

fn in_words(value: &Value) -> String {
    let text = match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (shown, is_cut) = beginning(&text, MAX_VALUE);
    if is_cut { format!("{shown}…") } else { text }
}

fn choices(choices: &Choices) -> String {
    match choices {
        Choices::These(choices) => {
            let labels = choices.iter().take(MAX_CHOICES).map(|choice| choice.label());
            let mut labels: Vec<_> = labels.collect();
            if choices.len() > MAX_CHOICES {
                labels.push(format!("{} more", choices.len() - MAX_CHOICES));
            }
            labels.join(", ")
        }
        Choices::Live { cluster } => match cluster {
            ClusterChoices::Partitions => "the cluster's partitions",
            ClusterChoices::Accounts => "the cluster's accounts",
            ClusterChoices::Qos => "the cluster's qualities of service",
        }
        .to_owned(),
    }
}

fn limits(question: &Question) -> Option<String> {
    let mut limits = Vec::new();
    match (question.minimum, question.maximum) {
        (Some(least), Some(most)) => limits.push(format!("{least} to {most}")),
        (Some(least), None) => limits.push(format!("at least {least}")),
        (None, Some(most)) => limits.push(format!("at most {most}")),
        (None, None) => {}
    }
    if let Some(pattern) = &question.pattern {
        limits.push(format!("matches {pattern}"));
    }
    match question.exists {
        Some(true) => limits.push("must exist".to_owned()),
        Some(false) => limits.push("must not exist yet".to_owned()),
        None => {}
    }
    (!limits.is_empty()).then(|| limits.join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_question_is_told_in_words() {
        let question: Question = serde_json::from_value(json!({
            "variable": "nodes", "kind": "integer", "label": "Nodes", "default": 2,
            "minimum": 1, "maximum": 8, "required": true, "when": "mpi",
        }))
        .unwrap();
        let asked = Asked::of(&question);
        assert_eq!((asked.kind, asked.is_required), ("whole number", true));
        assert_eq!(asked.limits.as_deref(), Some("1 to 8"));
        assert_eq!(asked.default.as_deref(), Some("2"));
    }

    #[test]
    fn what_is_secret_or_long_is_not_shown_whole() {
        let question = |json| Asked::of(&serde_json::from_value(json).unwrap());
        let secret = question(json!({"variable": "t", "kind": "secret", "default": "s3cr3t"}));
        assert_eq!(secret.default.as_deref(), Some("hidden"));
        let long = question(json!({"variable": "t", "default": "x".repeat(1000)}));
        assert_eq!(long.default.unwrap().len(), MAX_VALUE + '…'.len_utf8());
        let many = question(
            json!({"variable": "t", "kind": "choice", "choices": (0..20).collect::<Vec<_>>()}),
        );
        assert!(many.choices.unwrap().ends_with("11, 8 more"));
    }
}
