//! What a directory or a program said of people, kept on disk: an agent that starts while it is away
//! knows those whom it knew before.

use std::{fs, io, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions},
};
use sqlx_macros::FromRow;

const FILE: &str = "users.sqlite";
const TABLE: &str = "CREATE TABLE IF NOT EXISTS answers (source TEXT NOT NULL, \
                     email TEXT NOT NULL, user TEXT, reason TEXT, asked_at INTEGER NOT NULL, \
                     PRIMARY KEY (source, email))";

/// Whom somebody is, or why nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    User(String),
    Nobody(String),
}

/// An answer, and when it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub answer: Answer,
    pub asked_at: DateTime<Utc>,
}

#[derive(FromRow)]
struct Row {
    user: Option<String>,
    reason: Option<String>,
    asked_at: i64,
}

/// What was said by one source.
#[derive(Debug)]
pub struct Answers {
    pool: SqlitePool,
    /// Others' answers are nobody's: of before the settings changed.
    source: String,
}

impl Answers {
    /// Those in the file in `directory`. It holds nothing that can't be asked again: one that can't
    /// be used is made anew.
    pub async fn open(directory: &Path, source: String) -> Result<Self, sqlx::Error> {
        let path = directory.join(FILE);
        let pool = match connect(&path).await {
            Ok(pool) => pool,
            Err(error) => {
                tracing::warn!(%error, file = %path.display(), "it is made anew");
                remove(&path).map_err(sqlx::Error::Io)?;
                connect(&path).await?
            }
        };
        Ok(Self { pool, source })
    }

    pub async fn of(&self, email: &str) -> Result<Option<Known>, sqlx::Error> {
        let statement =
            "SELECT user, reason, asked_at FROM answers WHERE source = $1 AND email = $2";
        let query = sqlx::query_as(statement).bind(&self.source).bind(email.to_lowercase());
        let row: Option<Row> = query.fetch_optional(&self.pool).await?;
        Ok(row.map(|row| Known {
            answer: match row.user {
                Some(user) => Answer::User(user),
                None => Answer::Nobody(row.reason.unwrap_or_default()),
            },
            asked_at: DateTime::from_timestamp_millis(row.asked_at).unwrap_or_default(),
        }))
    }

    /// Notes an answer in the place of the one before, and forgets those older than `memory`.
    pub async fn note(
        &self,
        email: &str,
        answer: &Answer,
        now: DateTime<Utc>,
        memory: TimeDelta,
    ) -> Result<(), sqlx::Error> {
        let (user, reason) = match answer {
            Answer::User(user) => (Some(user), None),
            Answer::Nobody(reason) => (None, Some(reason)),
        };
        sqlx::query(
            "INSERT INTO answers (source, email, user, reason, asked_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (source, email) DO UPDATE SET \
             user = $3, reason = $4, asked_at = $5",
        )
        .bind(&self.source)
        .bind(email.to_lowercase())
        .bind(user)
        .bind(reason)
        .bind(now.timestamp_millis())
        .execute(&self.pool)
        .await?;
        sqlx::query("DELETE FROM answers WHERE asked_at < $1")
            .bind((now - memory).timestamp_millis())
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

async fn connect(path: &Path) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal);
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    sqlx::query(TABLE).execute(&pool).await?;
    sqlx::query("SELECT source, email, user, reason, asked_at FROM answers LIMIT 1")
        .execute(&pool)
        .await?;
    Ok(pool)
}

/// The file, with what SQLite has beside it.
fn remove(path: &Path) -> io::Result<()> {
    for beside in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(beside);
        match fs::remove_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            removed => removed?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: TimeDelta = TimeDelta::weeks(1);

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
    }

    async fn open(directory: &Path, source: &str) -> Answers {
        Answers::open(directory, source.to_owned()).await.unwrap()
    }

    #[tokio::test]
    async fn the_last_answer_counts_and_outlasts_the_agent() {
        let directory = tempfile::tempdir().unwrap();
        let answers = open(directory.path(), "a").await;
        assert_eq!(answers.of("ann@x.org").await.unwrap(), None);
        let nobody = Answer::Nobody("no entry".to_owned());
        answers.note("ann@x.org", &nobody, at(0), WEEK).await.unwrap();
        let ann = Answer::User("ann".to_owned());
        answers.note("Ann@X.org", &ann, at(1), WEEK).await.unwrap();
        drop(answers);
        let answers = open(directory.path(), "a").await;
        let known = answers.of("ann@x.org").await.unwrap();
        assert_eq!(known, Some(Known { answer: ann.clone(), asked_at: at(1) }));
        let of_another = open(directory.path(), "b").await;
        assert_eq!(of_another.of("ann@x.org").await.unwrap(), None);
        let later = at(2) + WEEK;
        answers.note("bob@x.org", &nobody, later, WEEK).await.unwrap();
        assert_eq!(answers.of("ann@x.org").await.unwrap(), None, "forgotten");
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_used_is_made_anew() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FILE), "this is no database, but it is long enough")
            .unwrap();
        let answers = open(directory.path(), "a").await;
        answers.note("ann@x.org", &Answer::User("ann".to_owned()), at(0), WEEK).await.unwrap();
        assert!(answers.of("ann@x.org").await.unwrap().is_some());
    }
}
