//! Reading on at the end of the log, once for all who wait for changes of a database.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use jobbergate_types::job_submissions::JobSubmissionStatus;
use tokio::{
    sync::{Notify, OnceCell, broadcast, watch},
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use super::{
    log::{self, ChangeRow},
    open::Open,
    position::{Position, SHARDS},
};
use crate::{
    db::{Db, Listener},
    events::requests,
};

/// How often the log is looked at when nobody says that there is something new: a notification
/// may be lost with its connection, or with the server that was about to send it.
const TICK: Duration = Duration::from_secs(3);
/// What is committed within this time after a change is read together.
const GATHER: Duration = Duration::from_millis(10);
/// How long it goes on when nobody waits: most come back at once.
const LINGER: Duration = Duration::from_mins(1);
/// How much is read at a time.
const BATCH: usize = 200;

/// A change of a submission that was committed.
#[derive(Debug)]
pub(crate) struct Notice {
    shard: usize,
    number: i64,
    pub(crate) job_submission_id: i32,
    pub(crate) client_id: String,
    pub(crate) owner_email: String,
    /// None if it was deleted. One of the statuses' names otherwise, which an older server may have
    /// written.
    pub(crate) status: Option<String>,
    /// How it is shown to all who hear of it.
    pub(crate) shown: OnceCell<Bytes>,
}

impl From<ChangeRow> for Notice {
    fn from(row: ChangeRow) -> Self {
        Self {
            shard: usize::try_from(row.shard).unwrap_or(SHARDS),
            number: row.number,
            job_submission_id: row.job_submission_id,
            client_id: row.client_id,
            owner_email: row.owner_email,
            status: row.status,
            shown: OnceCell::new(),
        }
    }
}

impl Notice {
    pub(crate) fn is_now(&self, status: JobSubmissionStatus) -> bool {
        self.status.as_deref() == Some(status.as_str())
    }

    /// Moves a position on to this; false if it had passed it.
    pub(crate) fn moves(&self, position: &mut Position) -> bool {
        position.pass(self.shard, self.number)
    }
}

pub(super) struct Tail {
    pub(super) db: Db,
    pub(super) position: Position,
    pub(super) sender: broadcast::Sender<Arc<Notice>>,
    pub(super) requests: watch::Sender<Arc<Open>>,
    pub(super) committed: Arc<Notify>,
    pub(super) stopping: CancellationToken,
}

impl Tail {
    /// Reads on until the server stops, the database is closed or nobody has waited for a while.
    pub(super) async fn run(mut self) {
        let mut listener = self.listen().await;
        let (mut waited_at, mut failed) = (Instant::now(), false);
        loop {
            match self.read().await {
                Ok(()) => failed = false,
                Err(sqlx::Error::PoolClosed) => return,
                Err(error) if failed => tracing::debug!(%error, "changes can't be read yet"),
                Err(error) => {
                    failed = true;
                    tracing::warn!(%error, "changes can't be read for now; those who wait hear of them later");
                }
            }
            if self.sender.receiver_count() > 0 {
                waited_at = Instant::now();
            } else if waited_at.elapsed() >= LINGER {
                return;
            }
            tokio::select! {
                () = self.stopping.cancelled() => return,
                () = self.committed.notified() => {}
                heard = hear(&mut listener) => if let Err(error) = heard {
                    tracing::info!(%error, "other servers can't be heard for now");
                    listener = None;
                },
                () = sleep(TICK) => listener = self.check(listener).await,
            }
        }
    }

    /// Passes on what is new.
    async fn read(&mut self) -> sqlx::Result<()> {
        loop {
            let mut db = self.db.read().await?;
            let open: Open = requests::open(&mut db).await?.into();
            let rows = log::after(&mut db, &self.position, BATCH).await?;
            drop(db);
            // As they are is news as well: they may have been otherwise meanwhile.
            if !open.is_empty() || !self.requests.borrow().is_empty() {
                self.requests.send_replace(Arc::new(open));
            }
            let (some, all) = (!rows.is_empty(), rows.len() < BATCH);
            for notice in rows.into_iter().map(Notice::from) {
                if notice.moves(&mut self.position) {
                    // Nobody may be waiting.
                    let _ = self.sender.send(Arc::new(notice));
                }
            }
            if some {
                sleep(GATHER).await;
            }
            if all {
                return Ok(());
            }
        }
    }

    async fn check(&self, listener: Option<Listener>) -> Option<Listener> {
        match listener {
            Some(mut listener) => listener.is_alive().await.then_some(listener),
            None => self.listen().await,
        }
    }

    async fn listen(&self) -> Option<Listener> {
        let listener = self.db.listen().await;
        listener.unwrap_or_else(|error| {
            tracing::info!(%error, "other servers can't be heard yet");
            None
        })
    }
}

async fn hear(listener: &mut Option<Listener>) -> sqlx::Result<()> {
    match listener {
        Some(listener) => listener.hear().await,
        None => std::future::pending().await,
    }
}
