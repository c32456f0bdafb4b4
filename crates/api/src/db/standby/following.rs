//! Watching a standby: whether it is one of the primary and keeps up with it, and how far the primary is, asked
//! once for all who want to know.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    sync::{Notify, mpsc, oneshot},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    PATIENCE,
    pair::{Pair, Unfit},
};
use crate::db::postgres_options;

/// How long a reader waits for what the primary says: others may have asked before.
const READER_DEADLINE: Duration = Duration::from_millis(50);
/// How long the primary may take to say it before that costs readers more than it saves.
const SLOW: Duration = Duration::from_millis(25);
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
    readers: mpsc::Sender<oneshot::Sender<i64>>,
    _task: Arc<AbortOnDropHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    is_used: AtomicBool,
    /// Somebody has found the standby behind.
    found_behind: Notify,
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

    /// The end of what was committed before this is asked, in bytes of the log; nothing while the standby
    /// is not read from.
    pub(super) async fn committed(&self) -> Option<i64> {
        let (tell, told) = oneshot::channel();
        if !self.state.is_used.load(Relaxed) || self.readers.try_send(tell).is_err() {
            return None;
        }
        timeout(READER_DEADLINE, told).await.ok()?.ok()
    }

    /// Nothing is read from it until it has caught up.
    pub(super) fn is_behind(&self) {
        self.state.is_used.store(false, Relaxed);
        self.state.found_behind.notify_one();
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

type Asked = mpsc::Receiver<oneshot::Sender<i64>>;

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
            self.catch_up(&mut pair).await?;
            let recheck = Instant::now() + RECHECK;
            while self.state.is_used.load(Relaxed) && Instant::now() < recheck {
                let mut readers = Vec::new();
                let count = tokio::select! {
                    count = asked.recv_many(&mut readers, READERS) => count,
                    () = self.state.found_behind.notified() => break,
                    () = sleep_until(recheck) => break,
                };
                match count {
                    0 => return Ok(()),
                    _ => self.answer(&mut pair, readers).await?,
                }
            }
        }
    }

    async fn answer(
        &self,
        pair: &mut Pair,
        readers: Vec<oneshot::Sender<i64>>,
    ) -> Result<(), Unfit> {
        let begin = Instant::now();
        let committed = pair.committed().await?;
        if begin.elapsed() > SLOW {
            self.state.is_used.store(false, Relaxed);
        }
        for reader in readers {
            // Who does not wait any more reads from the primary.
            reader.send(committed).ok();
        }
        Ok(())
    }

    /// Waits until the standby is level, and has it read from.
    async fn catch_up(&mut self, pair: &mut Pair) -> Result<(), Unfit> {
        let begin = Instant::now();
        loop {
            pair.identify().await?;
            let Some(reason) = hindrance(pair).await? else { break };
            self.state.is_used.store(false, Relaxed);
            if begin.elapsed() >= WORTH_TELLING {
                self.tell(reason);
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

/// Why it would not pay to read from the standby now.
async fn hindrance(pair: &mut Pair) -> Result<Option<&'static str>, Unfit> {
    let begin = Instant::now();
    let committed = pair.committed().await?;
    if begin.elapsed() > SLOW {
        return Ok(Some("the primary takes more than 25 ms to say how far it is"));
    }
    let is_behind = pair.behind(committed, PATIENCE).await? > 0;
    Ok(is_behind
        .then_some("it is behind: replication is slow, paused or waits for a long query there"))
}
