//! Telling others how submissions end: a message broker each time, the owner by e-mail when one is
//! rejected.
//!
//! What is to be told is written into the outbox in the transaction that changes the submission,
//! and delivered from there once that is committed. So nobody waits for a broker or a mail server,
//! and nothing is lost when one does not answer; it may be told twice when the server is killed
//! in between.
//!
//! Whoever waits for changes of submissions hears of them from the feed (`feed.rs`).

mod backlog;
mod change;
mod channel;
mod failure;
pub(crate) mod feed;
mod mail;
mod outbox;
mod rabbitmq;
pub(crate) mod requests;
mod worker;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use futures::future::join_all;
use tokio::sync::watch;

use self::{channel::Channel, mail::Mail, rabbitmq::RabbitMq};
use crate::{
    config::ServeConfig,
    db::{Db, Session},
    error::Result,
    identity::PasswordLink,
    startup::StartError,
};

use backlog::LastFailures;
pub use backlog::{Backlog, LastFailure};
pub(crate) use change::Change;
pub use failure::Cause;
pub use feed::Feed;
use feed::{Entry, Notices, Requests};
pub use worker::Worker;

#[derive(Debug)]
pub struct Events {
    channels: Vec<Arc<Channel>>,
    /// Whether each organization has an outbox of its own.
    separate: bool,
    written: watch::Sender<()>,
    /// Into whose outboxes something was written, by channels that have not heard of it.
    writers: Mutex<BTreeSet<(&'static str, String)>>,
    failures: Mutex<LastFailures>,
    pub feed: Feed,
}

impl Events {
    /// What `config` names; nothing is connected to yet.
    pub(crate) fn new(config: &ServeConfig) -> Result<Self, StartError> {
        let broker = RabbitMq::configured(&config.rabbitmq)?.map(Channel::RabbitMq);
        let mail = Mail::configured(&config.mail)?.map(Channel::Mail);
        let channels = broker.into_iter().chain(mail).map(Arc::new).collect();
        let separate = config.tenancy.multi_tenancy_enabled;
        let (written, writers, feed) = (watch::Sender::new(()), Mutex::default(), Feed::default());
        let failures = Mutex::default();
        Ok(Self { channels, separate, written, writers, failures, feed })
    }

    /// Writes into the outbox what is to be told of these changes, which the transaction makes to
    /// submissions of `organization`, and into the log. Nothing but the commit may follow.
    pub(crate) async fn status_changed<'a>(
        &'a self,
        db: &mut Session,
        organization: Option<&'a str>,
        changes: &[Change],
        now: DateTime<Utc>,
    ) -> Result<Written<'a>> {
        for channel in &self.channels {
            for change in changes {
                if let Some(content) = channel.content(organization, change)? {
                    let submission = change.job_submission_id;
                    outbox::insert(db, channel.name(), submission, content, now).await?;
                }
            }
        }
        self.changed(db, organization, changes.iter().map(Entry::from).collect()).await
    }

    /// Writes into the log that submissions changed, of which nobody needs to be told who does not
    /// wait for it. Nothing but the commit may follow.
    pub(crate) async fn changed<'a>(
        &'a self,
        db: &mut Session,
        organization: Option<&'a str>,
        entries: Vec<Entry>,
    ) -> Result<Written<'a>> {
        let organization = organization.filter(|_| self.separate);
        let changed = (!entries.is_empty()).then(|| db.db().clone());
        feed::note(db, entries).await?;
        Ok(Written { events: self, organization, changed })
    }

    /// What is committed from now on to the data of `organization`.
    pub(crate) async fn subscribe(&self, organization: Option<&str>, db: &Db) -> Result<Notices> {
        // It outlives the request, and reads a table that no standby has.
        let db = db.primary();
        self.feed.subscribe(organization.filter(|_| self.separate), &db).await
    }

    /// What requests to agents are open from now on, of `organization`. Only who is subscribed as
    /// well is sure to hear of it.
    pub(crate) fn requests(&self, organization: Option<&str>) -> Requests {
        self.feed.requests(organization.filter(|_| self.separate))
    }

    /// Wakes those who wait for requests or answers, now that one is committed.
    pub(crate) fn requested(&self, organization: Option<&str>, db: &Db) {
        self.feed.wake(organization.filter(|_| self.separate), db);
    }

    /// Whether people can be sent e-mail.
    pub(crate) fn sends_email(&self) -> bool {
        self.mail().is_some()
    }

    /// Sends somebody the address where they choose a password; once, and at once.
    pub(crate) async fn send_link(
        &self,
        link: &PasswordLink,
        id: &str,
        now: DateTime<Utc>,
    ) -> Result<(), Cause> {
        let mail = self.mail().ok_or("no e-mail is configured (SMTP_HOST or SENDGRID_API_KEY)")?;
        mail.send_link(link, id, now).await
    }

    fn mail(&self) -> Option<&Mail> {
        self.channels.iter().find_map(|channel| match &**channel {
            Channel::Mail(mail) => Some(mail),
            Channel::RabbitMq(_) => None,
        })
    }

    fn failures(&self) -> MutexGuard<'_, LastFailures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_written(&self, organization: Option<&str>) {
        let Some(organization) = organization else { return };
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        writers.extend(self.channels.iter().map(|c| (c.name(), organization.to_owned())));
    }

    /// The organizations into whose outboxes something was written since this channel asked last.
    fn take_written(&self, channel: &str) -> Vec<String> {
        let mut writers = self.writers.lock().unwrap_or_else(PoisonError::into_inner);
        let own = writers.extract_if(.., |(name, _)| *name == channel);
        own.map(|(_, organization)| organization).collect()
    }

    /// The name of each channel, and whether its other end answers and knows us.
    pub(crate) async fn examine(&self) -> Vec<(&'static str, Result<(), Cause>)> {
        let examine = async |channel: &Arc<Channel>| (channel.name(), channel.examine().await);
        join_all(self.channels.iter().map(examine)).await
    }
}

/// What a transaction wrote into the outbox and the log.
#[must_use = "those who deliver and those who wait are to be woken after the commit"]
pub(crate) struct Written<'a> {
    events: &'a Events,
    organization: Option<&'a str>,
    /// Where something was written into the log.
    changed: Option<Db>,
}

impl Written<'_> {
    /// Wakes those who deliver and those who wait, now that the transaction is committed.
    pub(crate) fn wake(self) {
        if let Some(db) = &self.changed {
            self.events.feed.wake(self.organization, db);
        }
        self.events.note_written(self.organization);
        self.events.written.send_replace(());
    }
}
