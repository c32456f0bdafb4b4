//! What waits to be told, and why it does.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Events, outbox};
use crate::{db::Db, error::Result};

/// Deliveries that are due sooner than this are left as they are.
const SOON: TimeDelta = TimeDelta::seconds(60);

/// A way of telling somebody, and what waits for it in one outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    pub channel: String,
    /// Whether the settings name its other end.
    pub is_configured: bool,
    pub waiting: i64,
    /// When the oldest of them was written.
    pub oldest: Option<DateTime<Utc>>,
    /// How often the delivery of one of them has failed at most.
    pub failures: i32,
}

/// Why something was not delivered, and when that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFailure {
    pub at: DateTime<Utc>,
    pub cause: String,
}

/// The last failure of each channel since it last delivered something, at this server.
pub(super) type LastFailures = BTreeMap<&'static str, LastFailure>;

impl Events {
    /// What waits in an outbox, for each channel that is configured or has something there.
    pub async fn backlog(&self, db: &Db) -> Result<Vec<Backlog>> {
        let mut rows: BTreeMap<_, _> = outbox::backlog(&mut db.read().await?)
            .await?
            .into_iter()
            .map(|row| (row.channel.clone(), row))
            .collect();
        let configured: Vec<_> = self.channels.iter().map(|channel| channel.name()).collect();
        let mut all: Vec<_> = configured
            .iter()
            .map(|name| (rows.remove(*name), (*name).to_owned(), true))
            .map(|(row, channel, is_configured)| backlog(row, channel, is_configured))
            .collect();
        let others = rows.into_iter().map(|(name, row)| backlog(Some(row), name, false));
        all.extend(others);
        Ok(all)
    }

    /// Why a channel last failed to deliver something, unless it delivered since.
    pub fn last_failure(&self, channel: &str) -> Option<LastFailure> {
        self.failures().get(channel).cloned()
    }

    /// Has what failed to be delivered be tried at once; how much there is of it.
    pub async fn retry(&self, db: &Db, channel: &str, now: DateTime<Utc>) -> Result<u64> {
        let mut session = db.write().await?;
        let hastened = outbox::hasten(&mut session, channel, now, now + SOON).await?;
        session.commit().await?;
        self.written.send_replace(());
        Ok(hastened)
    }

    /// Forgets what waits for a channel, which nobody is told then; how much.
    pub async fn drop_waiting(&self, db: &Db, channel: &str) -> Result<u64> {
        let mut session = db.write().await?;
        let dropped = outbox::delete_all(&mut session, channel).await?;
        session.commit().await?;
        Ok(dropped)
    }

    pub(super) fn note_failure(
        &self,
        channel: &'static str,
        at: DateTime<Utc>,
        cause: &super::Cause,
    ) {
        let cause = words(&**cause);
        self.failures().insert(channel, LastFailure { at, cause });
    }

    pub(super) fn note_delivery(&self, channel: &'static str) {
        self.failures().remove(channel);
    }
}

fn backlog(row: Option<outbox::BacklogRow>, channel: String, is_configured: bool) -> Backlog {
    let (waiting, failures) = row.as_ref().map_or((0, 0), |row| (row.waiting, row.failures));
    Backlog { channel, is_configured, waiting, oldest: row.map(|row| row.oldest), failures }
}

/// What went wrong, with all its causes.
fn words(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let more = next.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = next.source();
    }
    words
}
