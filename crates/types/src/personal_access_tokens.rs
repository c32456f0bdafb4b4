//! Personal access tokens: for scripts that nobody logs in for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Patch, Timestamp};

/// A token, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonalAccessTokenView {
    /// What to delete it by.
    pub token_id: String,
    /// What it is for.
    pub name: String,
    /// What it permits, as far as its owner may still do it.
    pub permissions: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends; never if null.
    pub expires_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub last_used_at: Option<Timestamp>,
}

/// A token that has just been made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonalAccessTokenCreatedView {
    /// The token itself.
    #[serde(flatten)]
    pub details: PersonalAccessTokenView,
    /// The secret, which is shown only now.
    pub token: String,
}

/// A new token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonalAccessTokenCreateRequest {
    /// What it is for.
    #[schemars(length(max = 128))]
    pub name: String,
    /// What it permits, of what the caller's own token permits; all of that when left out.
    #[serde(default)]
    pub permissions: Option<Vec<String>>,
    /// When it ends; never if null, after 90 days when left out.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    pub expires_at: Patch<Timestamp>,
}
