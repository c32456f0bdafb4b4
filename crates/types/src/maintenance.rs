//! What the server answers when it is asked to tidy up.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MaintenanceStarted {
    /// In a sentence.
    pub description: String,
}
