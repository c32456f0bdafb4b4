//! Submissions whose `sbatch` keeps failing.

use chrono::{DateTime, Utc};
use sqlx::FromRow;

use super::Journal;
use crate::error::JournalError;

/// What kind of failure it is that repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// `sbatch`, or what stands in its place, said no.
    Refused,
    /// Slurm was not reached, or did not answer.
    Unreachable,
}

impl FailureKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
        }
    }
}

/// An unbroken row of failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// Their kind.
    pub kind: FailureKind,
    /// When the first was.
    pub since: DateTime<Utc>,
    /// How many.
    pub times: i64,
    /// What was said last.
    pub words: String,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    since: i64,
    times: i64,
    words: String,
}

impl From<Row> for Failures {
    fn from(row: Row) -> Self {
        let refused = row.kind == FailureKind::Refused.name();
        Self {
            kind: if refused { FailureKind::Refused } else { FailureKind::Unreachable },
            since: DateTime::from_timestamp_millis(row.since).unwrap_or_default(),
            times: row.times,
            words: row.words,
        }
    }
}

impl Journal {
    /// The failures of a submission that nothing else came between.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn failures(&self, id: i64) -> Result<Option<Failures>, JournalError> {
        let statement = "SELECT kind, since, times, words FROM failures WHERE submission_id = $1";
        let row: Option<Row> =
            sqlx::query_as(statement).bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(Failures::from))
    }

    /// Notes one more failure; one of another kind begins a new row.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn failed(
        &self,
        id: i64,
        kind: FailureKind,
        words: &str,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        sqlx::query(
            "INSERT INTO failures (submission_id, kind, since, times, words) \
             VALUES ($1, $2, $3, 1, $4) ON CONFLICT (submission_id) DO UPDATE SET \
             since = CASE kind WHEN $2 THEN since ELSE $3 END, \
             times = CASE kind WHEN $2 THEN times + 1 ELSE 1 END, kind = $2, words = $4",
        )
        .bind(id)
        .bind(kind.name())
        .bind(now.timestamp_millis())
        .bind(words)
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Forgets the failures of a submission.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn forget_failures(&self, id: i64) -> Result<(), JournalError> {
        let statement = "DELETE FROM failures WHERE submission_id = $1";
        sqlx::query(statement).bind(id).execute(&self.pool).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[tokio::test]
    async fn failures_of_one_kind_are_counted_from_the_first() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).await.unwrap();
        let start = DateTime::from_timestamp_millis(1_000_000).unwrap();
        let at = |seconds| start + TimeDelta::seconds(seconds);
        journal.failed(7, FailureKind::Refused, "no", at(0)).await.unwrap();
        journal.failed(7, FailureKind::Refused, "no!", at(9)).await.unwrap();
        let failures = journal.failures(7).await.unwrap().unwrap();
        assert_eq!((failures.since, failures.times, failures.words.as_str()), (at(0), 2, "no!"));
        journal.failed(7, FailureKind::Unreachable, "down", at(20)).await.unwrap();
        let failures = journal.failures(7).await.unwrap().unwrap();
        assert_eq!((failures.kind, failures.since), (FailureKind::Unreachable, at(20)));
        assert_eq!(failures.times, 1);
        journal.forget_failures(7).await.unwrap();
        assert_eq!(journal.failures(7).await.unwrap(), None);
    }
}
