//! What was typed into the form, as it was typed.

use jobbergate_types::questions::Question;
use serde_json::{Value, json};

use super::asked::Asked;
use crate::web::portal::fields::Fields;

/// What comes before the variable in the name of a question's field.
pub(super) const QUESTION: &str = "q.";
pub(super) const NAME: &str = "job.name";
pub(super) const CLUSTER: &str = "job.cluster";
pub(super) const DIRECTORY: &str = "job.directory";
pub(super) const PARTITION: &str = "sbatch.partition";
pub(super) const TIME: &str = "sbatch.time";
pub(super) const NODES: &str = "sbatch.nodes";
pub(super) const TASKS: &str = "sbatch.tasks";
pub(super) const ACCOUNT: &str = "sbatch.account";
pub(super) const MORE: &str = "sbatch.more";
/// All fields beside the questions that are filled in again.
pub(super) const SETTINGS: [&str; 9] =
    [NAME, CLUSTER, DIRECTORY, PARTITION, TIME, NODES, TASKS, ACCOUNT, MORE];
/// What the page itself is asked for, in its address.
pub(super) const FROM: &str = "from";
pub(super) const DEFAULTS: &str = "defaults";

/// Names and texts, in the order in which they were sent: a name may be there several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Typed(Vec<(String, String)>);

pub(super) fn field_name(question: &Question) -> String {
    format!("{QUESTION}{}", question.variable)
}

/// Whether an address needs the longer name for a question's answer.
pub(super) fn is_reserved(variable: &str) -> bool {
    [FROM, DEFAULTS].contains(&variable) || is_known(variable)
}

fn is_known(name: &str) -> bool {
    name.starts_with(QUESTION) || SETTINGS.contains(&name)
}

impl Typed {
    pub(super) fn of_form(fields: &Fields) -> Self {
        Self(fields.0.iter().filter(|(name, _)| is_known(name)).cloned().collect())
    }

    /// What an address fills in. A secret has no place there.
    pub(super) fn of_address(fields: &Fields, asked: &Asked) -> Self {
        let name = |name: &str| -> Option<String> {
            if is_known(name) {
                return Some(name.to_owned());
            }
            let mut questions = asked.questions.iter().filter(|_| !is_reserved(name));
            questions.find(|question| question.variable == name).map(field_name)
        };
        let pairs = fields.0.iter().filter_map(|(key, text)| Some((name(key)?, text.clone())));
        Self(pairs.collect()).without_secrets(asked)
    }

    pub(super) fn of_json(value: &Value) -> Self {
        serde_json::from_value(value.clone()).map(Self).unwrap_or_default()
    }

    pub(super) fn as_json(&self) -> Value {
        json!(self.0)
    }

    pub(super) fn without_secrets(mut self, asked: &Asked) -> Self {
        let secrets: Vec<_> = asked.secrets().map(field_name).collect();
        self.0.retain(|(name, _)| !secrets.contains(name));
        self
    }

    /// With what another one has beside it.
    pub(super) fn over(mut self, other: Self) -> Self {
        let more: Vec<_> = other.0.into_iter().filter(|(name, _)| !self.has(name)).collect();
        self.0.extend(more);
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        let those = self.0.iter().filter(|(known, _)| known == name);
        those.map(|(_, text)| text.as_str()).collect()
    }

    /// The last of this name, which counts, without blanks around it; nothing if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.all(name).last().map_or("", |text| text.trim())
    }

    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }
}
