//! The ways of telling somebody.

use jobbergate_types::job_submissions::JobSubmissionStatus;
use serde_json::Value;

use super::{
    change::Change,
    failure::{Cause, Failure},
    mail::Mail,
    outbox::OutboxRow,
    rabbitmq::RabbitMq,
};
use crate::error::Result;

/// A way of telling somebody.
#[derive(Debug)]
pub(super) enum Channel {
    /// Messages to programs.
    RabbitMq(RabbitMq),
    /// E-mail to owners of submissions.
    Mail(Mail),
}

impl Channel {
    /// The channel's name in the outbox.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::RabbitMq(_) => "rabbitmq",
            Self::Mail(_) => "email",
        }
    }

    /// How many messages are delivered side by side.
    pub(super) const fn batch(&self) -> usize {
        match self {
            Self::RabbitMq(_) => 32,
            Self::Mail(_) => 4,
        }
    }

    /// What is to be told of a submission that has just come to its status, if anything.
    pub(super) fn content(
        &self,
        organization: Option<&str>,
        change: &Change,
    ) -> Result<Option<Value>> {
        use JobSubmissionStatus::{Aborted, Cancelled, Done, Rejected};
        Ok(match (self, change.status) {
            (Self::RabbitMq(broker), Rejected | Cancelled | Done | Aborted) => {
                Some(broker.content(organization, change)?)
            }
            (Self::Mail(_), Rejected) => Some(super::mail::content(change)?),
            _ => None,
        })
    }

    /// Makes sure that the other end answers, before anything is taken out of the outbox.
    pub(super) async fn connect(&self) -> Result<(), Cause> {
        match self {
            Self::RabbitMq(broker) => broker.connect().await.map(drop),
            Self::Mail(mail) => mail.connect().await,
        }
    }

    /// Whether the other end answers and knows us.
    pub(super) async fn examine(&self) -> Result<(), Cause> {
        match self {
            Self::Mail(mail) => mail.examine().await,
            Self::RabbitMq(_) => self.connect().await,
        }
    }

    /// Delivers what is in the row; within 20 seconds.
    pub(super) async fn deliver(&self, row: &OutboxRow) -> Result<(), Failure> {
        match self {
            Self::RabbitMq(broker) => broker.deliver(row).await,
            Self::Mail(mail) => mail.deliver(row).await,
        }
    }
}
