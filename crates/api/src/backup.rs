//! Backup of a data directory while its server runs, and restoring it.
//!
//! A backup is a directory laid out like a data directory, with a copy of each SQLite database, the
//! stored files that it names, what else is there (secrets of the administrator's, say), and two
//! files of its own: `backup.json` says what it is, `SHA256SUMS` is written last and lists all
//! others.

mod copy;
mod make;
mod restore;
mod sums;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{config::ServeConfig, startup::StartError};

pub use make::{Made, make};
pub use restore::restore;

const FORMAT: &str = "jobbergate-backup";
const VERSION: u32 = 1;
const MANIFEST: &str = "backup.json";
const SUMS: &str = "SHA256SUMS";

/// What a backup is.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: String,
    version: u32,
    /// The version of the program that made it.
    program: String,
    /// The number of the last migration of the default database.
    revision: i64,
}

/// Why there is no backup, or why it is not restored.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: io::Error },
    #[error("{}: {cause}", path.display())]
    Database { path: PathBuf, cause: sqlx::Error },
    #[error("{0}")]
    Refused(String),
    #[error("{error}; and what was copied until then can't be removed ({left}): remove it by hand")]
    Left { error: Box<BackupError>, left: Box<BackupError> },
    #[error(transparent)]
    Settings(#[from] StartError),
}

impl BackupError {
    /// With what went wrong when that was removed which had been begun.
    fn and(self, removed: Result<()>) -> Self {
        match removed {
            Ok(()) => self,
            Err(left) => Self::Left { error: Box::new(self), left: Box::new(left) },
        }
    }
}

type Result<T> = std::result::Result<T, BackupError>;

fn on_file(path: &Path) -> impl FnOnce(io::Error) -> BackupError {
    move |cause| BackupError::File { path: path.to_owned(), cause }
}

fn on_database(path: &Path) -> impl FnOnce(sqlx::Error) -> BackupError {
    move |cause| BackupError::Database { path: path.to_owned(), cause }
}

fn refused(words: impl Into<String>) -> BackupError {
    BackupError::Refused(words.into())
}

/// Does what takes the disk long on a thread for it.
async fn on_disk<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(refused(error.to_string())))
}

/// Fails unless all data is in the data directory.
fn require_local(config: &ServeConfig) -> Result<()> {
    let mut elsewhere = Vec::new();
    if config.postgres_url()?.is_some() {
        elsewhere.push(
            "the database is PostgreSQL: back it up and restore it with pg_dump and pg_restore",
        );
    }
    if config.s3_bucket_name.is_some() {
        elsewhere.push("the files are in S3: copy the bucket with its server's tools");
    }
    if elsewhere.is_empty() {
        return Ok(());
    }
    Err(refused(format!(
        "this command is for SQLite and files in a directory. Here {}. The order matters, database first: \
         see \"Backup and restore\" in docs/operations.md",
        elsewhere.join(", and ")
    )))
}
