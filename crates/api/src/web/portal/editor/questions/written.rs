//! All questions as one text: as they stand in `jobbergate.yaml`, or as JSON.

use jobbergate_types::questions::Question;
use serde_json::{Value, json};

use super::super::details::pretty;
use crate::{
    error::{Error, Result as Answer},
    web::portal::fields::Fields,
};

/// The field with the text.
pub(super) const FIELD: &str = "written";
/// The longest text that is read, in bytes: it is done while others wait.
const LONGEST: usize = 1 << 20;
/// What the section of `jobbergate.yaml` is called.
const SECTION: &str = "questions";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Yaml,
    Json,
}

pub(super) const LANGUAGES: [Language; 2] = [Language::Yaml, Language::Json];

impl Language {
    /// As addresses and forms name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        LANGUAGES.into_iter().find(|language| language.name() == name)
    }
}

#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) language: Language,
    pub(super) text: String,
}

impl Written {
    pub(super) fn of(language: Language, questions: &[Question]) -> Answer<Self> {
        let text = match language {
            Language::Json => pretty(&json!(questions)),
            Language::Yaml => jobbergate_yaml::write_as_it_is(&json!({ SECTION: questions }))
                .map_err(Error::internal)?,
        };
        Ok(Self { language, text })
    }

    /// What a form has, if it has a text.
    pub(super) fn sent(fields: &Fields) -> Option<Self> {
        let language = Language::named(fields.text("language")).unwrap_or(Language::Json);
        fields.get(FIELD).map(|_| Self { language, text: fields.lines(FIELD) })
    }

    /// The questions in it: a list of them, or a whole `jobbergate.yaml`.
    pub(super) fn questions(&self) -> Result<Vec<Question>, String> {
        if self.text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        let value = match (self.language, self.text.trim()) {
            (_, "") => Value::Null,
            (Language::Json, text) => {
                serde_json::from_str(text).map_err(|error| format!("It is no JSON: {error}"))?
            }
            (Language::Yaml, text) => jobbergate_yaml::read(text)?,
        };
        jobbergate_questions::read(match value {
            Value::Null => json!([]),
            Value::Object(mut document) => match document.remove(SECTION) {
                Some(Value::Null) => json!([]),
                Some(list) => list,
                None => return Err(format!("it must be a list, or have a section {SECTION}")),
            },
            list => list,
        })
    }
}
