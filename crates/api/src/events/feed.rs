//! The feed of changes: what is committed wakes whoever waits for it, on all servers.
//!
//! A transaction that changes a submission writes that into a log ([`log`]). After the commit the
//! servers on the same database are told to look there: this one directly, others by a notification
//! of PostgreSQL, which is sent after the commit and once for many: in the transaction it would
//! have all commits wait for each other. It says only that there is something. Each server reads
//! on in the log ([`tail`]) for all who wait there, also every few seconds without having been told.
//! In the same way agents hear that they are asked for something, and people that they are answered
//! ([`open`]).

mod log;
mod open;
mod position;
mod tail;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    db::{Db, Session},
    error::Result,
};
pub(crate) use log::{Entry, forget};
pub(crate) use open::Open;
pub(crate) use position::Position;
pub(crate) use tail::Notice;
use tail::Tail;

/// How many changes those who wait may be behind. Who is further behind looks into the log.
const CAPACITY: usize = 256;
/// How often other servers are told at most: of all that was committed since the last time.
const PAUSE: Duration = Duration::from_millis(10);

/// What those who wait hear.
pub(crate) type Notices = broadcast::Receiver<Arc<Notice>>;
/// What requests are open, whenever that may have changed.
pub(crate) type Requests = watch::Receiver<Arc<Open>>;

#[derive(Debug, Default)]
pub struct Feed {
    /// By organization, where these have databases of their own.
    hubs: Mutex<HashMap<Option<String>, Arc<Hub>>>,
    stopping: CancellationToken,
}

/// What there is for one database.
#[derive(Debug, Default)]
struct Hub {
    committed: Arc<Notify>,
    /// How many commits other servers have not been told of.
    untold: AtomicUsize,
    /// To those who wait; it is the tail's, and gone with it.
    sender: tokio::sync::Mutex<Option<broadcast::WeakSender<Arc<Notice>>>>,
    requests: watch::Sender<Arc<Open>>,
}

impl Feed {
    /// Those who wait are answered now.
    pub fn stop(&self) {
        self.stopping.cancel();
    }

    /// Ready when the server stops.
    pub(crate) async fn stopping(&self) {
        self.stopping.cancelled().await;
    }

    /// What is committed from now on. It ends when the database is closed.
    pub(crate) async fn subscribe(&self, organization: Option<&str>, db: &Db) -> Result<Notices> {
        let hub = self.hub(organization);
        let mut known = hub.sender.lock().await;
        if let Some(sender) = known.as_ref().and_then(broadcast::WeakSender::upgrade) {
            return Ok(sender.subscribe());
        }
        let position = log::end(&mut db.read().await?).await?;
        let (sender, notices) = broadcast::channel(CAPACITY);
        *known = Some(sender.downgrade());
        let (committed, stopping) = (Arc::clone(&hub.committed), self.stopping.clone());
        let requests = hub.requests.clone();
        let tail = Tail { db: db.clone(), position, sender, requests, committed, stopping };
        tokio::spawn(tail.run());
        Ok(notices)
    }

    /// What requests are open from now on, as long as somebody is subscribed.
    pub(crate) fn requests(&self, organization: Option<&str>) -> Requests {
        self.hub(organization).requests.subscribe()
    }

    /// Something was committed there.
    pub(super) fn wake(&self, organization: Option<&str>, db: &Db) {
        let hub = self.hub(organization);
        hub.committed.notify_one();
        if !db.is_shared() || hub.untold.fetch_add(1, Ordering::SeqCst) > 0 {
            // Whoever is telling others will do so again.
            return;
        }
        tokio::spawn(hub.tell_others(db.clone()));
    }

    fn hub(&self, organization: Option<&str>) -> Arc<Hub> {
        let mut hubs = self.hubs.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(hubs.entry(organization.map(str::to_owned)).or_default())
    }
}

impl Hub {
    async fn tell_others(self: Arc<Self>, db: Db) {
        let mut told = self.untold.load(Ordering::SeqCst);
        loop {
            if let Err(error) = db.notify().await {
                tracing::debug!(%error, "other servers find out by themselves");
            }
            tokio::time::sleep(PAUSE).await;
            let now = self.untold.compare_exchange(told, 0, Ordering::SeqCst, Ordering::SeqCst);
            let Err(more) = now else { return };
            told = more;
        }
    }
}

/// Writes changes into the log, as the last thing before the commit.
pub(super) async fn note(db: &mut Session, entries: Vec<Entry>) -> Result<()> {
    Ok(log::append(db, entries).await?)
}

/// Where the log ends now.
pub(crate) async fn end(db: &Db) -> Result<Position> {
    Ok(log::end(&mut db.read().await?).await?)
}

/// Up to `limit` changes after a position.
pub(crate) async fn after(db: &Db, position: &Position, limit: usize) -> Result<Vec<Arc<Notice>>> {
    let rows = log::after(&mut db.read().await?, position, limit).await?;
    Ok(rows.into_iter().map(|row| Arc::new(row.into())).collect())
}

/// To which statuses submissions of a cluster came after a position.
pub(crate) async fn statuses_after(
    db: &Db,
    position: &Position,
    client_id: &str,
) -> Result<Vec<String>> {
    Ok(log::statuses_after(&mut db.read().await?, position, client_id).await?)
}
