//! Keys as clients send them, and what tells requests apart.

use axum::http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::http::{input::Parts, validation::Problems};

const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// The longest key, in characters.
pub(crate) const MAX_LENGTH: usize = 255;

/// The key of a request, if it has one: a string of RFC 8941 (`"…"`), or the same without the quotes.
/// What is none is added to the problems.
pub(crate) fn read(headers: &HeaderMap, problems: &mut Problems) -> Option<String> {
    let mut values = headers.get_all(HEADER).iter();
    let value = values.next()?;
    let text = value.to_str().ok();
    let key = text.filter(|_| values.next().is_none()).and_then(|text| unquoted(text.trim()));
    match key {
        Some(key) if (1..=MAX_LENGTH).contains(&key.len()) => Some(key),
        _ => {
            let place = vec!["header".into(), "Idempotency-Key".into()];
            let msg = format!(
                "Value error, a key has 1 to {MAX_LENGTH} visible ASCII characters, in double quotes \
                 or not, and there is one of it"
            );
            let input = text.unwrap_or_default().chars().take(2 * MAX_LENGTH).collect();
            problems.add(&place, "value_error", msg, &Value::String(input));
            None
        }
    }
}

fn unquoted(text: &str) -> Option<String> {
    let Some(inner) = text.strip_prefix('"') else {
        return text.chars().all(|c| c.is_ascii_graphic()).then(|| text.to_owned());
    };
    let mut characters = inner.strip_suffix('"')?.chars();
    let mut key = String::new();
    while let Some(c) = characters.next() {
        match c {
            '"' => return None,
            '\\' => key.push(characters.next().filter(|c| matches!(c, '"' | '\\'))?),
            c if c == ' ' || c.is_ascii_graphic() => key.push(c),
            _ => return None,
        }
    }
    Some(key)
}

/// What a request asks for: two that mean the same have the same, in whatever order they name it.
pub(crate) fn fingerprint(parts: &Parts) -> String {
    let mut digest = Sha256::new();
    feed_object(&mut digest, &parts.path);
    feed_object(&mut digest, &parts.query);
    feed(&mut digest, parts.json.as_ref().unwrap_or(&Value::Null));
    hex::encode(digest.finalize())
}

fn feed(digest: &mut Sha256, value: &Value) {
    match value {
        Value::Object(fields) => feed_object(digest, fields),
        Value::Array(items) => {
            digest.update("[");
            for item in items {
                feed(digest, item);
                digest.update(",");
            }
            digest.update("]");
        }
        other => digest.update(other.to_string()),
    }
}

fn feed_object(digest: &mut Sha256, fields: &Map<String, Value>) {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    digest.update("{");
    for (name, value) in fields {
        // As JSON, in which no name can be taken for something else.
        digest.update(Value::from(name.as_str()).to_string());
        digest.update(":");
        feed(digest, value);
        digest.update(",");
    }
    digest.update("}");
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use serde_json::json;

    use super::*;

    fn key(values: &[&str]) -> Result<Option<String>, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let mut problems = Problems::default();
        let key = read(&headers, &mut problems);
        match problems.0.pop() {
            Some(problem) => Err(problem.msg),
            None => Ok(key),
        }
    }

    #[test]
    fn a_key_is_a_string_with_or_without_quotes() {
        let longest = "k".repeat(MAX_LENGTH);
        for (sent, expected) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("\"8e03978e\"", "8e03978e"),
            (r#""a \"b\" \\ c""#, r#"a "b" \ c"#),
            (&longest, &longest),
        ] {
            assert_eq!(key(&[sent]), Ok(Some(expected.to_owned())), "{sent}");
        }
        assert_eq!(key(&[]), Ok(None));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let too_long = "k".repeat(MAX_LENGTH + 1);
        for sent in
            ["", "\"", "\"\"", "a b", "\"a", r#""a\x""#, "\"a\";b", "schl\u{fc}ssel", &too_long]
        {
            let problem = key(&[sent]).unwrap_err();
            assert!(problem.contains("1 to 255"), "{sent}: {problem}");
        }
        assert!(key(&["a", "a"]).is_err());
    }

    #[test]
    fn requests_that_mean_the_same_have_the_same_fingerprint() {
        let of = |json: Value| fingerprint(&Parts { json: Some(json), ..Parts::default() });
        let one = of(json!({"a": 1, "b": {"c": [1, 2], "d": null}}));
        assert_eq!(one, of(json!({"b": {"d": null, "c": [1, 2]}, "a": 1})));
        for other in [
            json!({"a": 1, "b": {"c": [2, 1], "d": null}}),
            json!({"a": "1", "b": {"c": [1, 2], "d": null}}),
            json!({"a": 1, "b": {"c": [1, 2]}}),
            json!({"a": 1, "b": {"c": [12], "d": null}}),
        ] {
            assert_ne!(one, of(other.clone()), "{other}");
        }
        let at = |id: &str| {
            let path = Map::from_iter([("id".to_owned(), id.into())]);
            fingerprint(&Parts { path, ..Parts::default() })
        };
        assert_ne!(at("1"), at("2"));
    }
}
