//! Looking at a database without changing it.

use std::{path::Path, time::Duration};

use sqlx::{
    Connection,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

use super::{Db, Session, migrate, postgres_options};
use crate::args;

/// How long a look may wait for a connection or for another process's write.
const PATIENCE: Duration = Duration::from_secs(5);

/// PostgreSQL's code for a statement that took longer than it may.
const QUERY_CANCELED: &str = "57014";

/// Who made a database's tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schema {
    /// Nobody: there are none.
    Empty,
    /// This program, in some version.
    Ours {
        /// The number of the last migration.
        revision: i64,
    },
    Upstream {
        /// Its revision, if the database says which it is.
        revision: Option<String>,
    },
    Foreign {
        /// One of its tables.
        table: String,
    },
}

impl Schema {
    /// The number of this version's last migration.
    pub fn newest(db: &Db) -> i64 {
        migrate::newest(matches!(db, Db::Sqlite { .. }))
    }

    /// The only revision of the Python server that can be taken over.
    pub const UPSTREAM_HEAD: &str = migrate::UPSTREAM_HEAD;
}

impl Db {
    /// Connects to the PostgreSQL database `name` on the server of `url`, or to the one that it
    /// names, and leaves its tables as they are.
    pub async fn attach_postgres(url: &str, name: Option<&str>) -> Result<Self, sqlx::Error> {
        let mut options = postgres_options(url)?;
        if let Some(name) = name {
            options = options.database(name);
        }
        // A pool would try again and again, and not say why it gave up.
        migrate::connect(&options).await?.close().await?;
        let pool = PgPoolOptions::new().max_connections(2).acquire_timeout(PATIENCE);
        Ok(Self::of_postgres(pool.connect_with(options).await?))
    }

    /// Opens the SQLite file at `path`, which must be there, and leaves its tables as they are.
    pub async fn attach_sqlite(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(false)
            .busy_timeout(PATIENCE);
        let one = || SqlitePoolOptions::new().max_connections(1).acquire_timeout(PATIENCE);
        let readers = one().connect_with(options.clone()).await?;
        Ok(Self::Sqlite { readers, writer: one().connect_with(options).await? })
    }

    pub async fn schema(&self) -> Result<Schema, sqlx::Error> {
        let mut db = self.read().await?;
        if has_table(&mut db, "_sqlx_migrations").await? {
            let sql = "SELECT max(version) FROM _sqlx_migrations";
            let (revision,): (Option<i64>,) = db.fetch_one(sql, args![]).await?;
            return Ok(revision.map_or(Schema::Empty, |revision| Schema::Ours { revision }));
        }
        if !has_table(&mut db, "alembic_version").await? {
            return foreign(&mut db).await;
        }
        let sql = "SELECT version_num FROM alembic_version";
        let row: Option<(String,)> = db.fetch_optional(sql, args![]).await?;
        Ok(Schema::Upstream { revision: row.map(|(revision,)| revision) })
    }

    /// Whether PostgreSQL reads all submissions for a search, as it could not make an index.
    pub async fn lacks_search_index(&self) -> Result<bool, sqlx::Error> {
        let mut db = self.read().await?;
        Ok(!db.is_sqlite() && !has_table(&mut db, "ix_job_submissions_words").await?)
    }

    /// How many submissions there are, and how many lists say that there are; `None` if it takes longer
    /// to know than a statement may take.
    pub async fn counted_submissions(&self) -> Result<Option<(i64, i64)>, sqlx::Error> {
        let sql = "SELECT (SELECT count(*) FROM job_submissions), \
                   (SELECT CAST(coalesce(sum(number), 0) AS bigint) FROM submission_counts)";
        let counted = self.read().await?.fetch_one(sql, args![]).await;
        let gave_up = |error: &sqlx::Error| {
            let error = error.as_database_error();
            error.is_some_and(|error| error.code().as_deref() == Some(QUERY_CANCELED))
        };
        match counted {
            Err(error) if gave_up(&error) => Ok(None),
            counted => counted.map(Some),
        }
    }

    /// Tries to make a table and a row, and undoes it.
    pub async fn try_writing(&self) -> Result<(), sqlx::Error> {
        let mut db = self.write().await?;
        db.execute("CREATE TABLE jobbergate_doctor (n integer NOT NULL)", args![]).await?;
        db.execute("INSERT INTO jobbergate_doctor (n) VALUES ($1)", args![1]).await?;
        drop(db);
        Ok(())
    }
}

/// PostgreSQL's schema may be shared, an SQLite file is not.
async fn foreign(db: &mut Session) -> Result<Schema, sqlx::Error> {
    if !db.is_sqlite() {
        return Ok(Schema::Empty);
    }
    let row: Option<(String,)> = db.fetch_optional(migrate::FOREIGN_SQLITE_TABLE, args![]).await?;
    Ok(row.map_or(Schema::Empty, |(table,)| Schema::Foreign { table }))
}

/// On PostgreSQL: a table or an index.
pub(super) async fn has_table(db: &mut Session, name: &str) -> Result<bool, sqlx::Error> {
    let sql = if db.is_sqlite() {
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
    } else {
        "SELECT count(*) FROM pg_class WHERE oid = to_regclass($1)"
    };
    let (count,): (i64,) = db.fetch_one(sql, args![name]).await?;
    Ok(count > 0)
}
