//! E-mail: to the owners of submissions, and to people who choose a password.

mod password;
mod sendgrid;
mod smtp;

use std::time::Duration;

use chrono::{DateTime, Utc};
use lettre::message::Mailbox;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use self::{sendgrid::SendGrid, smtp::Smtp};
use super::{
    change::Change,
    failure::{Cause, Failure},
    outbox::OutboxRow,
};
use crate::{
    config::mail::MailConfig,
    error::{Error, Result},
    startup::StartError,
};

/// How long a service may take to accept a message.
const DEADLINE: Duration = Duration::from_secs(20);
/// How much of a submission's name is in a message, in characters.
const NAME_LENGTH: usize = 100;
/// How much of the reason is in a message, in characters.
const REASON_LENGTH: usize = 10_000;

/// The service that takes e-mail.
#[derive(Debug)]
pub(super) enum Mail {
    Smtp(Smtp),
    SendGrid(SendGrid),
}

/// A message, as it waits in the outbox.
#[derive(Debug, Serialize, Deserialize)]
struct Email {
    to: String,
    subject: String,
    text: String,
}

impl Mail {
    /// The service that `config` names, if it names one.
    pub(super) fn configured(config: &MailConfig) -> Result<Option<Self>, StartError> {
        let sendgrid = SendGrid::configured(config)?;
        let smtp = Smtp::configured(config)?;
        match (sendgrid, smtp) {
            (Some(_), Some(_)) => Err(StartError::Setting {
                setting: "SMTP_HOST",
                reason: "SENDGRID_API_KEY is set as well; choose one of them".to_owned(),
            }),
            (sendgrid, smtp) => Ok(sendgrid.map(Self::SendGrid).or(smtp.map(Self::Smtp))),
        }
    }

    /// Makes sure that the service answers, as far as that can be found out without a message.
    pub(super) async fn connect(&self) -> Result<(), Cause> {
        match self {
            Self::Smtp(smtp) => timeout(DEADLINE, smtp.connect()).await?,
            Self::SendGrid(_) => Ok(()),
        }
    }

    /// Whether the service answers and knows us.
    pub(super) async fn examine(&self) -> Result<(), Cause> {
        match self {
            Self::Smtp(_) => self.connect().await,
            Self::SendGrid(sendgrid) => timeout(DEADLINE, sendgrid.examine()).await?,
        }
    }

    pub(super) async fn deliver(&self, row: &OutboxRow) -> Result<(), Failure> {
        let message = Email::deserialize(&row.content.0);
        let message = message.map_err(|error| Failure::ForEver(error.into()))?;
        self.send(message, &row.message_id(), row.created_at).await
    }

    async fn send(
        &self,
        message: Email,
        id: &str,
        written_at: DateTime<Utc>,
    ) -> Result<(), Failure> {
        match self {
            Self::Smtp(smtp) => timeout(DEADLINE, smtp.send(message, id, written_at)).await?,
            Self::SendGrid(sendgrid) => timeout(DEADLINE, sendgrid.send(message)).await?,
        }
    }
}

/// What the owner of a rejected submission reads.
pub(super) fn content(change: &Change) -> Result<Value> {
    let message = rejection(
        change.job_submission_id,
        &change.name,
        &change.client_id,
        &change.owner_email,
        change.report_message.as_deref(),
    );
    serde_json::to_value(message).map_err(Error::internal)
}

fn rejection(id: i32, name: &str, cluster: &str, owner: &str, reason: Option<&str>) -> Email {
    let (name, cluster) = (one_line(name), one_line(cluster));
    let reason: String =
        reason.unwrap_or("No reason was given.").chars().take(REASON_LENGTH).collect();
    let reason: Vec<_> = reason.lines().map(|line| format!("    {line}")).collect();
    let reason = reason.join("\n");
    Email {
        to: owner.to_owned(),
        subject: format!("Job submission {id} was rejected: {name}"),
        text: format!(
            "Your job submission {id}, \"{name}\", to the cluster {cluster} was rejected: \
             the job does not run.\n\n\
             Reason:\n\n{reason}\n\n\
             To run the job, remove the cause and create a new submission.\n\n\
             -- \nJobbergate sent this message to the owner of the submission.\n"
        ),
    }
}

/// A person's words where there is room for a line only: without line breaks, and not too long.
fn one_line(text: &str) -> String {
    let words: Vec<_> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|w| !w.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(NAME_LENGTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn sender(setting: &'static str, address: &str) -> Result<Mailbox, StartError> {
    address.parse().map_err(|error: lettre::address::AddressError| StartError::Setting {
        setting,
        reason: format!("{address:?} is no e-mail address: {error}"),
    })
}

/// Two settings of which there are both or none.
fn pair<'a>(
    (one, first): (&'static str, Option<&'a String>),
    (other, second): (&'static str, Option<&'a String>),
) -> Result<Option<(&'a str, &'a str)>, StartError> {
    let missing = |setting, given| StartError::Setting {
        setting,
        reason: format!("it is missing, but {given} is set"),
    };
    match (first, second) {
        (Some(first), Some(second)) => Ok(Some((first, second))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(missing(other, one)),
        (None, Some(_)) => Err(missing(one, other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_which_submission_and_why() {
        let message = rejection(12, "heat", "fjord", "a@b.co", Some("no account\nask support"));
        assert_eq!(message.subject, "Job submission 12 was rejected: heat");
        let text = "Your job submission 12, \"heat\", to the cluster fjord was rejected: the job \
                    does not run.\n\nReason:\n\n    no account\n    ask support\n\nTo run the job, \
                    remove the cause and create a new submission.\n\n-- \nJobbergate sent this \
                    message to the owner of the submission.\n";
        assert_eq!(message.text, text);
    }

    #[test]
    fn nobody_writes_headers_by_a_name() {
        let name = "a\r\nBcc: eve@evil.co\u{85}\u{2028}\0 b";
        let message = rejection(1, name, "c", "a@b.co", None);
        assert_eq!(message.subject, "Job submission 1 was rejected: a Bcc: eve@evil.co b");
        assert!(message.text.contains("No reason was given."));
    }

    #[test]
    fn names_and_reasons_have_an_end() {
        let message = rejection(1, &"ü".repeat(500), "c", "a@b.co", Some(&"x".repeat(1_000_000)));
        assert_eq!(message.subject.chars().count(), "Job submission 1 was rejected: ".len() + 101);
        assert!(message.text.len() < 11_000);
    }

    #[test]
    fn both_settings_or_none() {
        let some = "x".to_owned();
        assert_eq!(pair(("A", None), ("B", None)).unwrap(), None);
        assert_eq!(pair(("A", Some(&some)), ("B", Some(&some))).unwrap(), Some(("x", "x")));
        let error = pair(("A", Some(&some)), ("B", None)).unwrap_err().to_string();
        assert_eq!(error, "B is wrong: it is missing, but A is set");
        let error = pair(("A", None), ("B", Some(&some))).unwrap_err().to_string();
        assert_eq!(error, "A is wrong: it is missing, but B is set");
    }
}
