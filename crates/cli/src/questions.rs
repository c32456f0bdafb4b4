//! What a template asks: kinds of questions, and how a whole list of them is answered.
//!
//! Who has questions, wherever they come from, makes a list of [`Question`]s of them and has
//! [`answers`] answer it.

mod check;
mod prompt;
pub mod terminal;
mod variables;

use serde_json::{Map, Value};

pub use check::check;
pub use variables::of_variables;

use crate::failure::{Failure, Result};

/// Something that a person is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The parameter that the answer is for.
    pub variable: String,
    /// What is shown.
    pub label: String,
    /// More about it.
    pub help: Option<String>,
    /// What answers there are.
    pub kind: Kind,
    /// The answer if the person says nothing else.
    pub default: Option<Value>,
}

/// What answers there are to a question.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A whole number.
    Integer {
        /// The least.
        minimum: Option<i64>,
        /// The greatest.
        maximum: Option<i64>,
    },
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of several.
    Choice(Vec<Choice>),
    /// Some of several.
    MultipleChoice(Vec<Choice>),
    /// The path of a file, which must be there, must not, or either.
    File(Option<bool>),
    /// The path of a directory, likewise.
    Directory(Option<bool>),
    /// Anything that JSON can say.
    Json,
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is shown.
    pub label: String,
    /// What is answered.
    pub value: Value,
}

/// What was found for a list of questions.
#[derive(Debug, Default, PartialEq)]
pub struct Answers {
    /// By variable, in the order of the questions.
    pub all: Map<String, Value>,
    /// Those of them that nobody was asked for.
    pub defaults_used: Map<String, Value>,
}

/// Answers questions: not those whose variables are `supplied`; by their defaults, where they have
/// one and it is to be `fast`; else by asking.
///
/// # Errors
/// When somebody has to be asked and nobody is there.
pub fn answers(
    questions: &[Question],
    supplied: &Map<String, Value>,
    fast: bool,
) -> Result<Answers> {
    let is_default = |question: &Question| fast && question.default.is_some();
    let open: Vec<_> =
        questions.iter().filter(|question| !supplied.contains_key(&question.variable)).collect();
    let asked: Vec<_> = open.iter().filter(|question| !is_default(question)).collect();
    if !asked.is_empty() && !terminal::is_there() {
        let names: Vec<_> = asked.iter().map(|question| question.variable.as_str()).collect();
        let text = format!(
            "There is no terminal to ask for {} -- Please give the answers with --param-file, or \
             take the defaults with --fast",
            names.join(", ")
        );
        return Err(Failure::new("Questions need answers", text));
    }
    let mut answers = Answers::default();
    for question in open {
        let default = question.default.as_ref().filter(|_| fast);
        let answer = match default {
            Some(default) => {
                answers.defaults_used.insert(question.variable.clone(), default.clone());
                default.clone()
            }
            None => prompt::ask(question)?,
        };
        answers.all.insert(question.variable.clone(), answer);
    }
    Ok(answers)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn what_is_supplied_is_not_asked_and_fast_takes_defaults() {
        let questions = of_variables(&object(json!({"a": 1, "b": "x", "c": [true]})));
        let found = answers(&questions, &object(json!({"b": "y"})), true).unwrap();
        assert_eq!(found.all, object(json!({"a": 1, "c": [true]})));
        assert_eq!(found.defaults_used, found.all);
    }

    #[test]
    fn without_a_terminal_it_is_said_what_is_asked() {
        let questions = of_variables(&object(json!({"a": null, "b": "x"})));
        let failure = answers(&questions, &Map::new(), true);
        // A developer's terminal would be asked.
        if !terminal::is_there() {
            let Err(Failure::Refused { text, .. }) = failure else { panic!("{failure:?}") };
            assert!(text.contains("ask for a --") && text.contains("--param-file"), "{text}");
        }
    }
}
