//! The way of a submission into Slurm: attempted, then a job or a rejection. What may follow what
//! is said in [`machine`](super::machine).

use chrono::{DateTime, Utc};
use jobbergate_types::{Timestamp, job_submissions::PendingJobSubmission};
use serde_json::json;
use sqlx::SqliteConnection;
use sqlx_macros::FromRow;

use super::{
    Journal,
    group::Statement,
    machine::{Event, State},
};
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
    /// The server's number for this agent's claim of it.
    pub claim: Option<i64>,
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
        Self::origin(script.id, script.created_at)
    }

    /// The same of a submission of this script.
    pub fn origin(script: i64, created_at: Timestamp) -> String {
        format!("{script}@{created_at}")
    }

    /// A submission that another agent made a job of, whose tag and user are these.
    pub fn of_another(pending: &PendingJobSubmission, tag: Tag, account: &str) -> Self {
        let (id, origin, claim) = (pending.id, Self::origin_of(pending), pending.claim);
        Self { tag, claim, ..Self::unknown(id, origin, account) }
    }

    /// A submission of which no more is known than whose it is.
    pub fn unknown(id: i64, origin: String, account: &str) -> Self {
        let (tag, account) = (Tag::none(), account.to_owned());
        Self { id, origin, tag, account, phase: Phase::Planned, settled: false, claim: None }
    }

    /// Whether it is of a submission of this script, rather than of one of the same number.
    pub fn is_of_script(&self, script: Option<i64>) -> bool {
        script.is_some_and(|script| self.origin.starts_with(&format!("{script}@")))
    }

    /// When `sbatch` was begun whose outcome is not known.
    pub const fn attempted_at(&self) -> Option<DateTime<Utc>> {
        match self.phase {
            Phase::Attempted { at } => Some(at),
            _ => None,
        }
    }

    /// Where it stands.
    pub const fn state(&self) -> State {
        match self.phase {
            Phase::Planned => State::Planned,
            Phase::Attempted { .. } => State::Attempted,
            Phase::Submitted { slurm_job_id: job } if self.settled => State::Reported { job },
            Phase::Submitted { slurm_job_id: job } => State::Submitted { job },
            Phase::Rejected { .. } if self.settled => State::Closed,
            Phase::Rejected { .. } => State::Rejected,
        }
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
    claim: Option<i64>,
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
        let Row { id, origin, account, settled, claim, .. } = row;
        Self { id, origin, tag, account, phase, settled, claim }
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

    /// Those of these submissions of which Slurm has a job.
    pub async fn with_jobs(&self, ids: &[i64]) -> Result<Vec<Entry>, JournalError> {
        let statement = "SELECT * FROM submissions WHERE slurm_job_id IS NOT NULL \
                         AND id IN (SELECT value FROM json_each($1))";
        let rows: Vec<Row> =
            sqlx::query_as(statement).bind(json!(ids)).fetch_all(&self.pool).await?;
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
        claim: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let event = Event::Attempt;
        let statement = sqlx::query(
            "INSERT INTO submissions (id, origin, tag, account, attempted_at, changed_at, claim) \
             VALUES ($1, $2, $3, $4, $5, $5, $6) ON CONFLICT (id) DO UPDATE SET \
             origin = $2, tag = $3, account = $4, attempted_at = $5, changed_at = $5, claim = $6",
        )
        .bind(id)
        .bind(origin.to_owned())
        .bind(tag.to_string())
        .bind(account.to_owned())
        .bind(now.timestamp_millis())
        .bind(claim);
        self.change(id, event, statement).await
    }

    /// Notes that the last attempt certainly came to nothing.
    pub async fn came_to_nothing(&self, id: i64, now: DateTime<Utc>) -> Result<(), JournalError> {
        let statement = "UPDATE submissions SET attempted_at = NULL, changed_at = $2 WHERE id = $1";
        self.note(id, Event::ComeToNothing, statement, now).await
    }

    /// Notes the job of a submission.
    pub async fn submitted(
        &self,
        id: i64,
        slurm_job_id: i64,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let event = Event::Have { job: slurm_job_id };
        let statement = sqlx::query(
            "UPDATE submissions SET slurm_job_id = $2, rejection = NULL, changed_at = $3 \
             WHERE id = $1",
        )
        .bind(id)
        .bind(slurm_job_id)
        .bind(now.timestamp_millis());
        self.change(id, event, statement).await
    }

    /// Notes a job that another agent made of a submission. One of a Python agent's carries no tag.
    pub async fn adopt(
        &self,
        entry: &Entry,
        slurm_job_id: i64,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let (id, event) = (entry.id, Event::Have { job: slurm_job_id });
        let statement = sqlx::query(
            "INSERT INTO submissions \
             (id, origin, tag, account, slurm_job_id, changed_at, claim) \
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET origin = $2, \
             tag = $3, account = $4, slurm_job_id = $5, rejection = NULL, changed_at = $6, claim = $7",
        )
        .bind(entry.id)
        .bind(entry.origin.clone())
        .bind(entry.tag.to_string())
        .bind(entry.account.clone())
        .bind(slurm_job_id)
        .bind(now.timestamp_millis())
        .bind(entry.claim);
        self.change(id, event, statement).await
    }

    /// Notes why a submission can't be run.
    pub async fn rejected_because(
        &self,
        id: i64,
        origin: &str,
        message: &str,
        claim: Option<i64>,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let event = Event::Reject;
        let statement = sqlx::query(
            "INSERT INTO submissions (id, origin, tag, account, rejection, changed_at, claim) \
             VALUES ($1, $2, '', '', $3, $4, $5) ON CONFLICT (id) DO UPDATE SET \
             rejection = $3, attempted_at = NULL, changed_at = $4, claim = $5",
        )
        .bind(id)
        .bind(origin.to_owned())
        .bind(message.to_owned())
        .bind(now.timestamp_millis())
        .bind(claim);
        self.change(id, event, statement).await
    }

    /// Notes that the server knows the outcome, or that nobody is left to tell.
    pub async fn settle(&self, id: i64, now: DateTime<Utc>) -> Result<(), JournalError> {
        let statement = "UPDATE submissions SET settled = 1, changed_at = $2 WHERE id = $1";
        self.note(id, Event::Acknowledge, statement, now).await
    }

    /// Forgets a submission of which Slurm certainly has no job: its owner wants another try.
    pub async fn reopen(&self, id: i64) -> Result<(), JournalError> {
        self.forget(id, Event::Reopen).await
    }

    /// Forgets a submission whose number another one has by now.
    pub async fn replace(&self, id: i64) -> Result<(), JournalError> {
        self.forget(id, Event::Replace).await
    }

    /// Notes that this agent holds another claim of a submission than before.
    pub async fn claimed(&self, id: i64, claim: i64) -> Result<(), JournalError> {
        let statement = sqlx::query("UPDATE submissions SET claim = $2 WHERE id = $1");
        self.writer.write(None, vec![statement.bind(id).bind(claim)]).await
    }

    async fn forget(&self, id: i64, why: Event) -> Result<(), JournalError> {
        let statement = sqlx::query("DELETE FROM submissions WHERE id = $1").bind(id);
        self.change(id, why, statement).await?;
        self.forget_failures(id).await
    }

    async fn note(
        &self,
        id: i64,
        event: Event,
        statement: &'static str,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let statement = sqlx::query(statement).bind(id).bind(now.timestamp_millis());
        self.change(id, event, statement).await
    }

    async fn change(
        &self,
        id: i64,
        event: Event,
        statement: Statement,
    ) -> Result<(), JournalError> {
        self.writer.write(Some((id, event)), vec![statement]).await
    }
}

/// # Errors
/// When the event can't happen to the submission as it stands. Then nothing may change: what is
/// known of a job stays known.
pub(super) async fn check(
    connection: &mut SqliteConnection,
    id: i64,
    event: Event,
) -> Result<(), JournalError> {
    let row: Option<Row> = sqlx::query_as("SELECT * FROM submissions WHERE id = $1")
        .bind(id)
        .fetch_optional(connection)
        .await?;
    let state = row.map_or(State::Unknown, |row| Entry::from(row).state());
    if state.after(event).is_none() {
        tracing::error!(submission = id, %state, %event, "this can't happen: nothing is done");
        return Err(JournalError::Impossible { submission: id, state, event });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_can_not_happen_is_an_error_and_no_job_is_lost() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).await.unwrap();
        let (tag, now) = (Tag::new(7, 1), Utc::now());
        journal.attempt(7, "1@x", &tag, "alice", Some(3), now).await.unwrap();
        let again = journal.attempt(7, "1@x", &Tag::new(7, 2), "alice", Some(4), now).await;
        assert!(matches!(again, Err(JournalError::Impossible { .. })), "{again:?}");
        journal.submitted(7, 5, now).await.unwrap();
        for refused in [
            journal.submitted(7, 9, now).await,
            journal.rejected_because(7, "1@x", "no", None, now).await,
            journal.came_to_nothing(7, now).await,
            journal.reopen(7).await,
        ] {
            let said = refused.unwrap_err().to_string();
            assert!(said.contains("7") && said.contains("submitted as job 5"), "{said}");
        }
        let entry = journal.entry(7).await.unwrap().unwrap();
        assert_eq!((entry.state(), entry.claim), (State::Submitted { job: 5 }, Some(3)));
        assert_eq!(entry.tag, tag);
    }
}
