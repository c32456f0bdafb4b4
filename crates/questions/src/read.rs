//! Questions from a file that an expert writes by hand.

use jobbergate_types::questions::Question;
use serde_json::Value;

/// The fields of a question.
const FIELDS: [&str; 13] = [
    "variable", "kind", "label", "help", "default", "required", "minimum", "maximum", "pattern",
    "choices", "exists", "when", "group",
];

/// A list of questions as it stands in a file. Whether it makes sense is for
/// [`validate`](crate::validate()) to say.
///
/// # Errors
/// What is wrong with it, and where.
pub fn read(list: Value) -> Result<Vec<Question>, String> {
    let Value::Array(items) = list else {
        return Err("questions: it must be a list".to_owned());
    };
    let question = |(index, item): (usize, Value)| {
        one(item).map_err(|problem| format!("questions[{index}]{problem}"))
    };
    items.into_iter().enumerate().map(question).collect()
}

fn one(item: Value) -> Result<Question, String> {
    let Value::Object(fields) = item else {
        return Err(": it must be a mapping with variable, kind, label …".to_owned());
    };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!(".{unknown}: there is no such field; there are {}", FIELDS.join(", ")));
    }
    if !fields.get("variable").is_some_and(Value::is_string) {
        return Err(".variable: it must be a text".to_owned());
    }
    // One by one, to say which of them is wrong.
    for (name, value) in &fields {
        let mut alone = serde_json::Map::from_iter([("variable".to_owned(), "x".into())]);
        alone.insert(name.clone(), value.clone());
        if let Err(error) = serde_json::from_value::<Question>(alone.into()) {
            return Err(format!(".{name}: {}", explained(name, &error.to_string())));
        }
    }
    serde_json::from_value(fields.into()).map_err(|error| format!(": {error}"))
}

fn explained(field: &str, error: &str) -> String {
    match field {
        "choices" => "it must be a list of values, or of mappings with label and value, or \
                      {cluster: partitions}, accounts or qos"
            .to_owned(),
        _ => error.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_fields_are_known() {
        let full = json!({"variable": "a", "kind": "text", "label": "", "help": "", "default": 1,
            "required": true, "minimum": 1, "maximum": 1, "pattern": "", "choices": [1],
            "exists": true, "when": "", "group": ""});
        let question = read(json!([full])).unwrap();
        let written = serde_json::to_value(&question[0]).unwrap();
        let names: Vec<_> = written.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, FIELDS);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (list, expected) in [
            (json!({}), "questions: it must be a list"),
            (json!(["a"]), "questions[0]: it must be a mapping"),
            (
                json!([{"variable": "a"}, {"variable": "b", "patern": "x"}]),
                "questions[1].patern: there is no such field",
            ),
            (json!([{"kind": "text"}]), "questions[0].variable: it must be a text"),
            (json!([{"variable": 1}]), "questions[0].variable: it must be a text"),
            (
                json!([{"variable": "a", "kind": "txt"}]),
                "questions[0].kind: unknown variant `txt`, expected one of `text`",
            ),
            (json!([{"variable": "a", "choices": "b"}]), "questions[0].choices: it must be a list"),
            (
                json!([{"variable": "a", "choices": {"cluster": "nodes"}}]),
                "questions[0].choices: it must be a list",
            ),
            (json!([{"variable": "a", "minimum": "b"}]), "questions[0].minimum: invalid type"),
        ] {
            let problem = read(list).unwrap_err();
            assert!(problem.starts_with(expected), "{problem}");
        }
    }
}
