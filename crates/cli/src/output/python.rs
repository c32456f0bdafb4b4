//! Values as Python prints them.

use serde_json::Value;

/// `str(value)`: texts are as they are.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => representation(other),
    }
}

/// `repr(value)`.
fn representation(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(representation).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(entries) => {
            let entries: Vec<_> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", quoted(key), representation(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut quoted = String::from(quote);
    for c in text.chars() {
        match c {
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if c == quote => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push(quote);
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::text;

    #[test]
    fn values_look_as_in_python() {
        for (value, expected) in [
            (json!(null), "None"),
            (json!(true), "True"),
            (json!("it's"), "it's"),
            (json!(["a", "it's", "\"'"]), r#"['a', "it's", '"\'']"#),
            (json!({"a": 1, "b": [1.5, null]}), "{'a': 1, 'b': [1.5, None]}"),
            (json!(["\u{1b}\n"]), r"['\x1b\n']"),
        ] {
            assert_eq!(text(&value), expected);
        }
    }
}
