//! A connection of a pool: its statements, each with a deadline, and its transactions.

use std::{future::Future, io, time::Duration};

use sqlx::{AssertSqlSafe, Executor, Sqlite, pool::PoolConnection};

use sea_query::Value;

use super::{Kind, Record, arguments::Arguments, ready::Lent, session::Scope, values::Cells};

/// How long PostgreSQL may take to answer a statement. It breaks off by itself before; this is for
/// answers that the network has swallowed.
pub(super) const STATEMENT_DEADLINE: Duration = Duration::from_secs(20);
/// How long a connection may take to end a transaction that nobody waits for.
const UNDO_DEADLINE: Duration = Duration::from_secs(5);

/// Has PostgreSQL leave a transaction open in which nothing happens for long.
pub(super) const NO_HURRY: &str = "SET LOCAL idle_in_transaction_session_timeout = 0";

/// A connection of a pool, which it goes back to.
#[derive(Debug)]
pub(super) enum Link {
    Postgres(Lent),
    Sqlite(PoolConnection<Sqlite>),
}

impl Link {
    pub(super) async fn fetch_all<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<Vec<R>, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Postgres(link) => {
                let query = sqlx::query_as_with(sql, arguments.for_postgres());
                in_time(query.fetch_all(&mut **link)).await
            }
            Self::Sqlite(link) => {
                let query = sqlx::query_as_with(sql, arguments.for_sqlite());
                query.fetch_all(&mut **link).await
            }
        }
    }

    pub(super) async fn fetch_values(
        &mut self,
        sql: &str,
        arguments: Arguments,
        kinds: &[Kind],
    ) -> Result<Vec<Vec<Value>>, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match self {
            Self::Postgres(link) => {
                let query = sqlx::query_with(sql, arguments.for_postgres());
                let rows = in_time(query.fetch_all(&mut **link)).await?;
                rows.iter().map(|row| row.cells(kinds)).collect()
            }
            Self::Sqlite(link) => {
                let query = sqlx::query_with(sql, arguments.for_sqlite());
                let rows = query.fetch_all(&mut **link).await?;
                rows.iter().map(|row| row.cells(kinds)).collect()
            }
        }
    }

    pub(super) async fn execute(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        Ok(match self {
            Self::Postgres(link) => {
                let query = sqlx::query_with(sql, arguments.for_postgres());
                in_time(query.execute(&mut **link)).await?.rows_affected()
            }
            Self::Sqlite(link) => {
                let query = sqlx::query_with(sql, arguments.for_sqlite());
                query.execute(&mut **link).await?.rows_affected()
            }
        })
    }

    pub(super) async fn begin(&mut self, scope: Scope) -> Result<(), sqlx::Error> {
        match (self, scope) {
            (_, Scope::Statement | Scope::Change) => Ok(()),
            (Self::Postgres(link), Scope::Transaction) => {
                in_time(link.execute("BEGIN")).await.map(drop)
            }
            (Self::Sqlite(link), Scope::Transaction) => {
                link.execute("BEGIN IMMEDIATE").await.map(drop)
            }
            (Self::Postgres(link), Scope::Snapshot) => {
                in_time(link.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await?;
                in_time(link.execute(NO_HURRY)).await.map(drop)
            }
            (Self::Sqlite(link), Scope::Snapshot) => link.execute("BEGIN").await.map(drop),
        }
    }

    pub(super) async fn commit(&mut self) -> Result<(), sqlx::Error> {
        match self {
            Self::Postgres(link) => in_time(link.execute("COMMIT")).await.map(drop),
            Self::Sqlite(link) => link.execute("COMMIT").await.map(drop),
        }
    }

    /// Lets others have it, which has answered all that it was asked.
    pub(super) fn keep(self) {
        if let Self::Postgres(link) = self {
            link.keep();
        }
    }

    /// The same if it still works.
    pub(super) fn give_back(self) {
        if let Self::Postgres(link) = self {
            link.give_back();
        }
    }

    /// Ends a transaction without its changes, and the connection if that can't be done.
    /// SQLite's are ended when the pool gets the connection back ([`undo_sqlite`]).
    pub(super) fn undo(self) {
        let Self::Postgres(mut link) = self else { return };
        tokio::spawn(async move {
            let undone = tokio::time::timeout(UNDO_DEADLINE, link.execute("ROLLBACK")).await;
            match undone {
                Ok(Ok(_)) => link.keep(),
                _ => link.discard(),
            }
        });
    }

    pub(super) fn discard(self) {
        match self {
            Self::Postgres(link) => link.discard(),
            Self::Sqlite(mut link) => link.close_on_drop(),
        }
    }
}

/// Makes sure that no transaction is left: whatever made it fail, SQLite may have ended it by itself
/// or not.
pub(super) async fn undo_sqlite(link: &mut sqlx::SqliteConnection) -> Result<bool, sqlx::Error> {
    match link.execute("ROLLBACK").await {
        Ok(_) => Ok(true),
        Err(sqlx::Error::Database(error))
            if error.message().contains("no transaction is active") =>
        {
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    within(STATEMENT_DEADLINE, answer).await
}

/// An answer that does not come is one of a connection that does not work.
pub(super) async fn within<T>(
    deadline: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    let late = |_| sqlx::Error::Io(io::ErrorKind::TimedOut.into());
    tokio::time::timeout(deadline, answer).await.map_err(late)?
}
