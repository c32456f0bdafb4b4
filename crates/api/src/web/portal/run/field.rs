//! The fields of the form, as the page shows them.

use jobbergate_questions::offered;
use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind};
use serde_json::Value;

use super::{
    answers::{Answer, choice_text},
    filled::Filled,
    slurm,
    typed::{ACCOUNT, CLUSTER, DIRECTORY, MORE, NAME, NODES, PARTITION, TASKS, TIME, field_name},
};
use crate::web::portal::user::User;

#[derive(Debug)]
pub(super) struct Field {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: Option<String>,
    /// What is taken.
    pub(super) hint: Option<String>,
    pub(super) is_required: bool,
    pub(super) problem: Option<String>,
    pub(super) warning: Option<String>,
    pub(super) control: Control,
}

#[derive(Debug)]
pub(super) enum Control {
    /// A line of text: its kind, the keyboard for it, what is in it.
    Line(&'static str, &'static str, String),
    Lines(String),
    Tick(bool),
    One(Vec<Offer>),
    YesOrNo(Vec<Offer>),
    Some(Vec<Offer>),
}

#[derive(Debug)]
pub(super) struct Offer {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) is_chosen: bool,
}

/// Questions under one heading.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) title: Option<String>,
    pub(super) fields: Vec<Field>,
}

/// Those that are asked.
///
/// What is secret does not come back to who sent it, which is said.
pub(super) fn groups(
    user: &User,
    filled: &Filled,
    shows_missing: bool,
    was_sent: bool,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let questions = filled.asked.questions.iter().zip(&filled.answers.each).enumerate();
    for (at, (question, answer)) in questions.filter(|(_, (_, answer))| answer.is_asked) {
        let mut field = of_question(user, filled, (at, question), answer, shows_missing);
        let is_secret = question.kind == QuestionKind::Secret;
        if was_sent && is_secret && answer.texts.iter().any(|text| !text.is_empty()) {
            field.warning = Some("Type it once more: what is secret is not sent back".to_owned());
        }
        match groups.last_mut().filter(|group| group.title == question.group) {
            Some(group) => group.fields.push(field),
            None => groups.push(Group { title: question.group.clone(), fields: vec![field] }),
        }
    }
    groups
}

pub(super) fn question_id(at: usize) -> String {
    format!("q{at}")
}

fn of_question(
    user: &User,
    filled: &Filled,
    (at, question): (usize, &Question),
    answer: &Answer,
    shows_missing: bool,
) -> Field {
    let is_shown = shows_missing || !answer.is_missing;
    Field {
        id: question_id(at),
        name: field_name(question),
        label: question.label().to_owned(),
        help: question.help.clone(),
        hint: hint(question),
        is_required: question.required,
        problem: answer.problem.clone().filter(|_| is_shown),
        warning: None,
        control: control(user, filled, question, &answer.texts),
    }
}

fn control(user: &User, filled: &Filled, question: &Question, texts: &[String]) -> Control {
    let text = || texts.last().cloned().unwrap_or_default();
    match (question.kind, &question.choices) {
        (QuestionKind::Secret, _) => Control::Line("password", "text", String::new()),
        (QuestionKind::Integer, _) => Control::Line("text", "numeric", text()),
        (QuestionKind::Number, _) => Control::Line("text", "decimal", text()),
        (QuestionKind::Json, _) => Control::Lines(text()),
        (QuestionKind::Boolean, _) if matches!(question.default, Some(Value::Bool(_))) => {
            Control::Tick(text() == "true")
        }
        (QuestionKind::Boolean, _) => {
            let offers = [("true", "Yes"), ("false", "No")].map(|(value, label)| Offer {
                value: value.to_owned(),
                label: label.to_owned(),
                is_chosen: text() == value,
            });
            Control::YesOrNo(offers.into())
        }
        (QuestionKind::Choice, Some(Choices::These(choices))) => {
            Control::One(with_none(question, offers(choices, texts)))
        }
        (QuestionKind::MultipleChoice, Some(Choices::These(choices))) => {
            Control::Some(offers(choices, texts))
        }
        (kind, Some(Choices::Live { cluster })) => {
            let local = user.email.split('@').next().unwrap_or_default();
            let facts = filled.facts.as_ref().map(|facts| &facts.facts);
            let names = facts.map(|facts| offered(facts, *cluster, local)).unwrap_or_default();
            match kind == QuestionKind::Choice && !names.is_empty() {
                true => Control::One(with_none(question, live(names, &text()))),
                false => Control::Line("text", "text", text()),
            }
        }
        _ => Control::Line("text", "text", text()),
    }
}

fn offers(choices: &[Choice], texts: &[String]) -> Vec<Offer> {
    let offer = |choice: &Choice| {
        let value = choice_text(choice.value(), choices);
        let label = choice.label();
        let is_chosen = texts.iter().any(|text| *text == value || *text == label);
        Offer { value, label, is_chosen }
    };
    choices.iter().map(offer).collect()
}

/// What a cluster has; what is typed may be newer than what its agent told.
fn live(names: Vec<String>, text: &str) -> Vec<Offer> {
    let is_known = text.is_empty() || names.iter().any(|name| name == text);
    let other = (!is_known).then(|| text.to_owned());
    let offer = |name: String| Offer { label: name.clone(), is_chosen: name == text, value: name };
    names.into_iter().chain(other).map(offer).collect()
}

/// With a choice that is none, where nothing is chosen yet or need be.
fn with_none(question: &Question, offers: Vec<Offer>) -> Vec<Offer> {
    let has_empty = offers.iter().any(|offer| offer.value.is_empty());
    let is_chosen = !offers.iter().any(|offer| offer.is_chosen);
    if has_empty || (question.required && !is_chosen) {
        return offers;
    }
    let label = if question.required { "Choose one" } else { "None" };
    let none = Offer { value: String::new(), label: label.to_owned(), is_chosen };
    std::iter::once(none).chain(offers).collect()
}

fn hint(question: &Question) -> Option<String> {
    let bounds = match (question.minimum, question.maximum) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}")),
        (Some(least), None) => Some(format!("{least} or more")),
        (None, Some(most)) => Some(format!("{most} or less")),
        (None, None) => None,
    };
    let words = match question.kind {
        QuestionKind::Integer => {
            bounds.map_or("A whole number".to_owned(), |bounds| format!("A whole number, {bounds}"))
        }
        QuestionKind::Number => {
            bounds.map_or("A number".to_owned(), |bounds| format!("A number, {bounds}"))
        }
        QuestionKind::MultipleChoice => {
            let is_typed = matches!(question.choices, Some(Choices::Live { .. }));
            let typed = is_typed.then(|| "With commas between them".to_owned());
            let bounds = bounds.map(|bounds| format!("Choose {bounds}"));
            return bounds.or(typed);
        }
        QuestionKind::File => "The path of a file on the cluster".to_owned(),
        QuestionKind::Directory => "The path of a directory on the cluster".to_owned(),
        QuestionKind::Json => "As JSON".to_owned(),
        QuestionKind::Secret => "Not remembered, and not shown in the script beside".to_owned(),
        _ => return question.pattern.as_ref().map(|pattern| format!("Matches {pattern}")),
    };
    Some(words)
}

/// Fields beside the questions.
pub(super) struct Settings {
    /// Where it runs, and what it is called.
    pub(super) place: Vec<Field>,
    pub(super) sbatch: Vec<Field>,
    /// Whether something of `sbatch` is filled in.
    pub(super) is_open: bool,
    /// What the partition allows.
    pub(super) allows: Option<String>,
}

pub(super) fn settings(filled: &Filled, shows_missing: bool) -> Settings {
    let facts = filled.facts.as_ref().map(|facts| &facts.facts);
    let sbatch: Vec<_> = [
        (PARTITION, "Partition", None),
        (TIME, "Time limit", Some("Minutes, hours:minutes:seconds or days-hours, such as 2-12")),
        (NODES, "Nodes", None),
        (TASKS, "Tasks", None),
        (ACCOUNT, "Account", None),
        (MORE, "More options", Some("One on each line, such as --gres=gpu:1")),
    ]
    .into_iter()
    .map(|(name, label, hint)| of_setting(filled, name, label, hint))
    .collect();
    let is_open = sbatch
        .iter()
        .any(|field| !filled.typed.text(&field.name).is_empty() || field.problem.is_some());
    let partition = facts.and_then(|facts| {
        let name = filled.typed.text(PARTITION);
        let found = facts.partitions.iter().find(|partition| partition.name == name)?;
        Some(format!("{name}: {}", slurm::allows(found, facts)))
    });
    let mut cluster = of_setting(filled, CLUSTER, "Cluster", None);
    cluster.is_required = true;
    cluster.problem = cluster.problem.filter(|_| shows_missing || !filled.cluster.is_empty());
    let usual = format!("Without one it is called {}", filled.usual_name);
    let directory = "Where the job runs on the cluster; without one, where its agent is set up to";
    let directory = of_setting(filled, DIRECTORY, "Directory", Some(directory));
    let name = of_setting(filled, NAME, "Name of the script", Some(&usual));
    Settings { place: vec![cluster, directory, name], sbatch, is_open, allows: partition }
}

fn of_setting(filled: &Filled, name: &str, label: &str, hint: Option<&str>) -> Field {
    let said = |all: &[slurm::Problem]| {
        let those: Vec<_> =
            all.iter().filter(|(field, _)| *field == name).map(|(_, words)| &**words).collect();
        Some(those.join("; ")).filter(|words| !words.is_empty())
    };
    let text = filled.typed.text(name).to_owned();
    let names = filled.facts.as_ref().map(|facts| {
        offered(&facts.facts, jobbergate_types::questions::ClusterChoices::Partitions, "")
    });
    let control = match (name, names) {
        (CLUSTER, _) if filled.clusters.is_complete || !filled.clusters.all.is_empty() => {
            Control::One(clusters(filled))
        }
        (CLUSTER, _) => Control::Line("text", "text", filled.cluster.clone()),
        (MORE, _) => Control::Lines(text),
        (NODES | TASKS, _) => Control::Line("text", "numeric", text),
        (PARTITION, Some(names)) if !names.is_empty() => {
            let label = "As the script or the cluster has it".to_owned();
            let none = Offer { value: String::new(), label, is_chosen: text.is_empty() };
            Control::One(std::iter::once(none).chain(live(names, &text)).collect())
        }
        _ => Control::Line("text", "text", text),
    };
    Field {
        id: setting_id(name),
        name: name.to_owned(),
        label: label.to_owned(),
        help: None,
        hint: hint.map(str::to_owned),
        is_required: false,
        problem: said(&filled.problems),
        warning: said(&filled.warnings),
        control,
    }
}

pub(super) fn setting_id(name: &str) -> String {
    name.replace('.', "-")
}

fn clusters(filled: &Filled) -> Vec<Offer> {
    let offer = |cluster: &crate::resources::clusters::overview::Cluster| {
        let state = match &cluster.status {
            None => " (not heard of yet)",
            Some(status) if !status.is_healthy => " (not heard of now)",
            Some(_) => "",
        };
        let value = cluster.client_id.clone();
        Offer { label: format!("{value}{state}"), is_chosen: value == filled.cluster, value }
    };
    let mut offers: Vec<_> = filled.clusters.all.iter().map(offer).collect();
    if !offers.iter().any(|offer| offer.is_chosen) {
        let value = filled.cluster.clone();
        let label = match value.as_str() {
            "" if offers.is_empty() => "No cluster is connected yet".to_owned(),
            "" => "Choose one".to_owned(),
            value => format!("{value} (unknown)"),
        };
        offers.insert(0, Offer { label, value, is_chosen: true });
    }
    offers
}
