//! Whether the standby has all that was committed: asked once for all who want to know.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;

use super::pair::{Pair, Unfit};
use crate::db::postgres_options;

/// How long readers wait for the standby to replay what was committed.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often the standby is asked meanwhile.
const POLL: Duration = Duration::from_millis(1);
/// How long a reader waits in all: others may have been before.
const READER_DEADLINE: Duration = Duration::from_millis(50);
/// How many may wait for an answer.
const READERS: usize = 4096;
/// How often a standby that is behind is asked whether it has caught up, while all read from the primary.
const CATCHING_UP: Duration = Duration::from_millis(250);
/// How often it is looked whether the two still belong together, and one that failed is tried again.
const RECHECK: Duration = Duration::from_secs(2);
/// How long a standby may be behind before that is worth a line in the log.
const WORTH_TELLING: Duration = Duration::from_secs(5);

/// A standby, as one task watches it that ends with this.
#[derive(Clone, Debug)]
pub struct Following {
    standby: Arc<PgConnectOptions>,
    state: Arc<State>,
    readers: mpsc::Sender<oneshot::Sender<bool>>,
    _task: Arc<AbortOnDropHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    is_used: AtomicBool,
    from_standby: AtomicU64,
    from_primary: AtomicU64,
}

/// Whether the standby is read from at the moment, and how often it was and was not, since the start.
#[derive(Debug, Clone, Copy)]
pub struct Reads {
    pub is_standby_used: bool,
    pub from_standby: u64,
    pub from_primary: u64,
}

impl Following {
    /// Watches the standby; nothing is read from it before the two were found to belong together.
    pub(crate) fn start(primary: &str, standby: &str) -> Result<Self, sqlx::Error> {
        let (primary, standby) = (postgres_options(primary)?, postgres_options(standby)?);
        let (readers, asked) = mpsc::channel(READERS);
        let (standby, state) = (Arc::new(standby), Arc::new(State::default()));
        let watch = Watch {
            primary,
            standby: Arc::clone(&standby),
            state: Arc::clone(&state),
            told: Some("it was not looked at yet".to_owned()),
        };
        let task = AbortOnDropHandle::new(tokio::spawn(watch.run(asked)));
        Ok(Self { standby, state, readers, _task: Arc::new(task) })
    }

    pub(super) fn standby(&self) -> &PgConnectOptions {
        &self.standby
    }

    /// Whether it has all that was committed before this is asked.
    pub(super) async fn is_level(&self) -> bool {
        let (tell, told) = oneshot::channel();
        if !self.state.is_used.load(Relaxed) || self.readers.try_send(tell).is_err() {
            return false;
        }
        matches!(timeout(READER_DEADLINE, told).await, Ok(Ok(true)))
    }

    /// It failed: nothing is read from it until it was looked at.
    pub(super) fn suspect(&self, error: &sqlx::Error) {
        if self.state.is_used.swap(false, Relaxed) {
            tracing::warn!(%error, "a read failed on the standby of DATABASE_READ_URL");
        }
    }

    pub(super) fn count(&self, from_standby: bool) {
        let counter = match from_standby {
            true => &self.state.from_standby,
            false => &self.state.from_primary,
        };
        counter.fetch_add(1, Relaxed);
    }

    pub fn reads(&self) -> Reads {
        Reads {
            is_standby_used: self.state.is_used.load(Relaxed),
            from_standby: self.state.from_standby.load(Relaxed),
            from_primary: self.state.from_primary.load(Relaxed),
        }
    }
}

type Asked = mpsc::Receiver<oneshot::Sender<bool>>;

struct Watch {
    primary: PgConnectOptions,
    standby: Arc<PgConnectOptions>,
    state: Arc<State>,
    /// Why it is not read from, as the log says.
    told: Option<String>,
}

impl Watch {
    async fn run(mut self, mut asked: Asked) {
        loop {
            let watched = match Pair::connect(&self.primary, &self.standby).await {
                Ok(pair) => self.watch(pair, &mut asked).await,
                Err(reason) => Err(reason),
            };
            self.state.is_used.store(false, Relaxed);
            match watched {
                Ok(()) => return,
                Err(reason) => self.tell(&reason.to_string()),
            }
            // Who asked just before reads from the primary.
            while asked.try_recv().is_ok() {}
            sleep(RECHECK).await;
        }
    }

    /// Answers readers until nobody can ask any more.
    async fn watch(&mut self, mut pair: Pair, asked: &mut Asked) -> Result<(), Unfit> {
        loop {
            pair.identify().await?;
            self.catch_up(&mut pair).await?;
            let recheck = Instant::now() + RECHECK;
            loop {
                let mut readers = Vec::new();
                match timeout_at(recheck, asked.recv_many(&mut readers, READERS)).await {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(_) => break,
                }
                let is_level = is_level(&mut pair).await?;
                for reader in readers {
                    // Who does not wait any more reads from the primary.
                    reader.send(is_level).ok();
                }
                if !is_level {
                    self.state.is_used.store(false, Relaxed);
                    break;
                }
            }
        }
    }

    /// Waits until the standby is level, and has it read from.
    async fn catch_up(&mut self, pair: &mut Pair) -> Result<(), Unfit> {
        let begin = Instant::now();
        while !is_level(pair).await? {
            self.state.is_used.store(false, Relaxed);
            if begin.elapsed() >= WORTH_TELLING {
                self.tell(
                    "it is behind: replication is slow, paused or waits for a long query there",
                );
            }
            sleep(CATCHING_UP).await;
        }
        if let Some(reason) = self.told.take() {
            tracing::info!(before = reason, "reads go to the standby of DATABASE_READ_URL");
        }
        self.state.is_used.store(true, Relaxed);
        Ok(())
    }

    fn tell(&mut self, reason: &str) {
        if self.told.as_deref() != Some(reason) {
            tracing::warn!(
                reason,
                "all reads go to the primary, none to the standby of DATABASE_READ_URL"
            );
            self.told = Some(reason.to_owned());
        }
    }
}

/// Whether the standby replays in time what was committed until now.
async fn is_level(pair: &mut Pair) -> Result<bool, Unfit> {
    let committed = pair.committed().await?;
    let begin = Instant::now();
    loop {
        if pair.replayed().await? >= committed {
            return Ok(true);
        }
        if begin.elapsed() >= PATIENCE {
            return Ok(false);
        }
        sleep(POLL).await;
    }
}
