//! Why the server can't start.

use std::path::PathBuf;

use crate::{db::OpenError, error::Error};

/// Why the server can't start; each says what to look at.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory can't be used.
    #[error("the data directory {} cannot be used: {source}; choose another one with --data-dir or JOBBERGATE_DATA_DIR", path.display())]
    DataDirectory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// There is no home directory to put a data directory into.
    #[error(
        "there is no home directory for the data; name one with --data-dir or JOBBERGATE_DATA_DIR"
    )]
    NoDataDirectory,
    /// The database can't be opened.
    #[error(
        "{address}: {source}; check DATABASE_URL or DATABASE_HOST, DATABASE_PORT, DATABASE_USER, DATABASE_PSWD and DATABASE_NAME"
    )]
    Postgres {
        /// Which one, without its password.
        address: String,
        /// Why.
        source: OpenError,
    },
    /// The database file can't be opened.
    #[error("the database file {} cannot be used: {source}", path.display())]
    Sqlite {
        /// Which.
        path: PathBuf,
        /// Why.
        source: OpenError,
    },
    /// The bucket can't be addressed.
    #[error(
        "the files cannot be stored: {0}; check S3_BUCKET_NAME, S3_ENDPOINT_URL and the AWS_* credentials"
    )]
    Storage(#[from] object_store::Error),
    /// A setting does not make sense.
    #[error("{setting} is wrong: {reason}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// Why.
        reason: String,
    },
    /// The address can't be listened on.
    #[error("cannot listen on {address}: {source}; choose another address with --listen")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        source: std::io::Error,
    },
    /// The server stopped because of a fault.
    #[error("the server stopped: {0}")]
    Serve(#[source] std::io::Error),
    /// A command on the server's data failed.
    #[error(transparent)]
    Command(#[from] Error),
}
