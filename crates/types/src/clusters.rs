//! Clusters, known by their agents' heartbeats.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// When the agent of a cluster reported last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterStatusView {
    /// The client id that the cluster's agent authenticates with.
    pub client_id: String,
    /// When the agent reported for the first time.
    pub created_at: Timestamp,
    /// When this entry was last changed.
    pub updated_at: Timestamp,
    /// When the agent reported last.
    pub last_reported: Timestamp,
    /// Seconds within which the agent promised to report again.
    pub interval: i64,
    /// Whether the agent reported within its interval.
    pub is_healthy: bool,
}

/// An agent's heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterStatusReport {
    /// Seconds until the next report.
    #[schemars(extend("exclusiveMinimum" = 0, "x-integer-bits" = 32))]
    pub interval: i64,
}
