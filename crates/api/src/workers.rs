//! Threads for what takes long to compute: rendering templates, checking files.

mod queue;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::{sync::oneshot, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use queue::{Next, Queue};

/// How long work may wait for its turn before the request is answered 503.
const PATIENCE: Duration = Duration::from_secs(10);
/// What one request's rendering takes at most, in bytes; the largest work but for checks of
/// megabytes of code.
pub const RENDERING: usize = 160 << 20;

/// Lets so much be computed at once that there is a core for each and that all of it together fits
/// into a fixed amount of memory. Callers take turns.
#[derive(Debug, Clone)]
pub struct Workers {
    shared: Arc<Shared>,
    memory: usize,
    patience: Duration,
}

#[derive(Debug)]
struct Shared(Mutex<Queue<oneshot::Sender<Turn>>>);

/// For whom something is computed.
#[derive(Debug, Clone)]
pub struct Customer {
    /// Who it is.
    pub caller: Arc<str>,
    /// Says that nobody waits for it any more.
    pub gone: CancellationToken,
}

/// The turn of a piece of work, with its memory; others are next when it is dropped.
#[derive(Debug)]
pub struct Turn {
    caller: Arc<str>,
    memory: Reserved,
}

/// Memory that is put aside until this is dropped.
#[derive(Debug)]
pub struct Reserved {
    shared: Arc<Shared>,
    bytes: usize,
}

impl Default for Customer {
    /// Nobody in particular, who stays.
    fn default() -> Self {
        Self { caller: "".into(), gone: CancellationToken::new() }
    }
}

impl Workers {
    /// One for each core, and two on a machine with a single one, which share `memory` bytes.
    pub fn new(memory: usize) -> Self {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Self::with(cores.max(2), memory, PATIENCE)
    }

    fn with(turns: usize, memory: usize, patience: Duration) -> Self {
        let shared = Arc::new(Shared(Mutex::new(Queue::new(turns, memory, RENDERING))));
        Self { shared, memory, patience }
    }

    /// How much memory there is for everything that is computed at once, in bytes.
    pub fn memory(&self) -> usize {
        self.memory
    }

    /// Waits for a turn and `memory` bytes, which must be no more than there are.
    ///
    /// # Errors
    /// 503 if there is neither within 10 seconds, or if too much waits for the same caller.
    pub async fn turn(&self, customer: &Customer, memory: usize) -> Result<Turn> {
        let busy = || Error::Busy("Too much is being rendered and checked; try again in a moment");
        let (sender, waiting) = oneshot::channel();
        let memory = memory.min(self.memory);
        let gave_up = oneshot::Sender::is_closed;
        if !self.shared.queue().add(&customer.caller, memory, sender, gave_up) {
            return Err(busy());
        }
        self.shared.admit();
        tokio::select! {
            turn = timeout(self.patience, waiting) => {
                turn.map_err(|_| busy())?.map_err(Error::internal)
            }
            () = customer.gone.cancelled() => Err(Error::Gone),
        }
    }
}

impl Turn {
    /// Computes something on a thread that may be kept busy. `work` gets the turn, to keep it for
    /// as long as it takes, and a flag that says that nobody waits any more.
    ///
    /// # Errors
    /// 500 if `work` panics.
    pub async fn run<T: Send + 'static>(
        self,
        customer: &Customer,
        work: impl FnOnce(Self, Arc<AtomicBool>) -> T + Send + 'static,
    ) -> Result<T> {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let mut working = tokio::task::spawn_blocking(move || work(self, stopped));
        tokio::select! {
            done = &mut working => return done.map_err(Error::internal),
            () = customer.gone.cancelled() => stop.store(true, Ordering::Relaxed),
        }
        working.await.map_err(Error::internal)
    }

    /// Ends the turn, but keeps `bytes` of its memory.
    pub fn keep(self, bytes: usize) -> Reserved {
        let shared = Arc::clone(&self.memory.shared);
        let mut kept = Reserved { shared, bytes: 0 };
        let mut turn = self;
        kept.bytes = turn.memory.bytes.min(bytes);
        turn.memory.bytes -= kept.bytes;
        kept
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue<oneshot::Sender<Turn>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives turns to whoever is next, as far as there is room.
    fn admit(self: &Arc<Self>) {
        loop {
            let next = self.queue().next(oneshot::Sender::is_closed);
            let Some(Next { caller, memory: bytes, waiter }) = next else { return };
            let memory = Reserved { shared: Arc::clone(self), bytes };
            // Who has just given up gives the turn back.
            drop(waiter.send(Turn { caller, memory }));
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The memory is given back after this, and others are admitted then.
        self.memory.shared.queue().end_turn(&self.caller);
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.shared.queue().free(self.bytes);
        self.shared.admit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(name: &str) -> Customer {
        Customer { caller: name.into(), gone: CancellationToken::new() }
    }

    fn workers(patience: u64) -> Workers {
        Workers::with(2, 2 * RENDERING, Duration::from_millis(patience))
    }

    #[tokio::test]
    async fn who_waits_too_long_is_told_so() {
        let (workers, alice) = (workers(1), customer("alice"));
        let busy = workers.turn(&alice, 1).await.unwrap();
        let other = workers.turn(&customer("bob"), 1).await.unwrap();
        let refused = workers.turn(&customer("carol"), 1).await.unwrap_err();
        assert_eq!(refused.status(), 503);
        drop((busy, other));
        let turn = workers.turn(&alice, 1).await.unwrap();
        assert_eq!(turn.run(&alice, |_, _| 8).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn memory_is_kept_beyond_the_turn_and_given_back() {
        let (workers, alice, bob) = (workers(1), customer("alice"), customer("bob"));
        let all = workers.memory();
        let kept = workers.turn(&alice, all).await.unwrap().keep(10);
        assert!(workers.turn(&bob, all).await.is_err());
        drop(workers.turn(&bob, all - 10).await.unwrap());
        drop(kept);
        workers.turn(&bob, all).await.unwrap();
    }

    #[tokio::test]
    async fn what_nobody_waits_for_is_told_so_and_gives_its_turn_back() {
        let (workers, alice) = (workers(10_000), customer("alice"));
        let turn = workers.turn(&alice, workers.memory()).await.unwrap();
        let until_stopped = |_turn, stop: Arc<AtomicBool>| {
            while !stop.load(Ordering::Relaxed) {
                thread::yield_now();
            }
        };
        let who = alice.clone();
        let working = tokio::spawn(async move { turn.run(&who, until_stopped).await });
        let waiting = workers.turn(&alice, 1);
        alice.gone.cancel();
        assert!(matches!(waiting.await, Err(Error::Gone)));
        working.await.unwrap().unwrap();
        workers.turn(&customer("alice"), workers.memory()).await.unwrap();
    }
}
