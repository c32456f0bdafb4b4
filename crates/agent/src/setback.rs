//! Why a submission does not become a job.

use serde::{Deserialize, Serialize};

/// Why a submission does not become a job, for ever or for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Setback {
    /// It can't be run as it is; its owner has to do something.
    #[error("{0}")]
    Refusal(String),
    /// One of Slurm's limits is reached, which may pass; it is tried again.
    #[error("{0}")]
    Limit(String),
    /// Something else is in the way; it is tried again.
    #[error("{0}")]
    Trouble(String),
    /// A directory is not there that may be mounted late; it is tried again for a while.
    #[error("{0}")]
    Missing(String),
}

impl From<jobbergate_client::Error> for Setback {
    fn from(error: jobbergate_client::Error) -> Self {
        Self::Trouble(error.to_string())
    }
}

impl From<crate::error::JournalError> for Setback {
    fn from(error: crate::error::JournalError) -> Self {
        Self::Trouble(format!("the journal cannot be used: {error}"))
    }
}
