//! The answers to all questions.

use jobbergate_types::questions::Question;
use serde_json::{Map, Value};

use crate::{check, is_asked};

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The question's variable.
    pub variable: String,
    /// What it is.
    pub message: String,
}

/// Checks answers and adds the defaults of what is not answered. What no question asks for stays
/// as it is, and `null` stays no answer.
///
/// # Errors
/// What is wrong with them, all at once.
pub fn complete(
    questions: &[Question],
    answers: Map<String, Value>,
) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut answers = answers;
    let mut problems = Vec::new();
    for question in questions {
        if let Err(message) = complete_one(question, &mut answers) {
            problems.push(Problem { variable: question.variable.clone(), message });
        }
    }
    if problems.is_empty() { Ok(answers) } else { Err(problems) }
}

fn complete_one(question: &Question, answers: &mut Map<String, Value>) -> Result<(), String> {
    let is_asked = is_asked(question, answers)?;
    match (answers.get(&question.variable), &question.default) {
        (Some(Value::Null), _) if !is_asked => {}
        (Some(given), _) => {
            check(question, given)?;
        }
        (None, Some(default)) => {
            answers.insert(question.variable.clone(), default.clone());
        }
        (None, None) if is_asked => {
            check(question, &Value::Null)?;
        }
        (None, None) => {}
    }
    Ok(())
}

/// What is wrong with answers, all at once.
pub fn check_all(questions: &[Question], answers: &Map<String, Value>) -> Vec<Problem> {
    complete(questions, answers.clone()).err().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn questions() -> Vec<Question> {
        serde_json::from_value(json!([
            {"variable": "solver", "kind": "choice", "choices": ["lbm", "fem"], "required": true},
            {"variable": "grid", "kind": "integer", "required": true, "when": "solver == 'lbm'"},
            {"variable": "order", "kind": "integer", "default": 2, "when": "solver == 'fem'"},
            {"variable": "mail", "pattern": "[^@]+@[^@]+"},
        ]))
        .unwrap()
    }

    #[test]
    fn defaults_are_added_and_other_parameters_stay() {
        let given = object(json!({"solver": "lbm", "grid": 4, "other": [1], "mail": null}));
        let expected =
            object(json!({"solver": "lbm", "grid": 4, "other": [1], "mail": null, "order": 2}));
        assert_eq!(complete(&questions(), given), Ok(expected));
    }

    #[test]
    fn all_problems_are_said_at_once() {
        let problem = |variable: &str, message: &str| Problem {
            variable: variable.to_owned(),
            message: message.to_owned(),
        };
        let given = object(json!({"solver": "lbm", "order": "x", "mail": "nobody"}));
        let expected = [
            problem("grid", "an answer is needed"),
            problem("order", "\"x\" is not an integer"),
            problem("mail", "it must match the pattern [^@]+@[^@]+"),
        ];
        assert_eq!(check_all(&questions(), &given), expected);
        let nothing = check_all(&questions(), &Map::new());
        assert_eq!(nothing, [problem("solver", "an answer is needed")]);
    }

    #[test]
    fn what_is_not_asked_may_have_no_answer() {
        let given = object(json!({"solver": "fem", "grid": null}));
        assert_eq!(check_all(&questions(), &given), []);
    }
}
