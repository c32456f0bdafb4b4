//! What an agent is told of changes that it waits for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest time that an agent may wait, in seconds: many proxies cut connections on which
/// nothing happens for a minute.
pub const LONGEST_WAIT: i64 = 30;

const fn longest_wait() -> i64 {
    LONGEST_WAIT
}

/// From where on an agent waits for changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChangesQuery {
    /// That of the last answer; without one, or with one that is not known, the answer comes at
    /// once and says that there may be anything.
    #[schemars(length(max = 255))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// After how many seconds to answer that nothing changed.
    #[serde(default = "longest_wait")]
    #[schemars(range(min = 0, max = 30))]
    pub wait: i64,
}

/// What changed for an agent's cluster since the cursor that it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// What to wait from the next time.
    pub cursor: String,
    /// Whether there may be something new to submit.
    pub pending: bool,
    /// Whether there may be something new to cancel.
    pub cancelled: bool,
    /// Whether there are requests for output of jobs; a server that has none does not say it.
    #[serde(default)]
    pub requests: bool,
}

/// From where on to stream events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct EventsQuery {
    /// The id of the last event that is known; the header `Last-Event-ID` counts more.
    #[schemars(length(max = 255))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_event_id: Option<String>,
}

/// Of which submissions to stream events, and from where on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AllEventsQuery {
    /// Only of those that the caller owns.
    #[serde(default)]
    pub user_only: bool,
    /// From where on.
    #[serde(flatten)]
    pub events: EventsQuery,
}
