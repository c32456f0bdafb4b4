//! What was last seen of each followed job.

use chrono::{DateTime, Utc};
use jobbergate_types::SlurmJobState;
use serde_json::json;
use sqlx_macros::FromRow;

use super::{Journal, TaskEnds, group::Statement};
use crate::error::JournalError;

/// What was last seen of a followed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenJob {
    pub submission_id: i64,
    pub slurm_job_id: i64,
    pub state: SlurmJobState,
    pub reason: Option<String>,
    /// How its tasks ended, if it is an array.
    pub ends: TaskEnds,
    /// When it was submitted, as Slurm says.
    pub submit_time: Option<String>,
    pub reported: bool,
}

#[derive(FromRow)]
struct Row {
    submission_id: i64,
    slurm_job_id: i64,
    state: String,
    reason: Option<String>,
    worst: Option<String>,
    submit_time: Option<String>,
    task_ends: String,
    reported: bool,
}

fn state(name: &str) -> SlurmJobState {
    let Ok(state) = name.parse();
    state
}

impl From<Row> for SeenJob {
    fn from(row: Row) -> Self {
        Self {
            submission_id: row.submission_id,
            slurm_job_id: row.slurm_job_id,
            state: state(&row.state),
            reason: row.reason,
            ends: TaskEnds::restore(&row.task_ends, row.worst.as_deref().map(state)),
            submit_time: row.submit_time,
            reported: row.reported,
        }
    }
}

impl Journal {
    /// What was last seen of the jobs of these submissions.
    pub async fn jobs(&self, submissions: &[i64]) -> Result<Vec<SeenJob>, JournalError> {
        let statement =
            "SELECT * FROM jobs WHERE submission_id IN (SELECT value FROM json_each($1))";
        let rows: Vec<Row> =
            sqlx::query_as(statement).bind(json!(submissions)).fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(SeenJob::from).collect())
    }

    /// Notes what was seen, all or nothing.
    pub async fn saw(&self, jobs: &[SeenJob], now: DateTime<Utc>) -> Result<(), JournalError> {
        if jobs.is_empty() {
            return Ok(());
        }
        self.writer.write(None, jobs.iter().map(|job| remember(job, now)).collect()).await
    }

    pub async fn unfollow(&self, submissions: &[i64]) -> Result<(), JournalError> {
        if submissions.is_empty() {
            return Ok(());
        }
        let forget = "DELETE FROM jobs WHERE submission_id = $1";
        let statements = submissions.iter().map(|id| sqlx::query(forget).bind(*id)).collect();
        self.writer.write(None, statements).await
    }
}

fn remember(job: &SeenJob, now: DateTime<Utc>) -> Statement {
    sqlx::query(
        "INSERT INTO jobs (submission_id, slurm_job_id, state, reason, worst, reported, \
         changed_at, submit_time, task_ends) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (submission_id) DO UPDATE SET slurm_job_id = $2, state = $3, \
         reason = $4, worst = $5, reported = $6, changed_at = $7, submit_time = $8, \
         task_ends = $9",
    )
    .bind(job.submission_id)
    .bind(job.slurm_job_id)
    .bind(job.state.as_str())
    .bind(job.reason.clone())
    .bind(job.ends.others.map(SlurmJobState::as_str))
    .bind(job.reported)
    .bind(now.timestamp_millis())
    .bind(job.submit_time.clone())
    .bind(job.ends.to_string())
}
