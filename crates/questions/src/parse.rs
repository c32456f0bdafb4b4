//! Answers that are typed.

use jobbergate_types::questions::{Choices, Question, QuestionKind};
use serde_json::Value;

use crate::check::{any_number, check, whole_number};

/// The answer that a typed text stands for. An empty one is none where a text is no answer.
///
/// Of several choices, commas are between them; a JSON list says it, too.
///
/// # Errors
/// What is wrong with it.
pub fn parse(question: &Question, text: &str) -> Result<Value, String> {
    check(question, &read(question, text)?)
}

fn read(question: &Question, text: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    match question.kind {
        QuestionKind::Text
        | QuestionKind::Secret
        | QuestionKind::File
        | QuestionKind::Directory => Ok(text.into()),
        QuestionKind::Choice => Ok(chosen(question, text)),
        QuestionKind::MultipleChoice => Ok(several(question, trimmed)),
        _ if trimmed.is_empty() => Ok(Value::Null),
        QuestionKind::Integer => {
            whole_number(text).map(Value::Number).ok_or_else(|| format!("{text} is not an integer"))
        }
        QuestionKind::Number => {
            any_number(text).map(Value::Number).ok_or_else(|| format!("{text} is not a number"))
        }
        QuestionKind::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" => Ok(Value::Bool(true)),
            "n" | "no" | "false" => Ok(Value::Bool(false)),
            _ => Err("answer y or n".to_owned()),
        },
        QuestionKind::Json => {
            serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))
        }
    }
}

/// The choice that is shown or answered as `text`, else the text itself.
fn chosen(question: &Question, text: &str) -> Value {
    let choices = match &question.choices {
        Some(Choices::These(choices)) => choices.as_slice(),
        _ => &[],
    };
    let text = text.trim();
    let is_it = |value: &Value| match value {
        Value::String(value) => value == text,
        other => {
            let json = other.to_string();
            json == text
        }
    };
    let by_label = choices.iter().find(|choice| choice.label() == text);
    let found = by_label.or_else(|| choices.iter().find(|choice| is_it(choice.value())));
    found.map_or_else(|| text.into(), |choice| choice.value().clone())
}

fn several(question: &Question, text: &str) -> Value {
    if let Ok(list @ Value::Array(_)) = serde_json::from_str(text) {
        return list;
    }
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts.map(|part| chosen(question, part)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(question: Value, text: &str) -> Result<Value, String> {
        let mut question = question;
        question["variable"] = "x".into();
        parse(&serde_json::from_value(question).unwrap(), text)
    }

    #[test]
    fn numbers_are_typed_as_such() {
        let ranks = json!({"kind": "integer", "minimum": 1});
        assert_eq!(parsed(ranks.clone(), " 7 "), Ok(json!(7)));
        assert_eq!(parsed(ranks.clone(), "0"), Err("0 is out of range [1, ∞]".to_owned()));
        assert_eq!(parsed(ranks.clone(), "x"), Err("x is not an integer".to_owned()));
        assert_eq!(parsed(ranks, "1.0"), Err("1.0 is not an integer".to_owned()));
        let share = json!({"kind": "number"});
        assert_eq!(parsed(share.clone(), "1e-3"), Ok(json!(0.001)));
        assert_eq!(parsed(share.clone(), "4"), Ok(json!(4)));
        for wrong in ["nan", "inf", "1,5"] {
            assert!(parsed(share.clone(), wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_empty_line_is_no_answer() {
        assert_eq!(parsed(json!({"kind": "integer"}), ""), Ok(json!(null)));
        assert_eq!(parsed(json!({"kind": "text"}), ""), Ok(json!("")));
        assert_eq!(parsed(json!({"kind": "multiple_choice"}), " "), Ok(json!([])));
        for kind in ["integer", "text", "json", "boolean", "multiple_choice", "file"] {
            let problem = parsed(json!({"kind": kind, "required": true}), "");
            assert_eq!(problem, Err("an answer is needed".to_owned()), "{kind}");
        }
    }

    #[test]
    fn json_is_json_and_yes_is_true() {
        assert_eq!(parsed(json!({"kind": "json"}), "[1, \"a\"]"), Ok(json!([1, "a"])));
        let problem = parsed(json!({"kind": "json"}), "[1").unwrap_err();
        assert!(problem.starts_with("this is no JSON"), "{problem}");
        assert_eq!(parsed(json!({"kind": "boolean"}), "Yes"), Ok(json!(true)));
        assert_eq!(parsed(json!({"kind": "boolean"}), "maybe"), Err("answer y or n".to_owned()));
    }

    #[test]
    fn choices_are_typed_as_they_are_shown_or_answered() {
        let one = json!({"kind": "choice", "choices": [{"label": "Four", "value": 4}, "lbm"]});
        for (text, value) in [("Four", json!(4)), ("4", json!(4)), (" lbm ", json!("lbm"))] {
            assert_eq!(parsed(one.clone(), text), Ok(value));
        }
        assert!(parsed(one.clone(), "five").unwrap_err().contains("is none of"));
        let some = json!({"kind": "multiple_choice", "choices": one["choices"]});
        assert_eq!(parsed(some.clone(), "lbm, Four"), Ok(json!(["lbm", 4])));
        assert_eq!(parsed(some, "[4]"), Ok(json!([4])));
    }
}
