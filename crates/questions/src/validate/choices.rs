//! Choices of an expert's question.

use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind};

use super::{LONGEST_LABEL, Wrong};

/// How many answers there may be to choose from.
pub const MOST_CHOICES: usize = 1000;

pub(super) fn wrong(question: &Question) -> Option<Wrong> {
    let is_choice = matches!(question.kind, QuestionKind::Choice | QuestionKind::MultipleChoice);
    let message = match &question.choices {
        None if is_choice => "there must be some, or {\"cluster\": …}".to_owned(),
        Some(_) if !is_choice => "only the kinds choice and multiple_choice have some".to_owned(),
        Some(Choices::These(choices)) => of_these(question, choices)?,
        None | Some(Choices::Live { .. }) => return None,
    };
    Some(("choices", message))
}

fn of_these(question: &Question, choices: &[Choice]) -> Option<String> {
    if choices.is_empty() {
        return Some("there must be some".to_owned());
    }
    if choices.len() > MOST_CHOICES {
        return Some(format!(
            "there are {}, and at most {MOST_CHOICES} are offered",
            choices.len()
        ));
    }
    let least = question.minimum.filter(|_| question.kind == QuestionKind::MultipleChoice);
    if least.is_some_and(|least| least > choices.len() as f64) {
        return Some(format!("there are fewer than the minimum, {}", choices.len()));
    }
    choices.iter().enumerate().find_map(|(at, choice)| of_one(choice, choices.get(..at)?))
}

fn of_one(choice: &Choice, before: &[Choice]) -> Option<String> {
    let label = choice.label();
    if matches!(choice, Choice::Value(value) if value.is_object() || value.is_null()) {
        return Some(format!("{label} must be a value, or an object with label and value"));
    }
    if label.chars().nth(LONGEST_LABEL).is_some() {
        return Some(format!("one has more than {LONGEST_LABEL} characters"));
    }
    if before.iter().any(|other| other.value() == choice.value()) {
        return Some(format!("{} is there twice", choice.value()));
    }
    before.iter().any(|other| other.label() == label).then(|| format!("two are shown as {label}"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn said(kind: &str, choices: Value) -> String {
        let question = json!({"variable": "x", "kind": kind, "choices": choices, "minimum": 2});
        let question = serde_json::from_value(question).unwrap();
        wrong(&question).map(|(_, message)| message).unwrap_or_default()
    }

    #[test]
    fn choices_are_there_and_can_be_told_apart() {
        assert_eq!(
            said("multiple_choice", json!([1, "1", {"label": "two", "value": 2}, null])),
            "two are shown as 1"
        );
        assert_eq!(said("choice", json!([1, 1.5, true, "", [1]])), "");
        for (kind, choices, expected) in [
            ("choice", json!(null), "there must be some"),
            ("choice", json!([]), "there must be some"),
            ("text", json!([1]), "only the kinds choice"),
            ("text", json!({"cluster": "qos"}), "only the kinds choice"),
            ("choice", json!([{"label": "a"}]), "{\"label\":\"a\"} must be a value"),
            ("choice", json!([null]), "null must be a value"),
            ("choice", json!(["a", {"label": "b", "value": "a"}]), "\"a\" is there twice"),
            ("choice", json!(["x".repeat(256)]), "one has more than 255"),
            ("choice", json!(Vec::from_iter(0..1001)), "there are 1001"),
            ("multiple_choice", json!([1]), "there are fewer than the minimum"),
        ] {
            let said = said(kind, choices);
            assert!(said.starts_with(expected), "{said}");
        }
        assert_eq!(said("choice", json!({"cluster": "qos"})), "");
    }
}
