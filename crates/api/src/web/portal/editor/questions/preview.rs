//! What the form of an application will look like.

use askama::Template;
use jobbergate_types::questions::{Choices, Question, QuestionKind};

use super::{
    draft::{Wrong, typed},
    place,
};

/// The part of the page that follows what is typed.
#[derive(Debug, Template)]
#[template(path = "portal/questions_preview.html")]
pub(super) struct Part {
    pub(super) preview: Preview,
}

#[derive(Debug)]
pub(super) struct Preview {
    pub(super) groups: Vec<(String, Vec<Asked>)>,
    pub(super) wrong: Vec<(String, String)>,
}

/// A question as it is asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) label: String,
    pub(super) help: String,
    pub(super) is_required: bool,
    /// When it is asked, if not always.
    pub(super) when: String,
    pub(super) control: Control,
}

#[derive(Debug)]
pub(super) enum Control {
    Line { kind: &'static str, value: String },
    Lines { value: String },
    Tick { is_on: bool },
    One { choices: Vec<(String, bool)> },
    Some { choices: Vec<(String, bool)> },
}

impl Preview {
    /// Questions of the same group that follow each other stand under one heading.
    pub(super) fn of(questions: &[Question]) -> Self {
        let mut groups: Vec<(String, Vec<Asked>)> = Vec::new();
        for question in questions {
            let group = question.group.clone().unwrap_or_default();
            match groups.last_mut() {
                Some((last, asked)) if *last == group => asked.push(Asked::of(question)),
                _ => groups.push((group, vec![Asked::of(question)])),
            }
        }
        Self { groups, wrong: Vec::new() }
    }
}

/// What is wrong, with the field of the form to go to.
pub(super) fn told(wrong: &[Wrong], questions: &[Question]) -> Vec<(String, String)> {
    let one = |wrong: &Wrong| {
        let question = wrong.index.and_then(|index| questions.get(index));
        let name = question.map(|question| question.variable.as_str());
        let name = name.filter(|name| !name.is_empty()).map(|name| format!("{name}, "));
        let words = match wrong.index {
            Some(_) => format!("{}{}: {}", name.unwrap_or_default(), wrong.field, wrong.words),
            None => wrong.words.clone(),
        };
        (place(wrong.index, &wrong.field), words)
    };
    wrong.iter().map(one).collect()
}

impl Asked {
    fn of(question: &Question) -> Self {
        Self {
            label: question.label().to_owned(),
            help: question.help.clone().unwrap_or_default(),
            is_required: question.required,
            when: question.when.clone().unwrap_or_default(),
            control: control(question),
        }
    }
}

fn control(question: &Question) -> Control {
    let value = question.default.as_ref().map(typed).unwrap_or_default();
    let line = |kind| Control::Line { kind, value: value.clone() };
    match question.kind {
        QuestionKind::Text | QuestionKind::File | QuestionKind::Directory => line("text"),
        QuestionKind::Secret => line("password"),
        QuestionKind::Integer | QuestionKind::Number => line("number"),
        QuestionKind::Json => Control::Lines { value },
        QuestionKind::Boolean => Control::Tick { is_on: value == "true" },
        QuestionKind::Choice => Control::One { choices: choices(question) },
        QuestionKind::MultipleChoice => Control::Some { choices: choices(question) },
    }
}

/// The choices, and which of them are chosen.
fn choices(question: &Question) -> Vec<(String, bool)> {
    let chosen = question.default.as_ref();
    match &question.choices {
        None => Vec::new(),
        Some(Choices::Live { cluster }) => {
            let what = format!("{cluster:?}").to_lowercase();
            vec![(format!("the cluster's {what}"), false)]
        }
        Some(Choices::These(list)) => list
            .iter()
            .map(|choice| {
                let is_it = chosen == Some(choice.value());
                let among = chosen.and_then(|chosen| chosen.as_array());
                (choice.label(), is_it || among.is_some_and(|all| all.contains(choice.value())))
            })
            .collect(),
    }
}
