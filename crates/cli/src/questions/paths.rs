//! Answers that are typed; those that are paths are looked up where they are asked for.

use std::path::Path;

use jobbergate_types::questions::{Question, QuestionKind};
use serde_json::Value;

/// The answer that a text stands for.
///
/// # Errors
/// What is wrong with it.
pub fn parse(question: &Question, text: &str) -> Result<Value, String> {
    let answer = jobbergate_questions::parse(question, text)?;
    match question.kind {
        QuestionKind::File if !text.is_empty() => file(text, question.exists)?,
        QuestionKind::Directory if !text.is_empty() => directory(text, question.exists)?,
        _ => {}
    }
    Ok(answer)
}

fn file(text: &str, exists: Option<bool>) -> Result<(), String> {
    let path = Path::new(text);
    if text.ends_with('/') {
        return Err(format!("{text:?} is not the path of a file"));
    }
    if path.exists() && !path.is_file() {
        return Err(format!("{text} is not a file"));
    }
    existence(text, exists)
}

fn directory(text: &str, exists: Option<bool>) -> Result<(), String> {
    let path = Path::new(text);
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
    use super::*;

    fn is_one(kind: QuestionKind, exists: Option<bool>, text: &str) -> bool {
        let question = Question { variable: "x".to_owned(), kind, exists, ..Question::default() };
        parse(&question, text).is_ok()
    }

    #[test]
    fn paths_are_what_they_are_to_be() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().to_str().unwrap();
        let (there, missing) = (home.to_owned(), format!("{home}/missing"));
        let (directory, file) = (QuestionKind::Directory, QuestionKind::File);
        assert!(is_one(directory, Some(true), &there));
        assert!(!is_one(directory, Some(false), &there));
        assert!(!is_one(directory, Some(true), &missing));
        assert!(!is_one(file, None, &there));
        assert!(is_one(file, None, &missing));
        assert!(!is_one(file, None, "a/"));
        assert!(!is_one(file, Some(true), &missing));
    }

    #[test]
    fn no_path_is_no_answer() {
        let mut question =
            Question { variable: "x".to_owned(), kind: QuestionKind::File, ..Question::default() };
        question.exists = Some(true);
        assert!(parse(&question, "").is_ok());
        question.required = true;
        assert_eq!(parse(&question, ""), Err("an answer is needed".to_owned()));
    }
}
