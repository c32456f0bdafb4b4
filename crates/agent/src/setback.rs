//! Why a submission does not become a job.

use serde::{Deserialize, Serialize};

/// What is in the way, as far as its owner should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Obstacle {
    /// It can't be found out which user the owner is.
    Owner,
    /// The file system of the execution directory.
    Directory,
    Controller,
    /// Slurm may have a job.
    Doubt,
}

/// Why a submission does not become a job, for ever or for now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Setback {
    /// It can't be run as it is; its owner has to do something.
    #[error("{0}")]
    Refusal(String),
    /// One of Slurm's limits is reached, which may pass; it is tried again.
    #[error("{0}")]
    Limit(String),
    /// Something is in the way that its owner reads of; it is tried again.
    #[error("{1}")]
    Blocked(Obstacle, String),
    /// Something else is in the way; it is tried again.
    #[error("{0}")]
    Trouble(String),
    /// A directory is not there that may be mounted late; it is tried again for a while.
    #[error("{0}")]
    Missing(String),
}

/// What an owner reads while it is looked for a job.
pub const DOUBT: &str = "It is uncertain whether Slurm has a job of it: one is looked for before it is \
                         submitted again";
/// What an owner reads while the controller is away.
pub const NO_CONTROLLER: &str = "Slurm's controller does not answer: it is submitted when it does";

impl Setback {
    /// Why it waits, in a sentence for its owner; none if it doesn't, or if Slurm's own words are told.
    pub fn reason(&self) -> Option<String> {
        match self {
            Self::Refusal(_) | Self::Limit(_) => None,
            // The rest is what to do when it is refused.
            Self::Missing(words) => {
                let first = words.split_once(". ").map_or(words.as_str(), |(first, _)| first);
                Some(format!("{first}: it is waited for"))
            }
            Self::Blocked(Obstacle::Owner, _) => Some(
                "It cannot be found out for the moment which user of the cluster its owner is: the \
                 user map does not answer or cannot be read"
                    .to_owned(),
            ),
            Self::Blocked(Obstacle::Directory, words) => {
                Some(format!("The execution directory cannot be used for the moment: {words}"))
            }
            Self::Blocked(Obstacle::Controller, _) => Some(NO_CONTROLLER.to_owned()),
            Self::Blocked(Obstacle::Doubt, words) => Some(format!("{DOUBT} ({words})")),
            Self::Trouble(_) => Some(
                "Something is wrong at the cluster's agent, which tries again: the cause is in its log"
                    .to_owned(),
            ),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_reads_what_concerns_owners() {
        let missing = "The home directory /home/ann of the user ann does not exist. Submit again.";
        let told = Setback::Missing(missing.to_owned()).reason().unwrap();
        let home = "The home directory /home/ann of the user ann does not exist: it is waited for";
        assert_eq!(told, home);
        let secret = "ldaps://10.0.0.7 with cn=agent: refused".to_owned();
        for setback in [
            Setback::Blocked(Obstacle::Owner, secret.clone()),
            Setback::Blocked(Obstacle::Controller, secret.clone()),
            Setback::Trouble(secret.clone()),
        ] {
            let told = setback.reason().unwrap();
            assert!(!told.contains("10.0.0.7") && told.len() <= 255, "{told}");
        }
        assert_eq!(Setback::Refusal(secret).reason(), None);
    }
}
