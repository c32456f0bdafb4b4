//! What a cluster's Slurm offers and what it is doing, as its agent found it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The largest report of facts, in bytes of JSON.
pub const LARGEST_FACTS: usize = 2 * 1024 * 1024;

/// The facts of a cluster, and when they were found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterFactsView {
    /// The client id that the cluster's agent authenticates with.
    pub client_id: String,
    /// When the agent reported them.
    pub reported_at: Timestamp,
    /// What it reported.
    #[serde(flatten)]
    pub facts: ClusterFacts,
}

/// What a cluster's Slurm offers and what it is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ClusterFacts {
    /// The version of the agent; left out by those that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_version: Option<String>,
    /// The version of Slurm.
    pub slurm_version: Option<String>,
    /// The partitions that jobs may be submitted to.
    #[schemars(length(max = 1000))]
    pub partitions: Vec<Partition>,
    /// The nodes, those that are alike and do the same together.
    #[schemars(length(max = 2000))]
    pub nodes: Vec<NodeGroup>,
    /// How many jobs are in each state; each task of an array counts.
    pub jobs: BTreeMap<String, u64>,
    /// Accounts and qualities of service; null where there is no accounting.
    pub accounting: Option<Accounting>,
    /// What is not known or was left out, and why.
    #[schemars(length(max = 50))]
    pub remarks: Vec<String>,
}

/// A partition with its limits; a limit that is null is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Partition {
    /// Its name.
    pub name: String,
    /// Whether jobs go there that name none.
    pub is_default: bool,
    /// Whether Slurm's commands leave it out by default.
    pub is_hidden: bool,
    /// `UP`, `DOWN`, `DRAIN` or `INACTIVE`.
    pub state: String,
    /// Its nodes, in Slurm's notation, possibly shortened.
    pub node_names: Option<String>,
    /// How many nodes it has.
    pub total_nodes: Option<u64>,
    /// How many processors it has.
    pub total_cpus: Option<u64>,
    /// How long a job may run.
    pub max_time_minutes: Option<u64>,
    /// How long a job may run that does not say how long.
    pub default_time_minutes: Option<u64>,
    /// How many nodes a job must have at least.
    pub min_nodes: Option<u64>,
    /// How many nodes a job may have.
    pub max_nodes: Option<u64>,
    /// How many processors of a node a job may have.
    pub max_cpus_per_node: Option<u64>,
    /// How much memory of a node a job may have, in MiB.
    pub max_memory_per_node_mb: Option<u64>,
    /// How much memory a job may have for each processor, in MiB.
    pub max_memory_per_cpu_mb: Option<u64>,
    /// How much memory of a node a job has that does not say how much, in MiB.
    pub default_memory_per_node_mb: Option<u64>,
    /// The same for each processor.
    pub default_memory_per_cpu_mb: Option<u64>,
    /// The accounts that may use it; null for all.
    pub allowed_accounts: Option<Vec<String>>,
    /// The accounts that may not use it.
    pub denied_accounts: Option<Vec<String>>,
    /// The groups of users that may use it; null for all.
    pub allowed_groups: Option<Vec<String>>,
    /// The qualities of service that may use it; null for all.
    pub allowed_qos: Option<Vec<String>>,
    /// The qualities of service that may not use it.
    pub denied_qos: Option<Vec<String>>,
    /// The quality of service whose limits are those of the partition.
    pub qos: Option<String>,
}

/// Nodes that are alike and in the same state.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct NodeGroup {
    /// Their state in Slurm's word, such as `IDLE`, `MIXED`, `ALLOCATED` or `DOWN`.
    pub state: String,
    /// What else Slurm says of the state, such as `DRAIN` or `NOT_RESPONDING`.
    pub state_flags: Vec<String>,
    /// How many nodes they are.
    pub count: u64,
    /// The partitions that they are in.
    pub partitions: Vec<String>,
    /// Processors of each.
    pub cpus: u64,
    /// Memory of each, in MiB.
    pub memory_mb: u64,
    /// Features that jobs may ask for (`--constraint`).
    pub features: Vec<String>,
    /// Generic resources of each, such as `gpu:a100:4`.
    pub gres: Vec<String>,
    /// Processors in use, of all together.
    pub allocated_cpus: u64,
    /// Memory in use, in MiB, of all together.
    pub allocated_memory_mb: u64,
}

/// What the accounting database knows of who may do what.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Accounting {
    /// The accounts.
    #[schemars(length(max = 5000))]
    pub accounts: Vec<Account>,
    /// The qualities of service.
    #[schemars(length(max = 1000))]
    pub qos: Vec<Qos>,
    /// Who may use which account.
    #[schemars(length(max = 20_000))]
    pub associations: Vec<Association>,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// The account that it is part of; null for the uppermost.
    pub parent: Option<String>,
}

/// A quality of service; a limit that is null is none.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Qos {
    /// Its name.
    pub name: String,
    /// How much it adds to a job's priority.
    pub priority: Option<u64>,
    /// How long a job may run.
    pub max_time_minutes: Option<u64>,
    /// How many jobs of one user may run.
    pub max_jobs_per_user: Option<u64>,
    /// How many jobs of one user may run or wait.
    pub max_submitted_per_user: Option<u64>,
    /// What one job may have, in Slurm's notation.
    pub max_resources_per_job: Option<String>,
    /// What all jobs of one user may have, in Slurm's notation.
    pub max_resources_per_user: Option<String>,
}

/// That a user may use an account; a limit that is null is none of its own.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Association {
    /// The user of the cluster.
    pub user: String,
    /// The account.
    pub account: String,
    /// Whether it is the user's default account; null where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_default: Option<bool>,
    /// The only partition where it holds; left out for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// The qualities of service that the user may choose with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qos: Vec<String>,
    /// The quality of service of jobs that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_qos: Option<String>,
    /// How many jobs may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_jobs: Option<u64>,
    /// How many jobs may run or wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_submitted: Option<u64>,
    /// How long a job may run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_time_minutes: Option<u64>,
}
