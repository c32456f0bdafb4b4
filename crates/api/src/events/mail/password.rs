//! E-mail with the address where somebody chooses a password.

use chrono::{DateTime, Utc};

use super::{Email, Mail};
use crate::{
    events::failure::{Cause, Failure},
    identity::{PasswordLink, Purpose},
};

impl Mail {
    /// Sends a link to the person whose account it is. It is a secret: it waits in no outbox, and
    /// nobody tries again after a failure.
    pub(in crate::events) async fn send_link(
        &self,
        link: &PasswordLink,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Cause> {
        self.send(message(link), id, now).await.map_err(|failure| match failure {
            Failure::Refused(cause) | Failure::Unreachable(cause) | Failure::ForEver(cause) => {
                cause
            }
        })
    }
}

fn message(link: &PasswordLink) -> Email {
    let (subject, why) = match link.purpose {
        Purpose::SetUp | Purpose::Invitation => (
            "Welcome to Jobbergate: choose your password",
            "There is a new account at Jobbergate for you. Choose its password here:",
        ),
        Purpose::Reset => (
            "Jobbergate: choose a new password",
            "Choose a new password for your account at Jobbergate here:",
        ),
    };
    let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
    Email {
        to: link.email.clone(),
        subject: subject.to_owned(),
        text: format!(
            "{why}\n\n    {}\n\nThe address can be used once, until {until}.\n\nIf you don't \
             expect this message, ignore it: nothing has changed.\n\n-- \nJobbergate sent this \
             message to the owner of the account.\n",
            link.url
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_where_to_choose_a_password_and_until_when() {
        let link = PasswordLink {
            email: "bob@example.com".to_owned(),
            url: "https://jobs.example.com/realms/jobbergate/password?link=x".to_owned(),
            purpose: Purpose::Reset,
            expires_at: DateTime::from_timestamp(1_767_225_600, 0).unwrap(),
            replaces: false,
        };
        let message = message(&link);
        assert_eq!(
            (message.to.as_str(), message.subject.as_str()),
            ("bob@example.com", "Jobbergate: choose a new password")
        );
        let text = "Choose a new password for your account at Jobbergate here:\n\n    \
                    https://jobs.example.com/realms/jobbergate/password?link=x\n\nThe address can be \
                    used once, until 2026-01-01 00:00 UTC.\n\nIf you don't expect this message, \
                    ignore it: nothing has changed.\n\n-- \nJobbergate sent this message to the \
                    owner of the account.\n";
        assert_eq!(message.text, text);
    }
}
