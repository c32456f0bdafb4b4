//! Bodies of unsuccessful answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Why a request was refused, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorBody {
    /// The cause and, where there is one, the remedy.
    pub detail: String,
}

/// Everything that is wrong with the input of a request (status 422).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HTTPValidationError {
    /// One entry per problem.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub detail: Vec<ValidationError>,
}

/// One problem with the input of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ValidationError {
    /// A stable name of the kind of problem, for example `missing` or `int_parsing`.
    pub r#type: String,
    /// Where: `path`, `query` or `body`, then the names and indexes that lead to the value.
    pub loc: Vec<Location>,
    /// The problem in words.
    pub msg: String,
    /// The value that was refused.
    #[serde(default)]
    pub input: Value,
    /// Figures and names that the message speaks of.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub ctx: Map<String, Value>,
}

/// A step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(inline)]
pub enum Location {
    /// A field.
    Field(String),
    /// An index or a position.
    Index(#[schemars(with = "i64")] usize),
}

impl From<&str> for Location {
    fn from(field: &str) -> Self {
        Self::Field(field.to_owned())
    }
}
