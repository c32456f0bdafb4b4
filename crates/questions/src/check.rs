//! Whether a value is an answer.

use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind};
use serde_json::Value;

use crate::pattern;

/// So much of a value is shown in what is said of it, in characters.
const SHOWN: usize = 80;
/// So many choices are named in what is said of a wrong one.
const NAMED: usize = 10;

/// A value as the answer to a question. Choices that a cluster has and paths are not looked up.
///
/// Nothing (`null`, an empty text, no choice) is an answer unless one is required.
///
/// # Errors
/// What is wrong with it.
pub fn check(question: &Question, value: &Value) -> Result<Value, String> {
    if is_nothing(question, value) {
        return if question.required {
            Err("an answer is needed".to_owned())
        } else {
            Ok(value.clone())
        };
    }
    match question.kind {
        QuestionKind::Text | QuestionKind::Secret => text(question, value)?,
        QuestionKind::Integer => integer(question, value)?,
        QuestionKind::Number => number(question, value)?,
        QuestionKind::Boolean if value.is_boolean() => {}
        QuestionKind::Boolean => return Err(format!("{} is neither true nor false", shown(value))),
        QuestionKind::Choice => one(question, value)?,
        QuestionKind::MultipleChoice => some(question, value)?,
        QuestionKind::File | QuestionKind::Directory => {
            path(value)?;
        }
        QuestionKind::Json => {}
    }
    Ok(value.clone())
}

/// Whether it says nothing.
fn is_nothing(question: &Question, value: &Value) -> bool {
    let is_open =
        question.choices.is_none() || matches!(question.choices, Some(Choices::Live { .. }));
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() && is_open && question.kind != QuestionKind::Json,
        Value::Array(items) => items.is_empty() && question.kind == QuestionKind::MultipleChoice,
        _ => false,
    }
}

fn text(question: &Question, value: &Value) -> Result<(), String> {
    let text =
        value.as_str().ok_or_else(|| format!("it must be a text, not {}", kind_of(value)))?;
    question.pattern.as_ref().map_or(Ok(()), |pattern| pattern::check(pattern, text))
}

fn integer(question: &Question, value: &Value) -> Result<(), String> {
    match value.as_f64() {
        Some(number) if value.is_i64() || value.is_u64() => range(question, number, value),
        _ => Err(format!("{} is not an integer", shown(value))),
    }
}

fn number(question: &Question, value: &Value) -> Result<(), String> {
    let number = value.as_f64().ok_or_else(|| format!("{} is not a number", shown(value)))?;
    range(question, number, value)
}

fn range(question: &Question, number: f64, value: &Value) -> Result<(), String> {
    let (minimum, maximum) = (question.minimum, question.maximum);
    if minimum.is_some_and(|least| number < least) || maximum.is_some_and(|most| number > most) {
        let shown =
            |bound: Option<f64>, open: &str| bound.map_or(open.to_owned(), |b| b.to_string());
        let (least, most) = (shown(minimum, "-∞"), shown(maximum, "∞"));
        return Err(format!("{value} is out of range [{least}, {most}]"));
    }
    Ok(())
}

fn one(question: &Question, value: &Value) -> Result<(), String> {
    match &question.choices {
        Some(Choices::These(choices)) if choices.iter().any(|choice| choice.value() == value) => {
            Ok(())
        }
        Some(Choices::These(choices)) => {
            Err(format!("{} is none of {}", shown(value), names(choices)))
        }
        Some(Choices::Live { .. }) | None if value.is_string() => Ok(()),
        Some(Choices::Live { .. }) | None => {
            Err(format!("it must be a text, not {}", kind_of(value)))
        }
    }
}

fn some(question: &Question, value: &Value) -> Result<(), String> {
    let items =
        value.as_array().ok_or_else(|| format!("it must be a list, not {}", kind_of(value)))?;
    items.iter().try_for_each(|item| one(question, item))?;
    let count = items.len();
    let counted =
        |count: f64| format!("{count} {}", if count == 1.0 { "choice" } else { "choices" });
    let chosen = count as f64;
    match (question.minimum, question.maximum) {
        (Some(least), _) if chosen < least => {
            Err(format!("at least {} must be made", counted(least)))
        }
        (_, Some(most)) if chosen > most => Err(format!("at most {} may be made", counted(most))),
        _ => Ok(()),
    }
}

fn path(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("it must be a path, not {}", kind_of(value)))
}

fn names(choices: &[Choice]) -> String {
    let named = choices.iter().take(NAMED).map(|choice| shown(choice.value()));
    let more = choices.len().saturating_sub(NAMED);
    let names = named.collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

/// A value as JSON, shortened.
fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use jobbergate_types::questions::ClusterChoices;
    use serde_json::json;

    use super::*;

    fn question(value: Value) -> Question {
        let mut value = value;
        value["variable"] = "x".into();
        serde_json::from_value(value).unwrap()
    }

    fn problem(of: Value, value: Value) -> String {
        check(&question(of), &value).unwrap_err()
    }

    #[test]
    fn an_answer_is_of_the_kind_of_the_question() {
        let cases = [
            ("text", json!("a"), json!(1), "it must be a text, not a number"),
            ("secret", json!("a"), json!(["s3cret"]), "it must be a text, not a list"),
            ("integer", json!(7), json!("7"), "\"7\" is not an integer"),
            ("integer", json!(u64::MAX), json!(7.0), "7.0 is not an integer"),
            ("number", json!(0.5), json!("0.5"), "\"0.5\" is not a number"),
            ("number", json!(1), json!(true), "true is not a number"),
            ("boolean", json!(false), json!("yes"), "\"yes\" is neither true nor false"),
            ("boolean", json!(true), json!(1), "1 is neither true nor false"),
            ("file", json!("/a"), json!(1), "it must be a path, not a number"),
            ("directory", json!("a"), json!({}), "it must be a path, not an object"),
        ];
        for (kind, right, wrong, said) in cases {
            assert_eq!(check(&question(json!({"kind": kind})), &right), Ok(right));
            assert_eq!(problem(json!({"kind": kind}), wrong), said);
        }
        for any in [json!({"a": [1]}), json!(""), json!([]), json!(null)] {
            assert_eq!(check(&question(json!({"kind": "json"})), &any), Ok(any));
        }
    }

    #[test]
    fn nothing_is_an_answer_unless_one_is_required() {
        let nothing = [
            ("text", json!("")),
            ("text", json!(null)),
            ("integer", json!(null)),
            ("boolean", json!(null)),
            ("multiple_choice", json!([])),
            ("file", json!("")),
            ("json", json!(null)),
        ];
        for (kind, value) in nothing {
            assert_eq!(check(&question(json!({"kind": kind})), &value), Ok(value.clone()));
            let required = json!({"kind": kind, "required": true});
            assert_eq!(problem(required, value), "an answer is needed");
        }
        let optional = json!({"pattern": "[a-z]+", "minimum": 1});
        assert!(check(&question(optional), &json!("")).is_ok());
    }

    #[test]
    fn numbers_are_within_their_range() {
        let ranks = json!({"kind": "integer", "minimum": 1});
        assert!(check(&question(ranks.clone()), &json!(1)).is_ok());
        assert_eq!(problem(ranks, json!(0)), "0 is out of range [1, ∞]");
        let share = json!({"kind": "number", "minimum": 0.5, "maximum": 1});
        assert_eq!(problem(share, json!(1.5)), "1.5 is out of range [0.5, 1]");
    }

    #[test]
    fn a_choice_is_one_of_those_there_are() {
        let solvers = json!({"kind": "choice", "choices": ["lbm", {"label": "Four", "value": 4}]});
        for right in [json!("lbm"), json!(4)] {
            assert!(check(&question(solvers.clone()), &right).is_ok());
        }
        assert_eq!(problem(solvers.clone(), json!("Four")), "\"Four\" is none of \"lbm\", 4");
        assert_eq!(problem(solvers, json!("")), "\"\" is none of \"lbm\", 4");
        let many = json!({"kind": "choice", "choices": Vec::from_iter(0..12)});
        assert!(problem(many, json!(12)).ends_with("8, 9 and 2 more"));
        let empty = json!({"kind": "choice", "required": true, "choices": ["", "a"]});
        assert!(check(&question(empty), &json!("")).is_ok());
    }

    #[test]
    fn choices_are_counted() {
        let some =
            json!({"kind": "multiple_choice", "choices": [1, 2, 3], "minimum": 2, "maximum": 2});
        assert!(check(&question(some.clone()), &json!([1, 3])).is_ok());
        assert_eq!(problem(some.clone(), json!([1])), "at least 2 choices must be made");
        assert_eq!(problem(some.clone(), json!([1, 2, 3])), "at most 2 choices may be made");
        assert_eq!(problem(some.clone(), json!([1, 4])), "4 is none of 1, 2, 3");
        assert_eq!(problem(some, json!(1)), "it must be a list, not a number");
    }

    #[test]
    fn what_a_cluster_has_is_not_judged() {
        let mut partition = question(json!({"kind": "choice"}));
        partition.choices = Some(Choices::Live { cluster: ClusterChoices::Partitions });
        assert!(check(&partition, &json!("gpu")).is_ok());
        assert!(check(&partition, &json!(1)).is_err());
    }

    #[test]
    fn values_are_shown_shortened() {
        let long = problem(json!({"kind": "integer"}), json!("x".repeat(1000)));
        assert!(long.chars().count() < 120, "{long}");
    }
}
