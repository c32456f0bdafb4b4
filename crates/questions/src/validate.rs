//! Whether an expert's list of questions is sound.

mod choices;

use std::{collections::BTreeSet, fmt};

use jobbergate_types::questions::{Question, QuestionKind};

use crate::{check, condition, pattern};
pub use choices::MOST_CHOICES;

/// How many questions a template may ask.
pub const MOST_QUESTIONS: usize = 200;
/// How long the name of a variable, a label or a group may be, in characters.
pub const LONGEST_LABEL: usize = 255;
/// How long help may be, in characters.
pub const LONGEST_HELP: usize = 4000;
/// How long a pattern may be, in bytes.
pub const LONGEST_PATTERN: usize = 1000;

/// What is wrong in a list of questions, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The question's place in the list, from 0; none if it is the list as a whole.
    pub index: Option<usize>,
    /// The field of the question.
    pub field: &'static str,
    /// What it is.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.index {
            Some(index) => write!(f, "questions[{index}].{}: {}", self.field, self.message),
            None => write!(f, "questions: {}", self.message),
        }
    }
}

/// What is wrong with a field.
type Wrong = (&'static str, String);

/// Everything that is wrong in a list of questions.
pub fn validate(questions: &[Question]) -> Vec<Fault> {
    if questions.len() > MOST_QUESTIONS {
        let message =
            format!("there are {}, and at most {MOST_QUESTIONS} are asked", questions.len());
        return vec![Fault { index: None, field: "", message }];
    }
    let mut faults = Vec::new();
    let mut before = BTreeSet::new();
    for (index, question) in questions.iter().enumerate() {
        let wrong = of_one(question, &before);
        faults.extend(wrong.into_iter().map(|(field, message)| Fault {
            index: Some(index),
            field,
            message,
        }));
        before.insert(question.variable.as_str());
    }
    faults
}

fn of_one(question: &Question, before: &BTreeSet<&str>) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    wrong.extend(variable(question, before));
    wrong.extend(lengths(question));
    wrong.extend(choices::wrong(question));
    wrong.extend(range(question));
    wrong.extend(pattern_of(question));
    wrong.extend(exists(question));
    wrong.extend(when(question, before));
    // Of what is wrong otherwise, nothing is an answer.
    if wrong.is_empty() {
        wrong.extend(default(question));
    }
    wrong
}

fn variable(question: &Question, before: &BTreeSet<&str>) -> Option<Wrong> {
    let name = question.variable.as_str();
    let message = match name {
        "" => "it must have a name".to_owned(),
        "data" => "data is where templates find all answers; choose another name".to_owned(),
        _ if name.chars().any(char::is_control) => "it must be one line".to_owned(),
        _ if before.contains(name) => format!("{name} is asked for by an earlier question"),
        _ => return None,
    };
    Some(("variable", message))
}

fn lengths(question: &Question) -> Vec<Wrong> {
    let texts = [
        ("variable", Some(&question.variable), LONGEST_LABEL),
        ("label", question.label.as_ref(), LONGEST_LABEL),
        ("group", question.group.as_ref(), LONGEST_LABEL),
        ("help", question.help.as_ref(), LONGEST_HELP),
    ];
    let is_long = |text: &str, most: usize| text.chars().nth(most).is_some();
    texts
        .into_iter()
        .filter(|(_, text, most)| text.is_some_and(|text| is_long(text, *most)))
        .map(|(field, _, most)| (field, format!("it has more than {most} characters")))
        .collect()
}

fn range(question: &Question) -> Option<Wrong> {
    let (minimum, maximum) = (question.minimum, question.maximum);
    let field = if minimum.is_some() { "minimum" } else { "maximum" };
    let has_range = matches!(
        question.kind,
        QuestionKind::Integer | QuestionKind::Number | QuestionKind::MultipleChoice
    );
    match (minimum, maximum) {
        (None, None) => None,
        _ if !has_range => Some((field, "only numbers and multiple choices have one".to_owned())),
        (Some(least), Some(most)) if least > most => {
            Some((field, format!("{least} is more than the maximum, {most}")))
        }
        _ => None,
    }
}

fn pattern_of(question: &Question) -> Option<Wrong> {
    let text = question.pattern.as_ref()?;
    let message = match question.kind {
        QuestionKind::Text | QuestionKind::Secret if text.len() > LONGEST_PATTERN => {
            format!("it has more than {LONGEST_PATTERN} bytes")
        }
        QuestionKind::Text | QuestionKind::Secret => pattern::compile(text).err()?,
        _ => "only texts and secrets have one".to_owned(),
    };
    Some(("pattern", message))
}

fn exists(question: &Question) -> Option<Wrong> {
    let is_path = matches!(question.kind, QuestionKind::File | QuestionKind::Directory);
    let is_odd = question.exists.is_some() && !is_path;
    is_odd.then(|| ("exists", "only files and directories do".to_owned()))
}

fn when(question: &Question, before: &BTreeSet<&str>) -> Option<Wrong> {
    let condition = match condition::compile(question.when.as_ref()?) {
        Ok(condition) => condition,
        Err(problem) => return Some(("when", problem)),
    };
    let unknown: Vec<_> =
        condition.undeclared().into_iter().filter(|name| !before.contains(name)).collect();
    if unknown.is_empty() {
        return None;
    }
    Some(("when", format!("no earlier question asks for {}", unknown.join(", "))))
}

fn default(question: &Question) -> Option<Wrong> {
    let default = question.default.as_ref()?;
    if question.kind == QuestionKind::Secret {
        let message = "a secret has none: whoever may read the template would see it";
        return Some(("default", message.to_owned()));
    }
    check(question, default).err().map(|problem| ("default", problem))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn faults(questions: Value) -> Vec<String> {
        let questions: Vec<Question> = serde_json::from_value(questions).unwrap();
        validate(&questions).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_sound_list_has_no_faults() {
        let sound = json!([
            {"variable": "name", "pattern": "[a-z]+", "default": "run", "required": true},
            {"variable": "key", "kind": "secret", "label": "Key", "help": "Of the licence"},
            {"variable": "nodes", "kind": "integer", "minimum": 1, "maximum": 8, "default": 2},
            {"variable": "share", "kind": "number", "default": 0.5, "group": "More"},
            {"variable": "restart", "kind": "boolean", "default": false, "when": "nodes > 1"},
            {"variable": "solver", "kind": "choice", "choices": ["a", {"label": "B", "value": 2}]},
            {"variable": "parts", "kind": "multiple_choice", "choices": [1, 2], "default": [1]},
            {"variable": "partition", "kind": "choice", "choices": {"cluster": "partitions"}},
            {"variable": "input", "kind": "file", "exists": true},
            {"variable": "out", "kind": "directory", "when": "restart and solver == 'a'"},
            {"variable": "extra", "kind": "json", "default": {"a": [1]}},
        ]);
        assert_eq!(faults(sound), [""; 0]);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let cases = [
            (json!({"variable": ""}), "variable: it must have a name"),
            (json!({"variable": "data"}), "variable: data is where"),
            (json!({"variable": "a\nb"}), "variable: it must be one line"),
            (json!({"variable": "x".repeat(256)}), "variable: it has more than 255 characters"),
            (json!({"variable": "a", "label": "x".repeat(256)}), "label: it has more than 255"),
            (json!({"variable": "a", "group": "x".repeat(256)}), "group: it has more than 255"),
            (json!({"variable": "a", "help": "x".repeat(4001)}), "help: it has more than 4000"),
            (json!({"variable": "a", "minimum": 1}), "minimum: only numbers"),
            (
                json!({"variable": "a", "kind": "integer", "minimum": 2, "maximum": 1}),
                "minimum: 2 is more",
            ),
            (json!({"variable": "a", "pattern": "("}), "pattern: unclosed group"),
            (
                json!({"variable": "a", "pattern": "x".repeat(1001)}),
                "pattern: it has more than 1000",
            ),
            (json!({"variable": "a", "kind": "integer", "pattern": "x"}), "pattern: only texts"),
            (json!({"variable": "a", "exists": true}), "exists: only files"),
            (json!({"variable": "a", "when": "b =="}), "when: its condition (b ==) is none"),
            (
                json!({"variable": "a", "when": "a == 1 or c"}),
                "when: no earlier question asks for a, c",
            ),
            (json!({"variable": "a", "when": "x".repeat(1001)}), "when: its condition"),
            (
                json!({"variable": "a", "kind": "integer", "default": "1"}),
                "default: \"1\" is not an",
            ),
            (
                json!({"variable": "a", "kind": "secret", "default": "1"}),
                "default: a secret has none",
            ),
            (
                json!({"variable": "a", "required": true, "default": ""}),
                "default: an answer is needed",
            ),
            (
                json!({"variable": "a", "kind": "choice", "choices": [1], "default": 2}),
                "default: 2 is none of 1",
            ),
        ];
        for (question, expected) in cases {
            let found = faults(json!([{"variable": "first"}, question]));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].starts_with(&format!("questions[1].{expected}")), "{found:?}");
        }
    }

    #[test]
    fn variables_are_asked_for_once_and_there_is_a_limit() {
        let twice = faults(json!([{"variable": "a"}, {"variable": "a"}]));
        assert_eq!(twice, ["questions[1].variable: a is asked for by an earlier question"]);
        let many: Vec<_> =
            (0..=MOST_QUESTIONS).map(|n| json!({"variable": n.to_string()})).collect();
        assert_eq!(faults(many.into()), ["questions: there are 201, and at most 200 are asked"]);
    }
}
