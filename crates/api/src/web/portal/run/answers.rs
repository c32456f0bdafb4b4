//! From what was typed to answers.

use jobbergate_questions::{is_asked, parse};
use jobbergate_types::questions::{Choice, Choices, Question, QuestionKind, QuestionsSource};
use serde_json::{Map, Value};

use super::typed::{Typed, field_name};

/// What comes of one question.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Answer {
    pub(super) is_asked: bool,
    /// What its field has: what was typed, else the default.
    pub(super) texts: Vec<String>,
    pub(super) problem: Option<String>,
    /// Whether nothing was typed, and something is needed.
    pub(super) is_missing: bool,
}

/// What comes of all questions.
#[derive(Debug, Clone, Default)]
pub(super) struct Answers {
    pub(super) each: Vec<Answer>,
    pub(super) values: Map<String, Value>,
}

pub(super) fn answers(questions: &[Question], source: QuestionsSource, typed: &Typed) -> Answers {
    let mut found = Answers::default();
    for question in questions {
        let answer = match is_asked(question, &found.values) {
            Ok(true) => asked(question, source, typed, &mut found.values),
            Ok(false) => {
                let default = question.default.iter().cloned();
                let default = default.map(|value| (question.variable.clone(), value));
                found.values.extend(default);
                Answer { texts: texts(question, typed), ..Answer::default() }
            }
            Err(problem) => Answer {
                is_asked: true,
                texts: texts(question, typed),
                problem: Some(problem),
                is_missing: false,
            },
        };
        found.each.push(answer);
    }
    found
}

fn asked(
    question: &Question,
    source: QuestionsSource,
    typed: &Typed,
    values: &mut Map<String, Value>,
) -> Answer {
    let texts = texts(question, typed);
    let is_empty = texts.iter().all(|text| text.trim().is_empty());
    let value = value(question, &texts);
    // What templates use and nobody gave a default may have one in the template.
    let is_left_out =
        source == QuestionsSource::Variables && is_empty && question.default.is_none();
    match value {
        Ok(value) => {
            if !is_left_out {
                values.insert(question.variable.clone(), value);
            }
            Answer { is_asked: true, texts, problem: None, is_missing: false }
        }
        Err(problem) => {
            Answer { is_asked: true, texts, problem: Some(problem), is_missing: is_empty }
        }
    }
}

fn texts(question: &Question, typed: &Typed) -> Vec<String> {
    let name = field_name(question);
    if !typed.has(&name) {
        return question.default.as_ref().map_or_else(Vec::new, |value| shown(question, value));
    }
    let all = typed.all(&name);
    let texts = match (question.kind, &question.choices) {
        // The first, which is empty, says that the field was there.
        (QuestionKind::MultipleChoice, Some(Choices::These(_))) => {
            all.into_iter().filter(|text| !text.is_empty()).collect()
        }
        _ => all.last().copied().into_iter().collect::<Vec<_>>(),
    };
    texts.into_iter().map(str::to_owned).collect()
}

/// A value, as it is typed.
fn shown(question: &Question, value: &Value) -> Vec<String> {
    match (value, &question.choices) {
        (Value::Array(items), Some(Choices::These(choices))) => {
            items.iter().map(|item| choice_text(item, choices)).collect()
        }
        (Value::Array(items), Some(Choices::Live { .. })) => {
            let items: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            vec![items.join(", ")]
        }
        (value, Some(Choices::These(choices))) => vec![choice_text(value, choices)],
        (value, _) if question.kind == QuestionKind::Json => {
            vec![serde_json::to_string_pretty(value).unwrap_or_default()]
        }
        (Value::Null, _) => Vec::new(),
        (Value::String(text), _) => vec![text.clone()],
        (other, _) => vec![other.to_string()],
    }
}

/// What is sent for a choice: its value, as JSON where it could be taken for another one.
pub(super) fn choice_text(value: &Value, choices: &[Choice]) -> String {
    let Value::String(text) = value else { return value.to_string() };
    let is_taken = choices.iter().map(Choice::value);
    let is_taken =
        is_taken.filter(|it| !it.is_string()).map(|it| it.to_string()).any(|json| json == *text);
    if is_taken { value.to_string() } else { text.clone() }
}

fn value(question: &Question, texts: &[String]) -> Result<Value, String> {
    if texts.iter().any(|text| text.contains('\0')) {
        return Err("it has a character that can't be typed (NUL)".to_owned());
    }
    match (question.kind, &question.choices) {
        (QuestionKind::MultipleChoice, Some(Choices::These(choices))) => {
            let chosen = texts.iter().map(|text| chosen(text, choices)).collect();
            jobbergate_questions::check(question, &Value::Array(chosen))
        }
        (QuestionKind::Choice, Some(Choices::These(choices))) => {
            let chosen = texts.last().map_or(Value::Null, |text| chosen(text, choices));
            let is_none = chosen == Value::String(String::new())
                && !choices.iter().any(|choice| *choice.value() == chosen);
            let chosen = if is_none { Value::Null } else { chosen };
            jobbergate_questions::check(question, &chosen)
        }
        _ => parse(question, texts.last().map_or("", String::as_str)),
    }
}

/// The choice that was sent, else one that is shown as this, else the text itself.
fn chosen(text: &str, choices: &[Choice]) -> Value {
    let sent = choices.iter().find(|choice| choice_text(choice.value(), choices) == text);
    let found = sent.or_else(|| choices.iter().find(|choice| choice.label() == text));
    found.map_or_else(|| text.into(), |choice| choice.value().clone())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::web::portal::fields::Fields;

    fn of(questions: Value, form: &str) -> Answers {
        let questions: Vec<Question> = serde_json::from_value(questions).unwrap();
        let typed = Typed::of_form(&Fields::parse(form.as_bytes()));
        answers(&questions, QuestionsSource::Template, &typed)
    }

    fn one(question: Value, form: &str) -> Result<Value, String> {
        let mut question = question;
        question["variable"] = "x".into();
        let found = of(json!([question]), form);
        match found.each[0].problem.clone() {
            Some(problem) => Err(problem),
            None => Ok(found.values["x"].clone()),
        }
    }

    #[test]
    fn what_was_typed_becomes_an_answer_of_its_kind() {
        let choices =
            json!([{"label": "Four", "value": 4}, "4", "lbm", {"label": "lbm!", "value": "fem"}]);
        let one_of = json!({"kind": "choice", "choices": choices});
        let some_of = json!({"kind": "multiple_choice", "choices": choices});
        for (question, form, expected) in [
            (json!({}), "q.x=+a+", json!(" a ")),
            (json!({"default": "d"}), "", json!("d")),
            (json!({"default": "d"}), "q.x=", json!("")),
            (json!({"kind": "integer"}), "q.x=7", json!(7)),
            (json!({"kind": "integer", "default": 2}), "q.x=", json!(null)),
            (json!({"kind": "number"}), "q.x=0.5", json!(0.5)),
            (json!({"kind": "boolean", "default": true}), "q.x=false", json!(false)),
            (json!({"kind": "boolean", "default": false}), "q.x=false&q.x=true", json!(true)),
            (json!({"kind": "boolean"}), "", json!(null)),
            (one_of.clone(), "q.x=4", json!(4)),
            (one_of.clone(), "q.x=%224%22", json!("4")),
            (one_of.clone(), "q.x=Four", json!(4)),
            (one_of.clone(), "q.x=lbm!", json!("fem")),
            (one_of.clone(), "q.x=", json!(null)),
            (some_of.clone(), "q.x=&q.x=lbm&q.x=4", json!(["lbm", 4])),
            (some_of.clone(), "q.x=", json!([])),
            (json!({"kind": "json"}), "q.x=%5B1%5D", json!([1])),
            (json!({"kind": "file"}), "q.x=%2Fa", json!("/a")),
            (json!({"kind": "choice", "choices": {"cluster": "qos"}}), "q.x=new", json!("new")),
            (
                json!({"kind": "multiple_choice", "choices": {"cluster": "qos"}}),
                "q.x=a,+b",
                json!(["a", "b"]),
            ),
        ] {
            assert_eq!(one(question.clone(), form), Ok(expected), "{question} {form}");
        }
    }

    #[test]
    fn what_is_no_answer_is_said_and_kept() {
        for (question, form, words) in [
            (json!({"required": true}), "", "an answer is needed"),
            (json!({"kind": "integer"}), "q.x=1.5", "1.5 is not an integer"),
            (json!({"kind": "integer", "maximum": 4}), "q.x=5", "5 is out of range"),
            (json!({"pattern": "[a-z]+"}), "q.x=A", "it must match the pattern"),
            (json!({"kind": "choice", "choices": ["a"]}), "q.x=b", "\"b\" is none of"),
            (
                json!({"kind": "multiple_choice", "choices": ["a"], "required": true}),
                "q.x=",
                "an answer is needed",
            ),
            (json!({"kind": "json"}), "q.x=%5B", "this is no JSON"),
            (json!({}), "q.x=a%00", "(NUL)"),
        ] {
            let problem = one(question.clone(), form).unwrap_err();
            assert!(
                problem.starts_with(words) || problem.contains("(NUL)"),
                "{question}: {problem}"
            );
        }
        let found = of(json!([{"variable": "x", "kind": "integer", "required": true}]), "q.x=abc");
        assert_eq!(found.each[0].texts, ["abc"]);
        assert!(!found.each[0].is_missing);
        assert!(of(json!([{"variable": "x", "required": true}]), "q.x=").each[0].is_missing);
    }

    #[test]
    fn questions_are_asked_by_the_answers_before_them() {
        let questions = json!([
            {"variable": "solver", "default": "fem"},
            {"variable": "cells", "kind": "integer", "required": true, "when": "solver == 'lbm'"},
            {"variable": "order", "kind": "integer", "default": 2, "when": "solver == 'lbm'"},
        ]);
        let found = of(questions.clone(), "q.cells=7");
        assert!(!found.each[1].is_asked && found.each[1].problem.is_none());
        assert_eq!(Value::Object(found.values), json!({"solver": "fem", "order": 2}));
        assert_eq!(found.each[1].texts, ["7"], "what was typed is there when it is asked again");
        let found = of(questions, "q.solver=lbm");
        assert!(found.each[1].is_asked && found.each[1].is_missing);
    }

    #[test]
    fn what_templates_use_beside_variables_may_be_left_out() {
        let questions: Vec<Question> = serde_json::from_value(json!([{"variable": "x"}])).unwrap();
        let typed = Typed::of_form(&Fields::parse(b"q.x="));
        assert!(answers(&questions, QuestionsSource::Variables, &typed).values.is_empty());
        assert_eq!(answers(&questions, QuestionsSource::Workflow, &typed).values["x"], json!(""));
    }
}
