//! What a template asks, as data that prompts, forms and checks share.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One question of a template; its answer is a parameter of the rendering.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Question {
    /// The parameter that the answer is for.
    #[schemars(length(max = 255), extend("x-not-empty" = true))]
    pub variable: String,
    /// What answers there are.
    #[serde(default)]
    pub kind: QuestionKind,
    /// What is shown; the variable's name when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// More about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The answer if the person says nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// Whether there must be an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The least number, or the least count of choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest number, or the greatest count of choices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// A regular expression that the whole of a text matches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub pattern: Option<String>,
    /// The answers to choose from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<Choices>,
    /// Whether the path of a file or directory must be there (or must not) where it is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// When it is asked: a Jinja expression over the answers before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub when: Option<String>,
    /// The heading that it stands under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Question {
    /// What is shown.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.variable)
    }
}

/// What answers there are to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKind {
    /// Any text.
    #[default]
    Text,
    /// A text that is not shown while it is typed.
    Secret,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// One of several.
    Choice,
    /// Some of several.
    MultipleChoice,
    /// The path of a file.
    File,
    /// The path of a directory.
    Directory,
    /// Anything that JSON can say.
    Json,
}

/// Where the answers to choose from are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Choices {
    /// Here.
    These(Vec<Choice>),
    /// With the cluster that the job is for, as its agent reports it.
    Live {
        /// What of the cluster.
        cluster: ClusterChoices,
    },
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Choice {
    /// An answer that is shown by another text.
    Labelled {
        /// What is shown.
        label: String,
        /// What is answered.
        value: Value,
    },
    /// An answer that is shown as it is.
    Value(Value),
}

impl Choice {
    /// What is answered.
    #[must_use]
    pub fn value(&self) -> &Value {
        match self {
            Self::Labelled { value, .. } | Self::Value(value) => value,
        }
    }

    /// What is shown.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Labelled { label, .. } => label.clone(),
            Self::Value(Value::String(text)) => text.clone(),
            Self::Value(other) => other.to_string(),
        }
    }
}

/// What of a cluster can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClusterChoices {
    /// The names of its partitions.
    Partitions,
    /// The names of its accounts.
    Accounts,
    /// The names of its qualities of service.
    Qos,
}

/// What a template asks, and who says so.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TemplateQuestions {
    /// Where the questions come from.
    pub source: QuestionsSource,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
}

/// Where questions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionsSource {
    /// The expert wrote them with the template.
    Template,
    /// They were read in the workflow file.
    Workflow,
    /// They are the variables of the templates.
    Variables,
}
