//! Query parameters that lists have in common.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const fn first_page() -> i64 {
    1
}

const fn usual_size() -> i64 {
    50
}

const fn yes() -> bool {
    true
}

/// Which page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paging {
    /// Which page, from 1.
    #[serde(default = "first_page")]
    #[schemars(range(min = 1))]
    pub page: i64,
    /// Rows per page.
    #[serde(default = "usual_size")]
    #[schemars(range(min = 1, max = 100))]
    pub size: i64,
}

impl Default for Paging {
    fn default() -> Self {
        Self { page: first_page(), size: usual_size() }
    }
}

/// Search, order and page of a list of templates, scripts or submissions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListQuery {
    /// Smallest first (or largest first, when false).
    #[serde(default = "yes")]
    pub sort_ascending: bool,
    /// Only what the caller owns.
    #[serde(default)]
    pub user_only: bool,
    /// Words, separated by white space, any of which must occur in the name, the description,
    /// the owner's e-mail, the identifier (templates) or the client id (submissions).
    #[schemars(length(max = 255))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// The field to sort by; `id` when absent.
    #[schemars(length(max = 255))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort_field: Option<String>,
    /// Archived rows, too.
    #[serde(default)]
    pub include_archived: bool,
    /// Accepted for older clients, without effect.
    #[serde(default)]
    pub include_parent: bool,
    /// Which page.
    #[serde(flatten)]
    pub paging: Paging,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            sort_ascending: true,
            user_only: false,
            search: None,
            sort_field: None,
            include_archived: false,
            include_parent: false,
            paging: Paging::default(),
        }
    }
}
