//! The way of a submission into Slurm: intended, attempted, then a job or a rejection.

use chrono::{DateTime, Utc};
use jobbergate_types::job_submissions::PendingJobSubmission;
use sqlx_macros::FromRow;

use super::Journal;
use crate::{error::JournalError, tag::Tag};

/// What is known of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    /// What tells it from another of the same number.
    pub origin: String,
    /// What its job carries in the comment.
    pub tag: Tag,
    /// The user that the job runs as.
    pub account: String,
    pub phase: Phase,
    /// Whether the server knows.
    pub settled: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Slurm certainly has no job of it.
    Planned,
    /// `sbatch` was started; Slurm may have a job of it.
    Attempted { at: DateTime<Utc> },
    /// Slurm has a job of it.
    Submitted { slurm_job_id: i64 },
    /// It can't be run.
    Rejected { message: String },
}

impl Entry {
    /// What tells a submission from one of the same number of a server that was set up anew.
    pub fn origin_of(pending: &PendingJobSubmission) -> String {
        let script = &pending.job_script.script;
        format!("{}@{}", script.id, script.created_at)
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    origin: String,
    tag: String,
    account: String,
    attempted_at: Option<i64>,
    slurm_job_id: Option<i64>,
    rejection: Option<String>,
    settled: bool,
}

impl From<Row> for Entry {
    fn from(row: Row) -> Self {
        let phase = match row {
            Row { slurm_job_id: Some(slurm_job_id), .. } => Phase::Submitted { slurm_job_id },
            Row { rejection: Some(message), .. } => Phase::Rejected { message },
            Row { attempted_at: Some(at), .. } => {
                Phase::Attempted { at: DateTime::from_timestamp_millis(at).unwrap_or_default() }
            }
            _ => Phase::Planned,
        };
        let tag = Tag::restore(row.tag);
        let Row { id, origin, account, settled, .. } = row;
        Self { id, origin, tag, account, phase, settled }
    }
}

impl Journal {
    /// What is known of a submission.
    pub async fn entry(&self, id: i64) -> Result<Option<Entry>, JournalError> {
        let row: Option<Row> = sqlx::query_as("SELECT * FROM submissions WHERE id = $1")
            .bind(id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(row.map(Entry::from))
    }

    /// The submissions that were attempted without a known outcome, and those whose outcome the
    /// server does not know yet.
    pub async fn unsettled(&self) -> Result<Vec<Entry>, JournalError> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT * FROM submissions WHERE settled = 0 ORDER BY id")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }

    /// The submissions of which Slurm has a job.
    pub async fn with_jobs(&self) -> Result<Vec<Entry>, JournalError> {
        let rows: Vec<Row> =
            sqlx::query_as("SELECT * FROM submissions WHERE slurm_job_id IS NOT NULL")
                .fetch_all(&self.pool)
                .await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }

    /// The submissions whose rejection the server acknowledged.
    pub async fn rejected(&self) -> Result<Vec<i64>, JournalError> {
        let statement = "SELECT id FROM submissions WHERE settled = 1 AND rejection IS NOT NULL";
        Ok(sqlx::query_scalar(statement).fetch_all(&self.pool).await?)
    }

    /// Notes that `sbatch` is about to be started: from here on Slurm may have a job.
    ///
    /// # Errors
    /// When the journal can't be written; `sbatch` must not be started then.
    pub async fn attempt(
        &self,
        id: i64,
        origin: &str,
        tag: &Tag,
        account: &str,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let statement = sqlx::query(
            "INSERT INTO submissions (id, origin, tag, account, attempted_at, changed_at) \
             VALUES ($1, $2, $3, $4, $5, $5) ON CONFLICT (id) DO UPDATE SET \
             origin = $2, tag = $3, account = $4, attempted_at = $5, changed_at = $5",
        )
        .bind(id)
        .bind(origin.to_owned())
        .bind(tag.to_string())
        .bind(account.to_owned())
        .bind(now.timestamp_millis());
        self.writer.write(vec![statement]).await.map(drop)
    }

    /// Notes that the last attempt certainly came to nothing.
    pub async fn came_to_nothing(&self, id: i64, now: DateTime<Utc>) -> Result<(), JournalError> {
        self.change(
            "UPDATE submissions SET attempted_at = NULL, changed_at = $2 WHERE id = $1",
            id,
            now,
        )
        .await
    }

    /// Notes the job of a submission.
    pub async fn submitted(
        &self,
        id: i64,
        slurm_job_id: i64,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let update = "UPDATE submissions SET slurm_job_id = $2, changed_at = $3 WHERE id = $1";
        let statement =
            sqlx::query(update).bind(id).bind(slurm_job_id).bind(now.timestamp_millis());
        self.writer.write(vec![statement]).await.map(drop)
    }

    /// Notes a job that another agent made of a submission; it carries no tag.
    pub async fn adopt(
        &self,
        id: i64,
        origin: &str,
        account: &str,
        slurm_job_id: i64,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let statement = sqlx::query(
            "INSERT INTO submissions (id, origin, tag, account, slurm_job_id, changed_at) \
             VALUES ($1, $2, '', $3, $4, $5) ON CONFLICT (id) DO NOTHING",
        )
        .bind(id)
        .bind(origin.to_owned())
        .bind(account.to_owned())
        .bind(slurm_job_id)
        .bind(now.timestamp_millis());
        self.writer.write(vec![statement]).await.map(drop)
    }

    /// Notes why a submission can't be run.
    pub async fn rejected_because(
        &self,
        id: i64,
        origin: &str,
        message: &str,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let statement = sqlx::query(
            "INSERT INTO submissions (id, origin, tag, account, rejection, changed_at) \
             VALUES ($1, $2, '', '', $3, $4) ON CONFLICT (id) DO UPDATE SET \
             rejection = $3, attempted_at = NULL, changed_at = $4",
        )
        .bind(id)
        .bind(origin.to_owned())
        .bind(message.to_owned())
        .bind(now.timestamp_millis());
        self.writer.write(vec![statement]).await.map(drop)
    }

    /// Notes that the server knows the outcome, or that nobody is left to tell.
    pub async fn settle(&self, id: i64, now: DateTime<Utc>) -> Result<(), JournalError> {
        self.change("UPDATE submissions SET settled = 1, changed_at = $2 WHERE id = $1", id, now)
            .await
    }

    /// Forgets a submission of which Slurm certainly has no job.
    pub async fn forget(&self, id: i64) -> Result<(), JournalError> {
        let statement = sqlx::query("DELETE FROM submissions WHERE id = $1").bind(id);
        self.writer.write(vec![statement]).await?;
        self.forget_failures(id).await
    }

    async fn change(
        &self,
        statement: &'static str,
        id: i64,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let statement = sqlx::query(statement).bind(id).bind(now.timestamp_millis());
        self.writer.write(vec![statement]).await.map(drop)
    }
}
