//! What the agent must not forget: which submissions it took up, and what became of them.
//!
//! Every change is on disk before the method returns.

mod failures;
mod group;
mod jobs;
pub mod machine;
mod outputs;
mod submissions;
mod task_ends;

use std::{fs, os::unix::fs::DirBuilderExt, path::Path};

use chrono::{DateTime, Utc};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::error::JournalError;
pub use failures::{FailureKind, Failures};
pub use jobs::SeenJob;
pub use outputs::OutputFiles;
pub use submissions::{Entry, Phase};
pub use task_ends::TaskEnds;

/// What SQLite keeps of the file for each connection, in KiB: the system has it in memory anyway.
const CACHE: &str = "-256";

/// One writes, the others read meanwhile.
const CONNECTIONS: u32 = 3;

/// The file that keeps other agents out of the directory.
pub const LOCK: &str = "lock";

#[derive(Debug)]
pub struct Journal {
    /// For reading.
    pool: SqlitePool,
    writer: group::Writer,
    _lock: fs::File,
}

impl Journal {
    /// Opens the journal in `directory`, which is created if it is missing, and keeps others out
    /// of it until it is dropped.
    pub async fn open(directory: &Path) -> Result<Self, JournalError> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let lock = fs::File::create(directory.join(LOCK))?;
        lock.try_lock().map_err(|e| match e {
            fs::TryLockError::WouldBlock => JournalError::InUse,
            fs::TryLockError::Error(e) => JournalError::File(e),
        })?;
        let options = SqliteConnectOptions::new()
            .filename(directory.join("journal.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .pragma("cache_size", CACHE);
        // A file has no connection that could be cut unnoticed.
        let pool = SqlitePoolOptions::new()
            .max_connections(CONNECTIONS)
            .test_before_acquire(false)
            .connect_with(options)
            .await?;
        sqlx_macros::migrate!().run(&pool).await?;
        let writer = group::Writer::start(pool.clone());
        Ok(Self { pool, writer, _lock: lock })
    }

    /// Forgets what ended, or certainly came to nothing, before `limit`.
    pub async fn prune(&self, limit: DateTime<Utc>) -> Result<(), JournalError> {
        let limit = limit.timestamp_millis();
        let submissions = sqlx::query(
            "DELETE FROM submissions WHERE changed_at < $1 AND (settled = 1 OR \
             (attempted_at IS NULL AND slurm_job_id IS NULL AND rejection IS NULL))",
        );
        let failures = sqlx::query("DELETE FROM failures WHERE since < $1");
        let outputs = sqlx::query("DELETE FROM outputs WHERE changed_at < $1");
        let jobs = sqlx::query("DELETE FROM jobs WHERE reported = 1 AND changed_at < $1");
        let all = [submissions, failures, outputs, jobs].map(|statement| statement.bind(limit));
        self.writer.write(None, all.into()).await
    }
}
