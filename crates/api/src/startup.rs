//! Why the server can't start.

use std::{error::Error as _, iter::successors, path::PathBuf};

use crate::{
    db::{OpenError, TablesError},
    error::Error,
};

/// Why the server can't start; each says what to look at.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the data directory {} cannot be used: {cause}; choose another one with --data-dir or JOBBERGATE_DATA_DIR", path.display())]
    DataDirectory { path: PathBuf, cause: std::io::Error },
    /// There is no home directory to put a data directory into.
    #[error(
        "there is no home directory for the data; name one with --data-dir or JOBBERGATE_DATA_DIR"
    )]
    NoDataDirectory,
    /// A command on data finds none.
    #[error(
        "there is no data directory {}; start `jobbergate serve` first, which makes it, or name another one with --data-dir or JOBBERGATE_DATA_DIR",
        path.display()
    )]
    MissingDataDirectory { path: PathBuf },
    #[error("a backup is being restored into {}; start again when that is done", path.display())]
    Restoring { path: PathBuf },
    #[error(
        "a backup was not restored to the end in {}: do it again with `jobbergate admin restore --replace`",
        path.display()
    )]
    HalfRestored { path: PathBuf },
    /// The database can't be opened.
    #[error(
        "{address}: {cause}; check DATABASE_URL or DATABASE_HOST, DATABASE_PORT, DATABASE_USER, DATABASE_PSWD and DATABASE_NAME"
    )]
    Postgres {
        /// Which one, without its password.
        address: String,
        cause: OpenError,
    },
    /// The database file can't be opened.
    #[error("the database file {} cannot be used: {cause}", path.display())]
    Sqlite { path: PathBuf, cause: OpenError },
    /// A command that must not make or change tables finds other ones.
    #[error("the database {name} is left alone: {cause}")]
    Tables {
        /// Its address without password, or its file.
        name: String,
        cause: TablesError,
    },
    /// The bucket can't be addressed.
    #[error(
        "the files cannot be stored: {0}; check S3_BUCKET_NAME, S3_ENDPOINT_URL and the AWS_* credentials"
    )]
    Storage(String),
    /// No HTTP client could be made.
    #[error(
        "no HTTPS connection can be made: {}; most likely the system has no certificates: install the \
         package ca-certificates, or name a file of them with SSL_CERT_FILE", causes(.0)
    )]
    Https(reqwest::Error),
    #[error("{setting} is wrong: {reason}")]
    Setting { setting: &'static str, reason: String },
    #[error("cannot listen on {address}: {cause}; choose another address with --listen")]
    Listen { address: String, cause: std::io::Error },
    /// The server stopped because of a fault.
    #[error("the server stopped: {0}")]
    Serve(std::io::Error),
    /// A command on the server's data failed.
    #[error(transparent)]
    Command(#[from] Error),
}

/// The library's sentence and what it comes from.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let reasons = successors(error.source(), |&reason| reason.source());
    reasons.fold(error.to_string(), |words, reason| format!("{words}: {reason}"))
}
