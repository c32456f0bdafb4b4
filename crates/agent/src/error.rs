//! What keeps the agent from running at all. What goes wrong later is logged and tried again.

use std::path::PathBuf;

use crate::journal::machine::{Event, State};

#[derive(Debug, thiserror::Error)]
pub enum AgentError {
    /// A setting is missing or makes no sense.
    #[error("{0}")]
    Configuration(String),
    /// The server's address or the credentials make no sense.
    #[error(transparent)]
    Client(#[from] jobbergate_client::Error),
    /// What acts as users for it is gone.
    #[error(
        "the helper of the agent, which acts as users of the cluster, has ended; the agent can't go on without it"
    )]
    HelperLost,
    /// The journal cannot be used; without it a job could be submitted twice.
    #[error("the journal in {} cannot be used: {why}", directory.display())]
    Journal {
        directory: PathBuf,
        /// Not the source of this error: the message has it already.
        why: JournalError,
    },
}

/// Why the journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("another agent is using it; give each agent its own --state-dir")]
    InUse,
    /// A file of it cannot be created, read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// What was to be written together with something else.
    #[error("nothing was written: {0}")]
    NotWritten(String),
    /// A submission is not in a state in which that can happen.
    #[error("submission {submission} is {state}, which does not allow: {event}")]
    Impossible { submission: i64, state: State, event: Event },
    /// The database was made by a newer version.
    #[error(transparent)]
    Version(#[from] sqlx::migrate::MigrateError),
}

#[cfg(test)]
mod tests {
    use std::{error::Error, iter::successors};

    use super::*;

    #[test]
    fn no_message_says_its_cause_twice() {
        let directory = PathBuf::from("/state");
        let error = AgentError::Journal { directory, why: JournalError::InUse };
        let all = successors(Some(&error as &(dyn Error + 'static)), |&error| error.source());
        let all: Vec<String> = all.map(ToString::to_string).collect();
        assert_eq!(all.join(": ").matches("another agent is using it").count(), 1, "{all:?}");
    }
}
