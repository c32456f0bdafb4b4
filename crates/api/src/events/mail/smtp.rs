//! E-mail by an SMTP server.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Tls, TlsParameters},
    },
};

use super::{Email, pair, sender};
use crate::{
    config::mail::{MailConfig, SmtpTls},
    events::failure::{Cause, Failure},
    startup::StartError,
};

/// How long the server may take for one command.
const COMMAND_DEADLINE: Duration = Duration::from_secs(10);
/// Refusals of the server to work for us at all: it stops (RFC 5321 §3.8), or authentication is
/// missing, wrong or can't be checked (RFC 4954 §6).
const UNWILLING: [u16; 6] = [421, 454, 530, 534, 535, 538];

#[derive(Debug)]
pub(in crate::events) struct Smtp {
    from: Mailbox,
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl Smtp {
    pub(super) fn configured(config: &MailConfig) -> Result<Option<Self>, StartError> {
        let (host, from) = (config.smtp_host.as_ref(), config.smtp_from_email.as_ref());
        let given = pair(("SMTP_HOST", host), ("SMTP_FROM_EMAIL", from))?;
        let (user, password) = (config.smtp_username.as_ref(), config.smtp_password.as_ref());
        let credentials = pair(("SMTP_USERNAME", user), ("SMTP_PASSWORD", password))?;
        let Some((host, from)) = given else { return Ok(None) };
        let parameters = || {
            TlsParameters::new(host.to_owned()).map_err(|error| StartError::Setting {
                setting: "SMTP_TLS",
                reason: format!("no TLS with {host}: {error}"),
            })
        };
        let (tls, port) = match config.smtp_tls {
            SmtpTls::None => (Tls::None, 25),
            SmtpTls::Starttls => (Tls::Required(parameters()?), 587),
            SmtpTls::Tls => (Tls::Wrapper(parameters()?), 465),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
            .tls(tls)
            .port(config.smtp_port.unwrap_or(port))
            .timeout(Some(COMMAND_DEADLINE));
        if let Some((user, password)) = credentials {
            builder = builder.credentials(Credentials::new(user.to_owned(), password.to_owned()));
        }
        let from = sender("SMTP_FROM_EMAIL", from)?;
        Ok(Some(Self { from, transport: builder.build() }))
    }

    /// Makes sure that the server answers and accepts us.
    pub(super) async fn connect(&self) -> Result<(), Cause> {
        match self.transport.test_connection().await? {
            true => Ok(()),
            false => Err("the mail server has closed the connection".into()),
        }
    }

    /// Sends a message under an id by which whoever gets it twice knows it.
    pub(super) async fn send(
        &self,
        message: Email,
        id: &str,
        written_at: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let for_ever = |error: Cause| Failure::ForEver(error);
        let to: Address = message.to.parse().map_err(|error| {
            let error: lettre::address::AddressError = error;
            for_ever(format!("{:?} is no e-mail address: {error}", message.to).into())
        })?;
        let ascii = message.to.is_ascii();
        let id = format!("<{id}@{}>", self.from.email.domain());
        let email = lettre::Message::builder()
            .from(self.from.clone())
            .to(to.into())
            .subject(message.subject)
            .date(SystemTime::from(written_at))
            .message_id(Some(id))
            .header(ContentType::TEXT_PLAIN)
            .body(message.text)
            .map_err(|error| for_ever(error.into()))?;
        let Err(error) = self.transport.send(email).await else { return Ok(()) };
        Err(failure(error, ascii))
    }
}

/// What a failure to hand a message over, to an ASCII address or another one, says of it.
fn failure(error: lettre::transport::smtp::Error, ascii: bool) -> Failure {
    let refused = error.status().is_some_and(|code| !UNWILLING.contains(&u16::from(code)));
    // A server without SMTPUTF8 (RFC 6531).
    let unspeakable = error.is_client() && !ascii;
    match error.is_permanent() && refused || unspeakable {
        true => Failure::ForEver(error.into()),
        false if refused || error.is_client() => Failure::Refused(error.into()),
        false => Failure::Unreachable(error.into()),
    }
}
