//! Job submissions, their progress, and what an agent exchanges with the server.

mod pending;

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    Patch, SlurmJobState, Timestamp,
    job_scripts::{JobScriptBaseView, JobScriptDetailedView},
    list::ListQuery,
};

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum JobSubmissionStatus {
    /// Waiting for the cluster's agent.
    Created,
    /// Slurm has the job.
    Submitted,
    /// The agent or Slurm refused it; the report message says why.
    Rejected,
    /// The job ended well.
    Done,
    /// The job ended otherwise.
    Aborted,
    /// A user cancelled it.
    Cancelled,
}

impl JobSubmissionStatus {
    /// Every status.
    pub const ALL: [Self; 6] = [
        Self::Created,
        Self::Submitted,
        Self::Rejected,
        Self::Done,
        Self::Aborted,
        Self::Cancelled,
    ];

    /// The name as it is written in JSON and the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Submitted => "SUBMITTED",
            Self::Rejected => "REJECTED",
            Self::Done => "DONE",
            Self::Aborted => "ABORTED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl fmt::Display for JobSubmissionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What lists and a submission by itself have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionBaseView {
    /// The submission's number.
    pub id: i64,
    /// Its name, for people.
    pub name: String,
    /// Who owns it; the job runs as this person's user on the cluster.
    pub owner_email: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Whether it is hidden from lists.
    pub is_archived: bool,
    /// What it is for.
    pub description: Option<String>,
    /// The script that is run; null when it was deleted.
    pub job_script_id: Option<i64>,
    /// The number of the job in Slurm.
    pub slurm_job_id: Option<i64>,
    /// The cluster, by its agent's client id.
    pub client_id: String,
    /// Where the submission stands.
    pub status: JobSubmissionStatus,
    /// The state of the job in Slurm.
    pub slurm_job_state: Option<SlurmJobState>,
    /// The submission that this one repeats.
    pub cloned_from_id: Option<i64>,
    /// How its job waits and how its tasks stand, where the agent says it.
    #[serde(flatten)]
    pub outlook: JobOutlook,
}

/// How a job waits, and how the tasks of an array stand. What is not known, or no longer of
/// interest, is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobOutlook {
    /// Why the job, or tasks of it, wait, in Slurm's word; a sentence of the agent's where the
    /// submission is not submitted yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    pub slurm_pending_reason: Option<String>,
    /// When Slurm expects the job to start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slurm_expected_start: Option<Timestamp>,
    /// How many tasks of an array are in each state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slurm_task_counts: Option<BTreeMap<String, u64>>,
}

/// A submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionDetailedView {
    /// What lists have, too.
    #[serde(flatten)]
    pub submission: JobSubmissionBaseView,
    /// Where the job runs; the agent's default when null.
    pub execution_directory: Option<String>,
    /// Why it was rejected or ended.
    pub report_message: Option<String>,
    /// What Slurm says of the job, as JSON.
    pub slurm_job_info: Option<String>,
    /// Arguments of `sbatch`.
    pub sbatch_arguments: Option<Vec<String>>,
}

/// A submission in a list, with its script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionListView {
    /// The submission itself.
    #[serde(flatten)]
    pub submission: JobSubmissionBaseView,
    /// The script that is run.
    pub job_script: Option<JobScriptBaseView>,
}

/// A new submission.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionCreateRequest {
    /// Its name, for people.
    #[schemars(length(max = 255))]
    pub name: String,
    /// What it is for.
    #[schemars(length(max = 255))]
    pub description: Option<String>,
    /// The script to run; it must have exactly one entrypoint.
    #[schemars(range(min = 0))]
    pub job_script_id: i64,
    /// The number of the job in Slurm, when it was already submitted on site.
    #[schemars(range(min = 0), extend("x-integer-bits" = 32))]
    pub slurm_job_id: Option<i64>,
    /// Where the job runs; the agent's default when absent or empty.
    #[schemars(length(max = 255))]
    pub execution_directory: Option<String>,
    /// The cluster, by its agent's client id; the token's when absent or empty.
    #[schemars(length(max = 255))]
    pub client_id: Option<String>,
    /// Arguments of `sbatch`.
    #[schemars(length(max = 50), inner(length(max = 255)))]
    pub sbatch_arguments: Option<Vec<String>>,
}

/// Changes to a submission.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionUpdateRequest {
    /// Its name, for people; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255), extend("x-not-null" = true))]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub description: Patch<String>,
    /// Where the job runs.
    #[serde(default, skip_serializing_if = "Patch::is_absent")]
    #[schemars(length(max = 255))]
    pub execution_directory: Patch<String>,
    /// Where the submission stands; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-not-null" = true))]
    pub status: Option<JobSubmissionStatus>,
    /// Whether it is hidden from lists; not null.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-not-null" = true))]
    pub is_archived: Option<bool>,
}

/// Which submissions to list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionListQuery {
    /// Only these jobs of Slurm, as numbers separated by commas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slurm_job_ids: Option<String>,
    /// Only those that stand there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub submit_status: Option<JobSubmissionStatus>,
    /// Only those of this script.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_job_script_id: Option<i64>,
    /// Search, order and page.
    #[serde(flatten)]
    pub list: ListQuery,
}

/// A submission that waits for its agent. Fields that are null are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PendingJobSubmission {
    /// The submission's number.
    pub id: i64,
    /// Its name, for people.
    pub name: String,
    /// Who owns it; the job runs as this person's user on the cluster.
    pub owner_email: String,
    /// Where the job runs; the agent's default when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution_directory: Option<String>,
    /// Always empty; older agents read it.
    #[serde(default)]
    pub execution_parameters: Map<String, Value>,
    /// The script to run, with its files.
    #[serde(serialize_with = "pending::script_without_nulls")]
    #[schemars(with = "JobScriptDetailedView")]
    pub job_script: JobScriptDetailedView,
    /// Arguments of `sbatch`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sbatch_arguments: Option<Vec<String>>,
    /// The claim of the agent that asks; it grows whenever another agent takes the submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<i64>,
    /// Whether another agent may have begun with it: its job is to be looked for in Slurm first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited: Option<bool>,
}

/// A submission whose job the agent follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActiveJobSubmission {
    /// The submission's number.
    pub id: i64,
    /// Its name, for people.
    pub name: String,
    /// Where the submission stands; the job of a cancelled one is to be cancelled.
    pub status: JobSubmissionStatus,
    /// The number of the job in Slurm.
    pub slurm_job_id: Option<i64>,
    /// The claim of the agent that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<i64>,
}

/// An agent's word that Slurm took a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionAgentSubmittedRequest {
    /// The submission's number.
    pub id: i64,
    /// The number of the job in Slurm.
    #[schemars(range(min = 0), extend("x-integer-bits" = 32))]
    pub slurm_job_id: i64,
    /// The state of the job in Slurm.
    pub slurm_job_state: SlurmJobState,
    /// What Slurm says of the job, as JSON.
    pub slurm_job_info: String,
    /// Slurm's reason for the state.
    pub slurm_job_state_reason: Option<String>,
    /// How the job waits; what is left out is not known.
    #[serde(flatten)]
    pub outlook: JobOutlook,
    /// The claim that the agent holds; if it is given and no longer the current one, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<i64>,
}

/// An agent's word that a submission can't be run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionAgentRejectedRequest {
    /// The submission's number.
    pub id: i64,
    /// Why, in the words of Slurm or the agent.
    pub report_message: String,
    /// The claim that the agent holds; if it is given and no longer the current one, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<i64>,
}

/// An agent's word on submissions that it can't submit yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingJobSubmissionsRequest {
    /// Those that wait, a hundred at most.
    #[schemars(length(max = 100))]
    pub submissions: Vec<WaitingJobSubmission>,
}

/// A submission that can't be submitted yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WaitingJobSubmission {
    /// The submission's number.
    pub id: i64,
    /// Why it waits, in Slurm's words or the agent's; empty when nothing is in its way any more.
    #[schemars(length(max = 255))]
    pub slurm_pending_reason: String,
}

/// An agent's word that a job changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobSubmissionAgentUpdateRequest {
    /// The state of the job in Slurm.
    pub slurm_job_state: SlurmJobState,
    /// What Slurm says of the job, as JSON.
    pub slurm_job_info: String,
    /// The number of the job in Slurm; it must be the submission's.
    #[schemars(range(min = 0), extend("x-integer-bits" = 32))]
    pub slurm_job_id: Option<i64>,
    /// Slurm's reason for the state.
    pub slurm_job_state_reason: Option<String>,
    /// How the job waits and its tasks stand; what is left out is not known.
    #[serde(flatten)]
    pub outlook: JobOutlook,
    /// Whether the `slurm_job_info` that the server has stays, whatever this report says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keeps_slurm_job_info: Option<bool>,
    /// The claim that the agent holds; if it is given and no longer the current one, nothing is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<i64>,
}

/// A step in the life of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JobProgressDetail {
    /// The entry's number.
    pub id: i64,
    /// The submission.
    pub job_submission_id: i64,
    /// When it was reported.
    pub timestamp: Timestamp,
    /// The state that was reached.
    pub slurm_job_state: Option<String>,
    /// More about it.
    pub additional_info: Option<String>,
}
