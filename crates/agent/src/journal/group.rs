//! Writes of several at once, with one wait for the disk.
//!
//! A disk takes milliseconds to have something for certain, whatever it is, and a submission writes
//! four times. So all that is to be written while the disk is busy goes into the next transaction.

use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool, query::Query, sqlite::SqliteArguments,
};
use tokio::sync::{mpsc, oneshot};

use super::{machine::Event, submissions::check};
use crate::error::JournalError;

/// How many writes share a transaction, at most.
const MOST: usize = 128;

pub(super) type Statement = Query<'static, Sqlite, SqliteArguments>;

type Outcome = Result<(), JournalError>;

/// Something that happens to a submission.
type Happening = (i64, Event);

/// Statements that take effect together or not at all.
struct Write {
    /// What must be possible, as the submission stands then.
    happening: Option<Happening>,
    statements: Vec<Statement>,
    done: oneshot::Sender<Outcome>,
}

/// The only one who writes.
#[derive(Debug)]
pub(super) struct Writer(mpsc::Sender<Write>);

impl Writer {
    /// Writes until it is dropped.
    pub(super) fn start(pool: SqlitePool) -> Self {
        let (writer, mut writes) = mpsc::channel(MOST);
        tokio::spawn(async move {
            let mut group = Vec::new();
            while writes.recv_many(&mut group, MOST).await > 0 {
                write(&pool, std::mem::take(&mut group)).await;
            }
        });
        Self(writer)
    }

    /// Returns when the disk has it.
    ///
    /// # Errors
    /// When it was not written, none of the statements: also when it can't happen. Others' failures
    /// are not its own.
    pub(super) async fn write(
        &self,
        happening: Option<Happening>,
        statements: Vec<Statement>,
    ) -> Outcome {
        let (done, written) = oneshot::channel();
        let write = Write { happening, statements, done };
        self.0
            .send(write)
            .await
            .map_err(|_| JournalError::NotWritten("it is closed".to_owned()))?;
        written.await.map_err(|_| JournalError::NotWritten("it broke off".to_owned()))?
    }
}

async fn write(pool: &SqlitePool, group: Vec<Write>) {
    let (mut waiting, mut results) = (Vec::new(), Vec::new());
    let committed = async {
        let mut connection = pool.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for Write { happening, statements, done } in group {
            waiting.push(done);
            results.push(apply(&mut transaction, happening, statements).await);
        }
        transaction.commit().await
    };
    let committed: Result<(), sqlx::Error> = committed.await;
    results.resize_with(waiting.len(), || Ok(()));
    for (done, result) in waiting.into_iter().zip(results) {
        let failed = |error: &sqlx::Error| JournalError::NotWritten(error.to_string());
        let outcome = committed.as_ref().map_err(failed).map(drop).and(result);
        // Who does not wait any more does not want to know.
        let _ = done.send(outcome);
    }
}

async fn apply(
    transaction: &mut SqliteConnection,
    happening: Option<Happening>,
    statements: Vec<Statement>,
) -> Outcome {
    if let Some((id, event)) = happening {
        check(transaction, id, event).await?;
    }
    // One alone changes all or nothing by itself.
    if let [_] = statements.as_slice() {
        return run(transaction, statements).await;
    }
    let mut savepoint = transaction.begin().await?;
    run(&mut savepoint, statements).await?;
    Ok(savepoint.commit().await?)
}

async fn run(connection: &mut SqliteConnection, statements: Vec<Statement>) -> Outcome {
    for statement in statements {
        statement.execute(&mut *connection).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::future::join_all;
    use sqlx::sqlite::SqlitePoolOptions;

    use super::*;

    async fn numbers() -> (SqlitePool, Arc<Writer>) {
        let one = SqlitePoolOptions::new().max_connections(1);
        let pool = one.connect("sqlite::memory:").await.unwrap();
        sqlx::query("CREATE TABLE numbers (number INTEGER UNIQUE)").execute(&pool).await.unwrap();
        (pool.clone(), Arc::new(Writer::start(pool)))
    }

    fn insert(number: i64) -> Statement {
        sqlx::query("INSERT INTO numbers VALUES ($1)").bind(number)
    }

    #[tokio::test]
    async fn what_fails_takes_nothing_of_others_with_it() {
        let (pool, writer) = numbers().await;
        let writes = [vec![insert(1)], vec![insert(2), insert(1)], vec![insert(3), insert(4)]];
        let outcomes = join_all(writes.into_iter().map(|write| writer.write(None, write))).await;
        assert!(outcomes[0].is_ok());
        assert!(outcomes[1].is_err(), "there is a 1");
        assert!(outcomes[2].is_ok());
        let all: Vec<i64> =
            sqlx::query_scalar("SELECT number FROM numbers").fetch_all(&pool).await.unwrap();
        assert_eq!(all, [1, 3, 4]);
    }

    #[tokio::test]
    async fn each_of_many_is_told_when_its_own_is_written() {
        let (pool, writer) = numbers().await;
        let write = async |number| {
            writer.write(None, vec![insert(number)]).await.unwrap();
            let known = sqlx::query_scalar("SELECT count(*) FROM numbers WHERE number = $1");
            let known: i64 = known.bind(number).fetch_one(&pool).await.unwrap();
            assert_eq!(known, 1);
        };
        join_all((0..1000).map(write)).await;
    }

    #[tokio::test]
    async fn nobody_waits_for_a_journal_that_cannot_be_written() {
        let (pool, writer) = numbers().await;
        pool.close().await;
        let error = writer.write(None, vec![insert(1)]).await.unwrap_err();
        assert!(matches!(error, JournalError::NotWritten(_)), "{error}");
    }
}
