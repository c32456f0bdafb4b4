//! Telling others how submissions end: a message broker each time, the owner by e-mail when one is
//! rejected.
//!
//! What is to be told is written into the outbox in the transaction that changes the submission,
//! and delivered from there once that is committed. So nobody waits for a broker or a mail server,
//! and nothing is lost when one does not answer; it may be told twice when the server is killed
//! in between.

mod channel;
mod mail;
mod outbox;
mod rabbitmq;
mod worker;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use futures::future::join_all;
use tokio::sync::watch;

use self::{
    channel::{Cause, Channel},
    mail::Mail,
    rabbitmq::RabbitMq,
};
use crate::{
    app::Context, config::ServeConfig, db::Session, error::Result,
    resources::job_submissions::store::SubmissionRow, startup::StartError,
};

pub use worker::Worker;

/// Who is told how submissions end.
#[derive(Debug)]
pub struct Events {
    channels: Vec<Arc<Channel>>,
    written: watch::Sender<()>,
    /// Into whose outboxes something was written, by channels that have not heard of it.
    writers: Mutex<BTreeSet<(&'static str, String)>>,
}

impl Events {
    /// What `config` names; nothing is connected to yet.
    pub(crate) fn new(config: &ServeConfig) -> Result<Self, StartError> {
        let broker = RabbitMq::configured(&config.rabbitmq)?.map(Channel::RabbitMq);
        let mail = Mail::configured(&config.mail)?.map(Channel::Mail);
        let channels = broker.into_iter().chain(mail).map(Arc::new).collect();
        Ok(Self { channels, written: watch::Sender::new(()), writers: Mutex::default() })
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

/// What a transaction wrote into the outbox.
#[must_use = "the transaction's events are delivered sooner when this is told of the commit"]
pub(crate) struct Written<'a> {
    events: &'a Events,
    organization: Option<&'a str>,
}

impl Written<'_> {
    /// Has it delivered now that the transaction is committed.
    pub(crate) fn deliver(self) {
        self.events.note_written(self.organization);
        self.events.written.send_replace(());
    }
}

/// Writes into the outbox what is to be told of submissions whose status has just changed, as
/// these rows say.
pub(crate) async fn status_changed<'a>(
    context: &'a Context,
    db: &mut Session,
    submissions: &[SubmissionRow],
) -> Result<Written<'a>> {
    let events = &context.app.events;
    let now = context.now();
    for channel in &events.channels {
        for submission in submissions {
            let organization = context.organization.as_deref();
            if let Some(content) = channel.content(organization, submission)? {
                outbox::insert(db, channel.name(), submission.id, content, now).await?;
            }
        }
    }
    let separate = context.app.tenants.are_separate();
    let organization = context.organization.as_deref().filter(|_| separate);
    Ok(Written { events, organization })
}
