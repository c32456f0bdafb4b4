//! How several agents share one cluster's submissions.
//!
//! Each agent has an *instance* name of its own. It claims submissions before it touches them, and
//! holds all that it claimed for as long as its *lease*, which each `POST …/agent/claims` renews.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, list::Paging};

/// How long a lease lasts, in seconds from its last renewal.
pub const LEASE_SECONDS: i64 = 20;

/// The most submissions that one request may claim.
pub const MOST_NEW_CLAIMS: i64 = 100;

/// The longest name of an instance, in characters.
pub const LONGEST_INSTANCE: usize = 64;

/// An agent renews its lease and claims what waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimsRequest {
    /// The agent's name among those of its cluster; random, and kept for ever.
    #[schemars(length(min = 1, max = 64))]
    pub instance: String,
    /// How many more of those that wait to claim, at most.
    #[schemars(range(min = 0, max = 100))]
    pub new: i64,
}

/// What an agent's request came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claims {
    /// For how long the lease holds. An agent counts from before it sent the request.
    pub lease_seconds: i64,
    /// How many of those that wait were claimed by this request.
    pub claimed: i64,
    /// How many of those that are active were taken over by this request.
    pub active: i64,
    /// Whether the instance had no lease when the request came: others may meanwhile have taken
    /// what it claimed earlier, so it has to look at all of that anew.
    #[serde(default)]
    pub lapsed: bool,
    /// How many withdrawn submissions the instance has claimed, of which it is to find out whether
    /// they have a job.
    #[serde(default)]
    pub withdrawn: i64,
}

/// A submission that was cancelled, deleted or rejected by the server when an agent had claimed it and
/// had not said whether there is a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithdrawnJobSubmission {
    /// The submission's number.
    pub id: i64,
    /// Who owned it.
    pub owner_email: String,
    /// The script that it was to run.
    pub job_script_id: i64,
    /// When that was made.
    pub job_script_created_at: Timestamp,
    /// The number of the agent's claim.
    pub claim: i64,
    /// Whether another agent may have made a job of it.
    pub inherited: bool,
}

/// Under which claim an agent speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimQuery {
    /// The number of the agent's claim.
    pub claim: i64,
}

/// Which agent hands back what it claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InstanceQuery {
    /// The agent's name among those of its cluster.
    #[schemars(length(min = 1, max = 64))]
    pub instance: String,
}

/// The largest number of submissions in one list of what an agent follows.
pub const MOST_FOLLOWED: usize = 1000;

/// Which part to list of what an agent follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FollowedQuery {
    /// The agent's name among those of its cluster.
    #[schemars(length(min = 1, max = 64))]
    pub instance: String,
    /// Only submissions whose number is larger.
    #[serde(default)]
    pub after: i64,
}

/// Whose submissions to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AgentListQuery {
    /// Only those that this agent has claimed; without it, those that no agent claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub instance: Option<String>,
    /// Which page.
    #[serde(flatten)]
    pub paging: Paging,
}
