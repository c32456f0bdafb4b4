//! Whether a typed answer is one.

use std::path::Path;

use serde_json::Value;

use super::Kind;

/// The answer that a text stands for.
///
/// # Errors
/// What is wrong with it.
pub fn check(kind: &Kind, text: &str) -> Result<Value, String> {
    match kind {
        Kind::Integer { minimum, maximum } => integer(text, *minimum, *maximum).map(Value::from),
        Kind::Number => {
            let number = text.trim().parse().ok().and_then(serde_json::Number::from_f64);
            number.map(Value::Number).ok_or_else(|| format!("{text} is not a number"))
        }
        Kind::Boolean => match text.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "true" => Ok(Value::Bool(true)),
            "n" | "no" | "false" => Ok(Value::Bool(false)),
            _ => Err("answer y or n".to_owned()),
        },
        Kind::Json => {
            serde_json::from_str(text).map_err(|error| format!("this is no JSON: {error}"))
        }
        Kind::File(exists) => file(text, *exists).map(|()| text.into()),
        Kind::Directory(exists) => directory(text, *exists).map(|()| text.into()),
        Kind::Text | Kind::Choice(_) | Kind::MultipleChoice(_) => Ok(text.into()),
    }
}

fn integer(text: &str, minimum: Option<i64>, maximum: Option<i64>) -> Result<i64, String> {
    let number: i64 = text.trim().parse().map_err(|_| format!("{text} is not an integer"))?;
    if minimum.is_some_and(|least| number < least) || maximum.is_some_and(|most| number > most) {
        let shown =
            |bound: Option<i64>, open: &str| bound.map_or(open.to_owned(), |b| b.to_string());
        let (least, most) = (shown(minimum, "-∞"), shown(maximum, "∞"));
        return Err(format!("{number} is out of range [{least}, {most}]"));
    }
    Ok(number)
}

fn file(text: &str, exists: Option<bool>) -> Result<(), String> {
    let path = Path::new(text);
    if text.is_empty() || text.ends_with('/') {
        return Err(format!("{text:?} is not the path of a file"));
    }
    if path.exists() && !path.is_file() {
        return Err(format!("{text} is not a file"));
    }
    existence(text, exists)
}

fn directory(text: &str, exists: Option<bool>) -> Result<(), String> {
    let path = Path::new(text);
    if text.is_empty() {
        return Err("a path is needed".to_owned());
    }
    if path.exists() && !path.is_dir() {
        return Err(format!("{text} is not a directory"));
    }
    existence(text, exists)
}

fn existence(text: &str, wanted: Option<bool>) -> Result<(), String> {
    match (wanted, Path::new(text).exists()) {
        (Some(true), false) => Err(format!("{text} does not exist")),
        (Some(false), true) => Err(format!("{text} exists already")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_within_their_range() {
        let ranks = Kind::Integer { minimum: Some(1), maximum: None };
        assert_eq!(check(&ranks, " 7 "), Ok(json!(7)));
        assert_eq!(check(&ranks, "0"), Err("0 is out of range [1, ∞]".to_owned()));
        assert_eq!(check(&ranks, "x"), Err("x is not an integer".to_owned()));
        assert_eq!(check(&Kind::Number, "1e-3"), Ok(json!(0.001)));
        for wrong in ["", "nan", "inf", "1,5"] {
            assert!(check(&Kind::Number, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn paths_are_what_they_are_to_be() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().to_str().unwrap();
        let (there, missing) = (home.to_owned(), format!("{home}/missing"));
        assert!(check(&Kind::Directory(Some(true)), &there).is_ok());
        assert!(check(&Kind::Directory(Some(false)), &there).is_err());
        assert!(check(&Kind::Directory(Some(true)), &missing).is_err());
        assert!(check(&Kind::File(None), &there).is_err());
        assert!(check(&Kind::File(None), &missing).is_ok());
        assert!(check(&Kind::File(None), "a/").is_err() && check(&Kind::File(None), "").is_err());
        assert!(check(&Kind::File(Some(true)), &missing).is_err());
    }

    #[test]
    fn json_is_json() {
        assert_eq!(check(&Kind::Json, "[1, \"a\"]"), Ok(json!([1, "a"])));
        assert!(check(&Kind::Json, "[1").unwrap_err().starts_with("this is no JSON"));
    }
}
