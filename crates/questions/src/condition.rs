//! When a question is asked.

use jobbergate_jinja::{Condition, Environment, ErrorKind, Limits};
use jobbergate_types::questions::Question;
use serde_json::{Map, Value};

/// How long a condition may be, in bytes.
pub(crate) const LONGEST: usize = 1000;

/// Whether a question is asked, by the answers before it.
///
/// What has no answer yet is undefined in its condition; one that can't be evaluated for that,
/// such as `nodes > 1`, does not hold. A question that is not asked has no answer, or its default.
///
/// # Errors
/// What is wrong with the condition.
pub fn is_asked(question: &Question, answers: &Map<String, Value>) -> Result<bool, String> {
    let Some(when) = &question.when else { return Ok(true) };
    let condition = compile(when)?;
    let named = condition.undeclared().into_iter();
    let given = named.filter_map(|name| Some((name.to_owned(), answers.get(name)?.clone())));
    let given = given.filter(|(_, value)| !value.is_null()).collect();
    match condition.holds(&given) {
        Ok(holds) => Ok(holds),
        Err(error) if error.kind() == ErrorKind::Undefined => Ok(false),
        Err(error) => Err(format!("its condition ({when}) can't be evaluated: {error}")),
    }
}

/// A condition, if it is one.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compile(when: &str) -> Result<Condition, String> {
    let limits = Limits { source: LONGEST, steps: 20_000, memory: 64 << 20, ..Limits::default() };
    let condition = Environment::new(limits).condition(when);
    condition.map_err(|error| format!("its condition ({when}) is none: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(when: &str, answers: Value) -> Result<bool, String> {
        let question = Question { when: Some(when.to_owned()), ..Question::default() };
        is_asked(&question, answers.as_object().unwrap())
    }

    #[test]
    fn a_condition_is_over_the_answers_before_it() {
        let answers = json!({"solver": "lbm", "nodes": 4, "gpus": null, "parts": ["a"]});
        for (when, expected) in [
            ("solver == 'lbm'", true),
            ("nodes > 4", false),
            ("nodes", true),
            ("nodes > 1 and solver in ['lbm', 'fem']", true),
            ("'a' in parts", true),
            ("gpus", false),
            ("gpus > 1", false),
            ("unknown.deep.down", false),
            ("unknown is defined", false),
        ] {
            assert_eq!(asked(when, answers.clone()), Ok(expected), "{when}");
        }
        assert_eq!(is_asked(&Question::default(), &Map::new()), Ok(true));
    }

    #[test]
    fn what_is_no_condition_is_said() {
        for when in
            ["", "a ==", "a %}b{% endif %}{% if c", "a %}b{% else %}{{ c }}", "a }}", "a | nope"]
        {
            assert!(asked(when, json!({"a": 1})).unwrap_err().contains("its condition"), "{when}");
        }
        let problem = asked("'a' + 1", json!({})).unwrap_err();
        assert!(problem.contains("can't be evaluated"), "{problem}");
    }

    #[test]
    fn conditions_are_bounded() {
        for when in [
            "range(99999) | map('string') | list | join | length > 1",
            "'a' * 999999999",
            "''.__class__.__mro__",
        ] {
            assert!(asked(when, json!({})).is_err(), "{when}");
        }
        assert!(asked(&"1 + ".repeat(1000), json!({})).is_err());
    }
}
