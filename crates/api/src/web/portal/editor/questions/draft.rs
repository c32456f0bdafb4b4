//! A question as it is filled in: texts, some of which may make no sense yet.

use jobbergate_types::questions::{Choices, ClusterChoices, Question, QuestionKind};
use serde_json::{Value, json};

use super::{MOST, choices};
use crate::web::portal::fields::Fields;

/// The kinds as they are stored, and as they are called.
pub(super) const KINDS: &[(&str, &str)] = &[
    ("text", "Text"),
    ("secret", "Secret text"),
    ("integer", "Whole number"),
    ("number", "Number"),
    ("boolean", "Yes or no"),
    ("choice", "One of several"),
    ("multiple_choice", "Some of several"),
    ("file", "Path of a file"),
    ("directory", "Path of a directory"),
    ("json", "JSON"),
];

/// What is wrong with a field of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// None if it is the list as a whole.
    pub(super) index: Option<usize>,
    pub(super) field: String,
    pub(super) words: String,
}

impl Wrong {
    pub(super) fn whole(words: &str) -> Self {
        Self { index: None, field: String::new(), words: words.to_owned() }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) variable: String,
    pub(super) kind: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) default: String,
    pub(super) is_required: bool,
    pub(super) minimum: String,
    pub(super) maximum: String,
    pub(super) pattern: String,
    /// Where the choices come from: the cluster's `partitions`, …; empty if they are listed.
    pub(super) source: String,
    /// One on each line.
    pub(super) choices: String,
    /// `yes`, `no`, or nothing.
    pub(super) exists: String,
    pub(super) when: String,
    pub(super) group: String,
}

impl Draft {
    pub(super) fn of(question: &Question) -> Self {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let bound = |bound: Option<f64>| bound.map(|bound| bound.to_string()).unwrap_or_default();
        let (source, listed) = match &question.choices {
            None => (String::new(), String::new()),
            Some(Choices::Live { cluster }) => (word(json!(cluster)), String::new()),
            Some(Choices::These(list)) => (String::new(), choices::write(list)),
        };
        Self {
            variable: question.variable.clone(),
            kind: word(json!(question.kind)),
            label: text(&question.label),
            help: text(&question.help),
            default: question.default.as_ref().map(typed).unwrap_or_default(),
            is_required: question.required,
            minimum: bound(question.minimum),
            maximum: bound(question.maximum),
            pattern: text(&question.pattern),
            source,
            choices: listed,
            exists: match question.exists {
                None => "",
                Some(true) => "yes",
                Some(false) => "no",
            }
            .to_owned(),
            when: text(&question.when),
            group: text(&question.group),
        }
    }

    /// Whether something of it is said that most questions do without.
    pub(super) fn has_more(&self) -> bool {
        let rare = [
            &self.help,
            &self.group,
            &self.minimum,
            &self.maximum,
            &self.pattern,
            &self.when,
            &self.exists,
            &self.source,
            &self.choices,
        ];
        rare.iter().any(|text| !text.is_empty())
    }

    /// All questions of a form.
    pub(super) fn read_all(fields: &Fields) -> Vec<Self> {
        let is_there = |index: &usize| fields.get(&format!("q.{index}.variable")).is_some();
        (0..MOST).take_while(is_there).map(|index| Self::read(fields, index)).collect()
    }

    fn read(fields: &Fields, index: usize) -> Self {
        let field = |name: &str| fields.lines(&format!("q.{index}.{name}"));
        Self {
            variable: field("variable").trim().to_owned(),
            kind: field("kind"),
            label: field("label"),
            help: field("help"),
            default: field("default"),
            is_required: fields.get(&format!("q.{index}.required")).is_some(),
            minimum: field("minimum"),
            maximum: field("maximum"),
            pattern: field("pattern"),
            source: field("source"),
            choices: field("choices"),
            exists: field("exists"),
            when: field("when"),
            group: field("group"),
        }
    }

    /// The questions that these are, as far as they make sense, and what makes none.
    pub(super) fn questions(drafts: &[Self]) -> (Vec<Question>, Vec<Wrong>) {
        let mut wrong = Vec::new();
        let mut questions = Vec::new();
        for (index, draft) in drafts.iter().enumerate() {
            let (question, odd) = draft.question();
            questions.push(question);
            wrong.extend(odd.into_iter().map(|(field, words)| Wrong {
                index: Some(index),
                field: field.to_owned(),
                words,
            }));
        }
        (questions, wrong)
    }

    fn question(&self) -> (Question, Vec<(&'static str, String)>) {
        let mut odd = Vec::new();
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.trim().is_empty());
        let mut number = |field: &'static str, text: &str| match text.trim() {
            "" => None,
            text => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Some(number),
                _ => {
                    odd.push((field, format!("{text} is not a number")));
                    None
                }
            },
        };
        let (minimum, maximum) =
            (number("minimum", &self.minimum), number("maximum", &self.maximum));
        let kind = serde_json::from_value(json!(self.kind)).unwrap_or_else(|_| {
            odd.push(("kind", format!("{:?} is no kind of question", self.kind)));
            QuestionKind::Text
        });
        let mut question = Question {
            variable: self.variable.clone(),
            kind,
            label: text(&self.label),
            help: text(&self.help),
            default: None,
            required: self.is_required,
            minimum,
            maximum,
            pattern: Some(self.pattern.clone()).filter(|pattern| !pattern.is_empty()),
            choices: self.choices(kind),
            exists: match self.exists.as_str() {
                "yes" => Some(true),
                "no" => Some(false),
                _ => None,
            },
            when: text(&self.when),
            group: text(&self.group),
        };
        if !self.default.is_empty() {
            match jobbergate_questions::parse(&question, &self.default) {
                Ok(default) => question.default = Some(default),
                // What is no answer may be so because of something else that is wrong.
                Err(words) => odd.push(("default", words)),
            }
        }
        (question, odd)
    }

    fn choices(&self, kind: QuestionKind) -> Option<Choices> {
        let live = match self.source.as_str() {
            "partitions" => Some(ClusterChoices::Partitions),
            "accounts" => Some(ClusterChoices::Accounts),
            "qos" => Some(ClusterChoices::Qos),
            _ => None,
        };
        if let Some(cluster) = live {
            return Some(Choices::Live { cluster });
        }
        let listed = choices::read(&self.choices);
        let needs = matches!(kind, QuestionKind::Choice | QuestionKind::MultipleChoice);
        (needs || !listed.is_empty()).then_some(Choices::These(listed))
    }
}

fn word(value: Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A value as somebody would type it.
pub(in crate::web::portal::editor) fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_filled_in_is_what_was_asked() {
        let all = json!([
            {"variable": "a", "label": "A", "help": "h", "default": "x", "pattern": "x+",
             "required": true, "group": "G"},
            {"variable": "s", "kind": "secret"},
            {"variable": "n", "kind": "integer", "minimum": 1.0, "maximum": 8.0, "default": 2},
            {"variable": "f", "kind": "number", "default": 0.5, "when": "n > 1"},
            {"variable": "b", "kind": "boolean", "default": false},
            {"variable": "c", "kind": "choice", "choices": ["a|b", {"label": "Four", "value": 4}, "4"],
             "default": "a|b"},
            {"variable": "m", "kind": "multiple_choice", "choices": [1, 2], "default": [1]},
            {"variable": "p", "kind": "choice", "choices": {"cluster": "partitions"}},
            {"variable": "i", "kind": "file", "exists": true},
            {"variable": "o", "kind": "directory", "exists": false},
            {"variable": "j", "kind": "json", "default": {"t": [1.5]}},
        ]);
        let questions: Vec<Question> = serde_json::from_value(all).unwrap();
        let drafts: Vec<_> = questions.iter().map(Draft::of).collect();
        assert_eq!(Draft::questions(&drafts), (questions, Vec::new()));
    }

    #[test]
    fn what_makes_no_sense_is_told_at_its_field() {
        let draft = Draft {
            variable: "n".to_owned(),
            kind: "integer".to_owned(),
            minimum: "one".to_owned(),
            default: "x".to_owned(),
            ..Draft::default()
        };
        let (questions, wrong) = Draft::questions(&[draft]);
        let places: Vec<_> = wrong.iter().map(|wrong| wrong.field.as_str()).collect();
        assert_eq!(places, ["minimum", "default"]);
        assert_eq!(questions[0].variable, "n");
    }
}
