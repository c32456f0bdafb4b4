//! What a database's tables must be for work that must not make or change them.

use std::path::Path;

use url::Url;

use super::{Db, Schema};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tables {
    /// Whatever a server would work with.
    Any,
    /// This program's, in this version or one before.
    Ours,
    /// This program's, in this version: then opening the database changes nothing.
    Current,
}

/// Why the tables are not as they must be.
#[derive(Debug, thiserror::Error)]
pub enum TablesError {
    #[error("there is none yet; `jobbergate serve` makes it")]
    Missing,
    #[error("it has no tables of Jobbergate; `jobbergate serve` makes them")]
    Empty,
    #[error(
        "it is the Python server's (revision {0}); `jobbergate serve` takes it over and brings it up \
         to date"
    )]
    Upstream(String),
    #[error("it is at revision {0}, not {1}; `jobbergate serve` brings it up to date")]
    Old(i64, i64),
    #[error("it is at revision {0}, this program knows {1}; install the newer version")]
    New(i64, i64),
    #[error("it cannot be opened: {0}")]
    Unseen(#[from] sqlx::Error),
}

#[derive(Debug, Clone, Copy)]
pub enum Address<'a> {
    /// The one that the URL names, or another one on the same server.
    Postgres(&'a Url, Option<&'a str>),
    Sqlite(&'a Path),
}

impl Address<'_> {
    /// Fails unless the tables there are as they must be; changes nothing.
    pub async fn require(self, tables: Tables) -> Result<(), TablesError> {
        if tables == Tables::Any {
            return Ok(());
        }
        let db = match self {
            Self::Postgres(url, name) => Db::attach_postgres(url.as_str(), name).await?,
            Self::Sqlite(path) if !path.exists() => return Err(TablesError::Missing),
            Self::Sqlite(path) => Db::attach_sqlite(path).await?,
        };
        let (schema, newest) = (db.schema().await, Schema::newest(&db));
        db.close().await;
        judge(schema?, newest, tables)
    }
}

fn judge(schema: Schema, newest: i64, tables: Tables) -> Result<(), TablesError> {
    match schema {
        Schema::Empty | Schema::Foreign { .. } => Err(TablesError::Empty),
        Schema::Upstream { revision } => {
            Err(TablesError::Upstream(revision.unwrap_or_else(|| "unknown".to_owned())))
        }
        Schema::Ours { revision } if revision > newest => Err(TablesError::New(revision, newest)),
        Schema::Ours { revision } if revision < newest && tables == Tables::Current => {
            Err(TablesError::Old(revision, newest))
        }
        Schema::Ours { .. } => Ok(()),
    }
}
