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
    /// When the cluster's Slurm last answered its agent; left out when the agent does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slurm_answered_at: Option<Timestamp>,
    /// Why Slurm does not answer its agent; left out while it does, when the agent does not say, and
    /// when it is away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slurm_problem: Option<String>,
    /// When the oldest submission was created that waits for an agent and that no agent with a lease
    /// has claimed; left out when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_waiting_at: Option<Timestamp>,
}

/// An agent's heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterStatusReport {
    /// Seconds until the next report.
    #[schemars(extend("exclusiveMinimum" = 0, "x-integer-bits" = 32))]
    pub interval: i64,
    /// Seconds since Slurm last answered the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0), extend("x-integer-bits" = 32))]
    pub slurm_silent_seconds: Option<i64>,
    /// Why Slurm does not answer, if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1000))]
    pub slurm_problem: Option<String>,
}
