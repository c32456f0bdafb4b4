//! Why metrics are not collected for the moment, and how often that is said.

use std::time::Duration;

use tokio::time::Instant;

use super::influx::InfluxError;
use crate::slurm::SlurmError;

/// How often the log repeats what lasts.
const AGAIN: Duration = Duration::from_secs(3600);

#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error(transparent)]
    Server(#[from] jobbergate_client::Error),
    #[error(transparent)]
    Influx(#[from] InfluxError),
    #[error(transparent)]
    Slurm(#[from] SlurmError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Server,
    Slurm,
    Unreachable,
    Forbidden,
    Stranger,
    Refused,
    TooLong,
}

impl Trouble {
    const fn kind(&self) -> Kind {
        match self {
            Self::Server(_) => Kind::Server,
            Self::Slurm(_) => Kind::Slurm,
            Self::Influx(InfluxError::Unreachable { .. }) => Kind::Unreachable,
            Self::Influx(InfluxError::Forbidden { .. }) => Kind::Forbidden,
            Self::Influx(InfluxError::Stranger { .. }) => Kind::Stranger,
            Self::Influx(InfluxError::Refused { .. }) => Kind::Refused,
            Self::Influx(InfluxError::TooLong { .. }) => Kind::TooLong,
        }
    }
}

/// Keeps what lasts from filling the log.
#[derive(Debug, Default)]
pub struct Complaints {
    last: Option<(Kind, Instant)>,
}

impl Complaints {
    /// Logs how a round ended: the first of its kind, then once an hour, and the end of it.
    pub fn hear(&mut self, result: &Result<(), Trouble>, now: Instant) {
        match result {
            Ok(()) => {
                if self.last.take().is_some() {
                    tracing::info!("metrics are collected again");
                }
            }
            Err(trouble) if self.is_news(trouble.kind(), now) => {
                tracing::warn!(error = %trouble, "metrics cannot be collected for the moment");
            }
            Err(trouble) => tracing::debug!(error = %trouble, "metrics still cannot be collected"),
        }
    }

    fn is_news(&mut self, kind: Kind, now: Instant) -> bool {
        let known = self.last.is_some_and(|(last, at)| last == kind && now - at < AGAIN);
        if !known {
            self.last = Some((kind, now));
        }
        !known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lasts_is_said_once_an_hour() {
        let (mut complaints, begin) = (Complaints::default(), Instant::now());
        assert!(complaints.is_news(Kind::Unreachable, begin));
        assert!(!complaints.is_news(Kind::Unreachable, begin + AGAIN / 2));
        assert!(complaints.is_news(Kind::Forbidden, begin + AGAIN / 2), "something else");
        assert!(complaints.is_news(Kind::Forbidden, begin + AGAIN * 2));
        complaints.hear(&Ok(()), begin + AGAIN * 2);
        assert!(complaints.is_news(Kind::Forbidden, begin + AGAIN * 2));
    }
}
