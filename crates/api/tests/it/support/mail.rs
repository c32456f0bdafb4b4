//! A server that sends its e-mail here.

use std::ops::Deref;

use jobbergate_api::config::{ServeConfig, mail::SmtpTls};
use jobbergate_testkit::smtp::{Email, Smtp};

use super::{TestApp, database, eventually};

/// A running server, and the mail server that it has.
pub struct MailApp {
    server: TestApp,
    smtp: Smtp,
}

impl Deref for MailApp {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.server
    }
}

impl MailApp {
    pub async fn on_sqlite() -> Self {
        let smtp = Smtp::start().unwrap();
        let server = TestApp::configured(|config| mails(config, smtp.port)).await;
        Self { server, smtp }
    }

    pub async fn on_postgres() -> Self {
        let smtp = Smtp::start().unwrap();
        let change = |config: &mut ServeConfig| mails(config, smtp.port);
        let server = TestApp::configured_on_database(database().await, change).await;
        Self { server, smtp }
    }

    /// What was sent until now.
    pub fn sent(&self) -> Vec<Email> {
        self.smtp.received().unwrap()
    }

    /// The same, once it is so many.
    pub async fn mails(&self, count: usize) -> Vec<Email> {
        eventually(async || self.sent().len() >= count).await;
        self.sent()
    }
}

/// Settings of a server that sends e-mail by this port.
pub fn mails(config: &mut ServeConfig, port: u16) {
    config.mail.smtp_host = Some("localhost".to_owned());
    config.mail.smtp_port = Some(port);
    config.mail.smtp_from_email = Some("Jobbergate <jobs@lab.co>".to_owned());
    config.mail.smtp_tls = SmtpTls::None;
}
