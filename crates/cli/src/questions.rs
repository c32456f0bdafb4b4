//! What a template asks, and how a whole list of questions is answered.
//!
//! Who has questions, wherever they come from, makes a list of [`Question`]s of them and has
//! [`answers`] answer it.

pub mod keys;
pub mod line;
pub mod live;
mod paths;
mod prompt;
pub mod terminal;

use jobbergate_questions::{check, is_asked};
use jobbergate_types::questions::Question;
use serde_json::{Map, Value};

pub use paths::parse;
pub use prompt::ask;

use crate::{
    failure::{Failure, Result},
    output::{self, printable},
};

pub(crate) const UNANSWERED: &str = "Questions need answers";

/// What was found for a list of questions.
#[derive(Debug, Default, PartialEq)]
pub struct Answers {
    /// By variable, in the order of the questions.
    pub all: Map<String, Value>,
    /// Those of them that nobody was asked for.
    pub defaults_used: Map<String, Value>,
}

/// Answers questions: not those whose variables are `supplied`; by their defaults, where they have
/// one and it is to be `fast`; else by asking. What is not to be asked, by its `when`, or because
/// it is to be `fast` and none is needed, has its default as the answer, or none.
///
/// # Errors
/// When somebody has to be asked and nobody is there.
pub fn answers(
    questions: &[Question],
    supplied: &Map<String, Value>,
    fast: bool,
) -> Result<Answers> {
    let mut answers = Answers::default();
    let mut known = supplied.clone();
    let mut heading = None;
    for (at, question) in questions.iter().enumerate() {
        if supplied.contains_key(&question.variable) {
            continue;
        }
        let answer = if !is_open(question, &known)? || !needs_answer(question, fast) {
            question.default.clone()
        } else if let (true, Some(default)) = (fast, &question.default) {
            answers.defaults_used.insert(question.variable.clone(), default.clone());
            Some(default.clone())
        } else {
            let rest = questions.get(at..).unwrap_or_default();
            if !terminal::is_there() {
                return Err(unanswered(rest, &known, fast));
            }
            if question.group != heading {
                heading.clone_from(&question.group);
                heading.iter().for_each(|group| output::tell(&format!("\n{}\n", printable(group))));
            }
            Some(ask(question)?)
        };
        if let Some(answer) = answer {
            known.insert(question.variable.clone(), answer.clone());
            answers.all.insert(question.variable.clone(), answer);
        }
    }
    Ok(answers)
}

/// Refuses what is no answer to the question that it is given for.
///
/// # Errors
/// If there is any; all of it at once.
pub fn check_supplied(questions: &[Question], supplied: &Map<String, Value>) -> Result<()> {
    let problem = |question: &Question| {
        let given = supplied.get(&question.variable).filter(|value| !value.is_null())?;
        let problem = check(question, given).err()?;
        Some(format!("{}: {problem}", question.variable))
    };
    let problems: Vec<_> = questions.iter().filter_map(problem).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Failure::new("Invalid answers", problems.join("\n")))
}

/// Whether it is asked, by the answers so far.
fn is_open(question: &Question, known: &Map<String, Value>) -> Result<bool> {
    is_asked(question, known)
        .map_err(|problem| Failure::new(UNANSWERED, format!("{}: {problem}", question.variable)))
}

/// Whether it takes a default or a person.
fn needs_answer(question: &Question, fast: bool) -> bool {
    !fast || question.required || question.default.is_some()
}

/// That somebody has to be asked and nobody is there.
pub(crate) fn nobody_to_ask(variables: &[&str], fast: bool) -> Failure {
    let or_else = if fast { "" } else { ", or take the defaults with --fast" };
    let variables = variables.join(", ");
    let text = format!(
        "There is no terminal to ask for {variables} -- Please give the answers with -p \
         NAME=VALUE or --param-file{or_else}"
    );
    Failure::new(UNANSWERED, text)
}

/// That nobody is there to be asked, naming all that will have to be.
fn unanswered(questions: &[Question], known: &Map<String, Value>, fast: bool) -> Failure {
    let (mut known, mut names) = (known.clone(), Vec::new());
    for question in questions {
        let name = &question.variable;
        if known.contains_key(name) {
            continue;
        }
        match &question.default {
            Some(default) if fast => drop(known.insert(name.clone(), default.clone())),
            _ if needs_answer(question, fast) && is_asked(question, &known).unwrap_or_default() => {
                names.push(name.as_str());
            }
            _ => {}
        }
    }
    nobody_to_ask(&names, fast)
}

#[cfg(test)]
mod tests {
    use jobbergate_questions::derive::from_variables;
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    fn questions(value: Value) -> Vec<Question> {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_supplied_is_not_asked_and_fast_takes_defaults() {
        let questions = from_variables(&object(json!({"a": 1, "b": "x", "c": [true]})), &[]);
        let found = answers(&questions, &object(json!({"b": "y"})), true).unwrap();
        assert_eq!(found.all, object(json!({"a": 1, "c": [true]})));
        assert_eq!(found.defaults_used, found.all);
    }

    #[test]
    fn what_is_not_asked_has_its_default_or_no_answer() {
        let questions = questions(json!([
            {"variable": "solver", "default": "fem"},
            {"variable": "grid", "when": "solver == 'lbm'"},
            {"variable": "order", "kind": "integer", "default": 2, "when": "solver == 'lbm'"},
            {"variable": "parts", "default": "all", "when": "solver == 'fem' and order == 2"},
        ]));
        let found = answers(&questions, &Map::new(), true).unwrap();
        assert_eq!(found.all, object(json!({"solver": "fem", "order": 2, "parts": "all"})));
        assert_eq!(found.defaults_used, object(json!({"solver": "fem", "parts": "all"})));
    }

    #[test]
    fn what_is_supplied_is_checked_all_at_once() {
        let questions = questions(json!([
            {"variable": "n", "kind": "integer", "required": true},
            {"variable": "p", "pattern": "[a-z]+"},
            {"variable": "m", "pattern": "[a-z]+"},
        ]));
        let wrong = object(json!({"n": "x", "p": "A", "m": "a", "other": 1}));
        let Err(Failure::Refused { text, .. }) = check_supplied(&questions, &wrong) else {
            panic!("it was taken");
        };
        assert_eq!(text, "n: \"x\" is not an integer\np: it must match the pattern [a-z]+");
        assert!(check_supplied(&questions, &object(json!({"n": null, "p": ""}))).is_ok());
    }

    #[test]
    fn without_a_terminal_it_is_said_what_is_asked() {
        let questions = questions(json!([
            {"variable": "a", "required": true},
            {"variable": "b", "default": "x"},
            {"variable": "c", "kind": "secret"},
            {"variable": "d", "required": true, "when": "b == 'y'"},
            {"variable": "e", "required": true, "when": "b == 'x'"},
        ]));
        for (fast, names, has_fast) in [(true, "a, e", false), (false, "a, b, c", true)] {
            let failure = unanswered(&questions, &Map::new(), fast);
            let Failure::Refused { text, .. } = failure else { panic!("{failure:?}") };
            assert!(text.contains(&format!("ask for {names} -- Please give")), "{text}");
            assert!(text.contains("-p NAME=VALUE or --param-file"), "{text}");
            assert_eq!(text.contains("--fast"), has_fast, "{text}");
            if terminal::is_there() {
                eprintln!("skipped: that nobody is asked, as there is a terminal");
                continue;
            }
            let failure = answers(&questions, &Map::new(), fast);
            let Err(Failure::Refused { text: said, .. }) = failure else { panic!("{failure:?}") };
            assert_eq!(said, text);
        }
    }

    #[test]
    fn fast_leaves_out_what_needs_no_answer() {
        let questions = questions(json!([
            {"variable": "key", "kind": "secret"},
            {"variable": "cells", "kind": "integer", "default": 2, "required": true},
            {"variable": "results", "kind": "directory", "exists": false},
        ]));
        let found = answers(&questions, &Map::new(), true).unwrap();
        assert_eq!(found.all, object(json!({"cells": 2})));
    }
}
