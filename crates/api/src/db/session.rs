//! One connection, for reading or in a transaction, and the statements that run on it.

use sqlx::{
    AssertSqlSafe, PgConnection, Postgres, Sqlite, SqliteConnection, Transaction,
    pool::PoolConnection,
};

use super::{Record, arguments::Arguments};

/// A connection that stores run their statements on.
#[derive(Debug)]
pub enum Session {
    /// PostgreSQL, each statement for itself.
    PostgresRead(PoolConnection<Postgres>),
    /// PostgreSQL, in a transaction.
    PostgresWrite(Transaction<'static, Postgres>),
    /// SQLite, each statement for itself.
    SqliteRead(PoolConnection<Sqlite>),
    /// SQLite, in a transaction.
    SqliteWrite(Transaction<'static, Sqlite>),
}

enum Link<'a> {
    Postgres(&'a mut PgConnection),
    Sqlite(&'a mut SqliteConnection),
}

impl Session {
    fn link(&mut self) -> Link<'_> {
        match self {
            Self::PostgresRead(connection) => Link::Postgres(connection),
            Self::PostgresWrite(transaction) => Link::Postgres(transaction),
            Self::SqliteRead(connection) => Link::Sqlite(connection),
            Self::SqliteWrite(transaction) => Link::Sqlite(transaction),
        }
    }

    /// Whether the other end is SQLite.
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::SqliteRead(_) | Self::SqliteWrite(_))
    }

    /// What ends a `SELECT` of a row that nobody else may change until this transaction ends.
    /// SQLite has no room for a second writer, so that nothing needs to be said.
    pub const fn lock_clause(&self) -> &'static str {
        match self {
            Self::PostgresWrite(_) => " FOR UPDATE",
            Self::PostgresRead(_) | Self::SqliteRead(_) | Self::SqliteWrite(_) => "",
        }
    }

    /// What ends a `SELECT` of a row that may be read meanwhile, also so, but not changed by others
    /// until this transaction ends.
    pub const fn share_clause(&self) -> &'static str {
        match self {
            Self::PostgresWrite(_) => " FOR SHARE",
            Self::PostgresRead(_) | Self::SqliteRead(_) | Self::SqliteWrite(_) => "",
        }
    }

    /// An expression for the whole seconds since 1970 of a column of instants.
    pub fn unix_seconds(&self, column: &str) -> String {
        match self.is_sqlite() {
            true => format!("unixepoch({column})"),
            false => format!("CAST(floor(extract(epoch FROM {column})) AS bigint)"),
        }
    }

    /// All rows of a query.
    pub async fn fetch_all<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<Vec<R>, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match self.link() {
            Link::Postgres(link) => {
                sqlx::query_as_with(sql, arguments.for_postgres()).fetch_all(link).await
            }
            Link::Sqlite(link) => {
                sqlx::query_as_with(sql, arguments.for_sqlite()).fetch_all(link).await
            }
        }
    }

    /// The first row of a query, if there is one.
    pub async fn fetch_optional<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<Option<R>, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        match self.link() {
            Link::Postgres(link) => {
                sqlx::query_as_with(sql, arguments.for_postgres()).fetch_optional(link).await
            }
            Link::Sqlite(link) => {
                sqlx::query_as_with(sql, arguments.for_sqlite()).fetch_optional(link).await
            }
        }
    }

    /// The row of a query that always has one.
    pub async fn fetch_one<R: Record>(
        &mut self,
        sql: &str,
        arguments: Arguments,
    ) -> Result<R, sqlx::Error> {
        self.fetch_optional(sql, arguments).await?.ok_or(sqlx::Error::RowNotFound)
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(&mut self, sql: &str, arguments: Arguments) -> Result<u64, sqlx::Error> {
        let sql = AssertSqlSafe(sql);
        Ok(match self.link() {
            Link::Postgres(link) => {
                sqlx::query_with(sql, arguments.for_postgres()).execute(link).await?.rows_affected()
            }
            Link::Sqlite(link) => {
                sqlx::query_with(sql, arguments.for_sqlite()).execute(link).await?.rows_affected()
            }
        })
    }

    /// Makes a transaction's changes last.
    pub async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::PostgresWrite(transaction) => transaction.commit().await,
            Self::SqliteWrite(transaction) => transaction.commit().await,
            Self::PostgresRead(_) | Self::SqliteRead(_) => Ok(()),
        }
    }
}
