//! Where jobs write, for when Slurm has forgotten them.

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use super::Journal;
use crate::error::JournalError;

/// How the task of a job that is no array is written down.
const NO_TASK: i64 = -1;

/// Where a job, or a task of it, writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputFiles {
    pub submission_id: i64,
    pub slurm_job_id: i64,
    pub task: Option<u32>,
    /// The user that it runs as.
    pub account: String,
    /// None if it is not known for sure.
    pub stdout: Option<String>,
    pub stderr: Option<String>,
}

#[derive(FromRow)]
struct Row {
    submission_id: i64,
    slurm_job_id: i64,
    task: i64,
    account: String,
    stdout: Option<String>,
    stderr: Option<String>,
}

impl From<Row> for OutputFiles {
    fn from(row: Row) -> Self {
        let Row { submission_id, slurm_job_id, task, account, stdout, stderr } = row;
        let task = u32::try_from(task).ok();
        Self { submission_id, slurm_job_id, task, account, stdout, stderr }
    }
}

impl Journal {
    /// Notes where jobs write, all or nothing.
    pub async fn write_to(
        &self,
        files: &[OutputFiles],
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        if files.is_empty() {
            return Ok(());
        }
        let statements = files.iter().map(|file| {
            sqlx::query(
                "INSERT INTO outputs \
                 (submission_id, slurm_job_id, task, account, stdout, stderr, changed_at) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (submission_id, task) DO UPDATE \
                 SET slurm_job_id = $2, account = $4, stdout = $5, stderr = $6, changed_at = $7",
            )
            .bind(file.submission_id)
            .bind(file.slurm_job_id)
            .bind(file.task.map_or(NO_TASK, i64::from))
            .bind(file.account.clone())
            .bind(file.stdout.clone())
            .bind(file.stderr.clone())
            .bind(now.timestamp_millis())
        });
        self.writer.write(None, statements.collect()).await
    }

    /// Where the tasks of a submission's job wrote, or the job itself.
    pub async fn outputs(
        &self,
        submission_id: i64,
        slurm_job_id: i64,
    ) -> Result<Vec<OutputFiles>, JournalError> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT submission_id, slurm_job_id, task, account, stdout, stderr FROM outputs \
             WHERE submission_id = $1 AND slurm_job_id = $2 ORDER BY task",
        )
        .bind(submission_id)
        .bind(slurm_job_id)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(OutputFiles::from).collect())
    }

    /// The state in which the job of a submission was seen last, as long as it is followed.
    pub async fn seen_state(&self, submission_id: i64) -> Result<Option<String>, JournalError> {
        let statement = "SELECT state FROM jobs WHERE submission_id = $1";
        let state = sqlx::query_scalar(statement).bind(submission_id);
        Ok(state.fetch_optional(&self.pool).await?)
    }
}
