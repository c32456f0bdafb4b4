//! What was last seen of each followed job.

use chrono::{DateTime, Utc};
use jobbergate_types::SlurmJobState;
use sqlx::FromRow;

use super::Journal;
use crate::error::JournalError;

/// What was last seen of a followed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenJob {
    /// The submission's number.
    pub submission_id: i64,
    /// The number of the job.
    pub slurm_job_id: i64,
    /// Its state.
    pub state: SlurmJobState,
    /// Slurm's reason for the state.
    pub reason: Option<String>,
    /// The worst end of any task, if it is an array.
    pub worst: Option<SlurmJobState>,
    /// When it was submitted, as Slurm says.
    pub submit_time: Option<String>,
    /// Whether the server was told.
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
            worst: row.worst.as_deref().map(state),
            submit_time: row.submit_time,
            reported: row.reported,
        }
    }
}

impl Journal {
    /// All followed jobs.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn jobs(&self) -> Result<Vec<SeenJob>, JournalError> {
        let rows: Vec<Row> = sqlx::query_as("SELECT * FROM jobs").fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(SeenJob::from).collect())
    }

    /// Notes what was seen, all or nothing.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn saw(&self, jobs: &[SeenJob], now: DateTime<Utc>) -> Result<(), JournalError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        for job in jobs {
            sqlx::query(
                "INSERT INTO jobs (submission_id, slurm_job_id, state, reason, worst, reported, \
                 changed_at, submit_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
                 ON CONFLICT (submission_id) DO UPDATE SET slurm_job_id = $2, state = $3, \
                 reason = $4, worst = $5, reported = $6, changed_at = $7, submit_time = $8",
            )
            .bind(job.submission_id)
            .bind(job.slurm_job_id)
            .bind(job.state.as_str())
            .bind(&job.reason)
            .bind(job.worst.map(SlurmJobState::as_str))
            .bind(job.reported)
            .bind(now.timestamp_millis())
            .bind(&job.submit_time)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// Stops following jobs.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn unfollow(&self, submissions: &[i64]) -> Result<(), JournalError> {
        if submissions.is_empty() {
            return Ok(());
        }
        let mut transaction = self.pool.begin().await?;
        for id in submissions {
            sqlx::query("DELETE FROM jobs WHERE submission_id = $1")
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
