//! Submissions as lists have them, without what may be long.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use jobbergate_types::{
    SlurmJobState,
    job_submissions::{JobOutlook, JobSubmissionBaseView, JobSubmissionStatus},
};
use sqlx::types::Json;
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::SubmissionRow;
use crate::error::{Error, Result};

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(crate) struct ListedRow {
    id: i32,
    name: String,
    owner_email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_archived: bool,
    description: Option<String>,
    pub(crate) job_script_id: Option<i32>,
    slurm_job_id: Option<i32>,
    client_id: String,
    status: String,
    slurm_job_state: Option<String>,
    cloned_from_id: Option<i32>,
    slurm_pending_reason: Option<String>,
    slurm_expected_start: Option<DateTime<Utc>>,
    slurm_task_counts: Option<Json<BTreeMap<String, u64>>>,
}

impl From<SubmissionRow> for ListedRow {
    fn from(row: SubmissionRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at,
            updated_at: row.updated_at,
            is_archived: row.is_archived,
            description: row.description,
            job_script_id: row.job_script_id,
            slurm_job_id: row.slurm_job_id,
            client_id: row.client_id,
            status: row.status,
            slurm_job_state: row.slurm_job_state,
            cloned_from_id: row.cloned_from_id,
            slurm_pending_reason: row.slurm_pending_reason,
            slurm_expected_start: row.slurm_expected_start,
            slurm_task_counts: row.slurm_task_counts,
        }
    }
}

impl TryFrom<ListedRow> for JobSubmissionBaseView {
    type Error = Error;

    fn try_from(row: ListedRow) -> Result<Self> {
        Ok(Self {
            status: status(&row.status)?,
            slurm_job_state: state(row.slurm_job_state.as_deref()),
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            is_archived: row.is_archived,
            description: row.description,
            job_script_id: row.job_script_id.map(Into::into),
            slurm_job_id: row.slurm_job_id.map(Into::into),
            client_id: row.client_id,
            cloned_from_id: row.cloned_from_id.map(Into::into),
            outlook: JobOutlook {
                slurm_pending_reason: row.slurm_pending_reason,
                slurm_expected_start: row.slurm_expected_start.map(Into::into),
                slurm_task_counts: row.slurm_task_counts.map(|counts| counts.0),
            },
        })
    }
}

/// A status by its name. Early Python servers knew three more ways to end.
pub(super) fn status(name: &str) -> Result<JobSubmissionStatus> {
    let found = JobSubmissionStatus::ALL.into_iter().find(|status| status.as_str() == name);
    let early = match name {
        "COMPLETED" => Some(JobSubmissionStatus::Done),
        "FAILED" | "UNKNOWN" => Some(JobSubmissionStatus::Aborted),
        _ => None,
    };
    found.or(early).ok_or_else(|| Error::internal(format!("status {name:?} in the database")))
}

pub(super) fn state(name: Option<&str>) -> Option<SlurmJobState> {
    let Ok(state) = name?.parse();
    Some(state)
}
