//! Questions for a template that has variables and nothing else that asks.

use serde_json::{Map, Value};

use super::{Kind, Question};

/// One question for each variable, of the kind of its default.
pub fn of_variables(variables: &Map<String, Value>) -> Vec<Question> {
    let question = |(name, default): (&String, &Value)| Question {
        variable: name.clone(),
        label: name.clone(),
        help: None,
        kind: kind_of(default),
        default: (!default.is_null()).then(|| default.clone()),
    };
    variables.iter().map(question).collect()
}

fn kind_of(default: &Value) -> Kind {
    match default {
        Value::Bool(_) => Kind::Boolean,
        Value::Number(number) if number.is_f64() => Kind::Number,
        Value::Number(_) => Kind::Integer { minimum: None, maximum: None },
        Value::String(_) | Value::Null => Kind::Text,
        Value::Array(_) | Value::Object(_) => Kind::Json,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_variable_is_asked_for_by_the_kind_of_its_default() {
        let variables = json!({"t": "x", "i": 4, "f": 0.5, "b": false, "l": [1], "n": null});
        let questions = of_variables(variables.as_object().unwrap());
        let kinds: Vec<_> = questions.iter().map(|question| question.kind.clone()).collect();
        let integer = Kind::Integer { minimum: None, maximum: None };
        let expected = [Kind::Text, integer, Kind::Number, Kind::Boolean, Kind::Json, Kind::Text];
        assert_eq!(kinds, expected);
        assert_eq!(questions[5].default, None);
    }
}
