//! Submissions whose `sbatch` keeps failing.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx_macros::FromRow;

use super::Journal;
use crate::error::JournalError;

/// After a pause as long as this, in which nothing was tried, nothing is known of what was before:
/// the agent did not run, or Slurm was away. An agent that runs tries again sooner.
const BREAK: TimeDelta = TimeDelta::minutes(15);

/// What kind of failure it is that repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// `sbatch`, or what stands in its place, said no.
    Refused,
    /// Slurm was not reached, or did not answer.
    Unreachable,
    /// A directory was not there.
    Missing,
}

impl FailureKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Missing => "missing",
        }
    }

    /// That of a row; one of a later version counts as the most patient one.
    fn named(name: &str) -> Self {
        let all = [Self::Refused, Self::Missing];
        all.into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Unreachable)
    }
}

/// An unbroken row of failures of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    pub kind: FailureKind,
    /// When the first was.
    pub since: DateTime<Utc>,
    /// When the last was.
    pub last: DateTime<Utc>,
    pub times: i64,
    /// What was said last.
    pub words: String,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    since: i64,
    last: i64,
    times: i64,
    words: String,
}

impl From<Row> for Failures {
    fn from(row: Row) -> Self {
        let time = |millis| DateTime::from_timestamp_millis(millis).unwrap_or_default();
        Self {
            kind: FailureKind::named(&row.kind),
            since: time(row.since),
            last: time(row.last),
            times: row.times,
            words: row.words,
        }
    }
}

impl Journal {
    /// The failures of a submission that nothing else came between until now.
    pub async fn failures(
        &self,
        id: i64,
        origin: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Failures>, JournalError> {
        let statement = "SELECT kind, since, last, times, words FROM failures \
                         WHERE submission_id = $1 AND origin = $2 AND last >= $3";
        let last = (now - BREAK).timestamp_millis();
        let query = sqlx::query_as(statement).bind(id).bind(origin).bind(last);
        let row: Option<Row> = query.fetch_optional(&self.pool).await?;
        Ok(row.map(Failures::from))
    }

    /// Notes one more failure; one of another kind, or after a long pause, begins a new row.
    pub async fn failed(
        &self,
        id: i64,
        origin: &str,
        kind: FailureKind,
        words: &str,
        now: DateTime<Utc>,
    ) -> Result<(), JournalError> {
        let statement = sqlx::query(
            "INSERT INTO failures (submission_id, kind, since, last, times, words, origin) \
             VALUES ($1, $2, $3, $3, 1, $4, $5) ON CONFLICT (submission_id) DO UPDATE SET \
             since = CASE WHEN kind = $2 AND last >= $6 AND origin = $5 THEN since ELSE $3 END, \
             times = CASE WHEN kind = $2 AND last >= $6 AND origin = $5 THEN times + 1 ELSE 1 END, \
             kind = $2, last = $3, words = $4, origin = $5",
        )
        .bind(id)
        .bind(kind.name())
        .bind(now.timestamp_millis())
        .bind(words.to_owned())
        .bind(origin.to_owned())
        .bind((now - BREAK).timestamp_millis());
        self.writer.write(None, vec![statement]).await
    }

    /// Forgets the failures of a submission.
    pub async fn forget_failures(&self, id: i64) -> Result<(), JournalError> {
        let statement = "DELETE FROM failures WHERE submission_id = $1";
        self.writer.write(None, vec![sqlx::query(statement).bind(id)]).await
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[tokio::test]
    async fn failures_of_one_kind_are_counted_from_the_first_while_something_is_tried() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).await.unwrap();
        let start = DateTime::from_timestamp_millis(100_000_000).unwrap();
        let at = |seconds| start + TimeDelta::seconds(seconds);
        let fail = async |kind, words, seconds| {
            journal.failed(7, "a", kind, words, at(seconds)).await.unwrap();
            journal.failures(7, "a", at(seconds)).await.unwrap().unwrap()
        };
        fail(FailureKind::Refused, "no", 0).await;
        let failures = fail(FailureKind::Refused, "no!", 9).await;
        assert_eq!((failures.since, failures.last), (at(0), at(9)));
        assert_eq!((failures.times, failures.words.as_str()), (2, "no!"));
        let failures = fail(FailureKind::Missing, "no home", 12).await;
        assert_eq!((failures.kind, failures.since), (FailureKind::Missing, at(12)));
        let failures = fail(FailureKind::Unreachable, "down", 20).await;
        assert_eq!((failures.kind, failures.since), (FailureKind::Unreachable, at(20)));
        assert_eq!(failures.times, 1);
        let failures = fail(FailureKind::Unreachable, "down", 20 + 15 * 60).await;
        assert_eq!((failures.since, failures.times), (at(20), 2));
        let days_later = 3 * 24 * 3600;
        let failures = fail(FailureKind::Unreachable, "down", days_later).await;
        assert_eq!((failures.since, failures.times), (at(days_later), 1), "the agent did not run");
        let later = at(days_later + 3600);
        assert_eq!(journal.failures(7, "a", later).await.unwrap(), None, "it may work by now");
        journal.forget_failures(7).await.unwrap();
        assert_eq!(journal.failures(7, "a", at(days_later)).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_submission_of_the_same_number_of_another_server_has_failures_of_its_own() {
        let directory = tempfile::tempdir().unwrap();
        let journal = Journal::open(directory.path()).await.unwrap();
        let now = DateTime::from_timestamp_millis(100_000_000).unwrap();
        journal.failed(7, "old", FailureKind::Refused, "no", now).await.unwrap();
        assert_eq!(journal.failures(7, "new", now).await.unwrap(), None);
        journal.failed(7, "new", FailureKind::Refused, "no", now).await.unwrap();
        assert_eq!(journal.failures(7, "new", now).await.unwrap().unwrap().times, 1);
    }
}
