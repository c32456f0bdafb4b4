//! Questions of a template that has variables and nothing else that asks.

use jobbergate_jinja::Template;
use jobbergate_types::questions::{Question, QuestionKind};
use serde_json::{Map, Value};

/// The variable that has the answers when a script is made.
pub const ANSWERS: &str = "data";

/// One question for each variable: those with defaults, each of the kind of its default, then
/// those that templates use beside them.
pub fn from_variables(template_vars: &Map<String, Value>, undeclared: &[String]) -> Vec<Question> {
    let others = undeclared.iter().filter(|name| !template_vars.contains_key(*name));
    let others = others.map(|name| Question { variable: name.clone(), ..Question::default() });
    template_vars.iter().map(with_default).chain(others).collect()
}

/// The parameters that a template uses, at top level or, as older ones have them, under `data`.
pub fn used_by(template: &Template) -> Vec<String> {
    let names = template.undeclared().unwrap_or_default();
    let nested = template.undeclared_attributes(ANSWERS);
    names.into_iter().filter(|name| *name != ANSWERS).chain(nested).map(str::to_owned).collect()
}

fn with_default((name, default): (&String, &Value)) -> Question {
    Question {
        variable: name.clone(),
        kind: kind_of(default),
        // A number is not left out, a text may be empty.
        required: !matches!(default, Value::String(_) | Value::Null),
        default: (!default.is_null()).then(|| default.clone()),
        ..Question::default()
    }
}

fn kind_of(default: &Value) -> QuestionKind {
    match default {
        Value::Bool(_) => QuestionKind::Boolean,
        Value::Number(number) if number.is_f64() => QuestionKind::Number,
        Value::Number(_) => QuestionKind::Integer,
        Value::String(_) | Value::Null => QuestionKind::Text,
        Value::Array(_) | Value::Object(_) => QuestionKind::Json,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_is_asked_for_by_the_kind_of_its_default() {
        let variables = json!({"t": "x", "i": 4, "f": 0.5, "b": false, "l": [1], "n": null});
        let questions = from_variables(variables.as_object().unwrap(), &[]);
        let kinds: Vec<_> = questions.iter().map(|question| question.kind).collect();
        let expected = [
            QuestionKind::Text,
            QuestionKind::Integer,
            QuestionKind::Number,
            QuestionKind::Boolean,
            QuestionKind::Json,
            QuestionKind::Text,
        ];
        assert_eq!(kinds, expected);
        assert_eq!(questions[5].default, None);
    }

    #[test]
    fn templates_use_parameters_at_top_level_or_under_data() {
        let environment = jobbergate_jinja::Environment::new(Default::default());
        let source = "{{ data.a }}{% for i in range(data['b']) %}{{ i }}{{ c }}{% endfor %}";
        assert_eq!(used_by(&environment.parse(source).unwrap()), ["c", "a", "b"]);
        assert_eq!(used_by(&environment.parse("{{ x | nope }}").unwrap()), [""; 0]);
    }

    #[test]
    fn what_templates_use_beside_is_asked_for_after_them() {
        let variables = json!({"b": 1});
        let used = ["a", "b"].map(str::to_owned);
        let questions = from_variables(variables.as_object().unwrap(), &used);
        let names: Vec<_> = questions.iter().map(|question| &*question.variable).collect();
        assert_eq!(names, ["b", "a"]);
        assert!(!questions[1].required && questions[1].default.is_none());
    }
}
