//! How much memory the bodies of requests may take together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::error::{Error, Result};

/// How long a body may wait until there is room for it before the request is answered 503.
const PATIENCE: Duration = Duration::from_secs(10);
/// One caller's bodies may take this part of all.
const CALLERS_PART: usize = 4;

/// Room for bodies, from their first byte until their request is answered.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    bytes: usize,
    patience: Duration,
    held: Mutex<Held>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Held {
    all: usize,
    by_caller: HashMap<Arc<str>, usize>,
}

/// The room that a request takes up.
#[derive(Debug)]
pub struct Room {
    /// For its body, as it arrives.
    pub(super) body: Share,
    /// For the values in it, once it is there: nobody who waits for these waits for a client.
    pub(super) values: Share,
}

/// Room that is taken up until this is dropped.
#[derive(Debug)]
pub struct Share {
    shared: Arc<Shared>,
    caller: Arc<str>,
    bytes: usize,
}

impl Budget {
    /// Room for so many bytes.
    pub fn new(bytes: usize) -> Self {
        Self::with(bytes, PATIENCE)
    }

    fn with(bytes: usize, patience: Duration) -> Self {
        let (held, freed) = (Mutex::default(), Notify::new());
        Self(Arc::new(Shared { bytes, patience, held, freed }))
    }

    /// A share without any room yet.
    pub fn share(&self, caller: &Arc<str>) -> Share {
        Share { shared: Arc::clone(&self.0), caller: Arc::clone(caller), bytes: 0 }
    }
}

impl Share {
    /// Waits until there is room for `bytes` in all. Whoever holds nothing else may have as much as
    /// there is, others a quarter of it.
    ///
    /// # Errors
    /// 503 if there is no room for 10 seconds.
    pub async fn grow_to(&mut self, bytes: usize) -> Result<()> {
        let bytes = bytes.min(self.shared.bytes);
        let deadline = Instant::now() + self.shared.patience;
        loop {
            let shared = Arc::clone(&self.shared);
            let freed = shared.freed.notified();
            if self.try_grow_to(bytes) {
                return Ok(());
            }
            timeout_at(deadline, freed).await.map_err(|_| {
                Error::Busy("Too much is being sent at once; try again in a moment")
            })?;
        }
    }

    fn try_grow_to(&mut self, bytes: usize) -> bool {
        let Some(more) = bytes.checked_sub(self.bytes).filter(|more| *more > 0) else {
            return true;
        };
        let shared = Arc::clone(&self.shared);
        let mut held = shared.held();
        let callers = held.by_caller.get(&self.caller).copied().unwrap_or_default();
        let alone = callers == self.bytes;
        if held.all + more > shared.bytes || !alone && callers + more > shared.bytes / CALLERS_PART
        {
            return false;
        }
        held.all += more;
        *held.by_caller.entry(Arc::clone(&self.caller)).or_default() += more;
        self.bytes = bytes;
        true
    }
}

impl Shared {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut held = self.shared.held();
        held.all -= self.bytes;
        if let Some(callers) = held.by_caller.get_mut(&self.caller) {
            *callers -= self.bytes;
            if *callers == 0 {
                held.by_caller.remove(&self.caller);
            }
        }
        drop(held);
        self.shared.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_caller_leaves_room_for_others() {
        let budget = Budget::with(100, Duration::from_millis(1));
        let (eve, alice): (Arc<str>, Arc<str>) = ("eve".into(), "alice".into());
        let mut shares: Vec<_> = (0..3).map(|_| budget.share(&eve)).collect();
        shares[0].grow_to(15).await.unwrap();
        shares[1].grow_to(10).await.unwrap();
        assert_eq!(shares[2].grow_to(1).await.unwrap_err().status(), 503);
        let mut other = budget.share(&alice);
        other.grow_to(75).await.unwrap();
        assert_eq!(budget.share(&"bob".into()).grow_to(1).await.unwrap_err().status(), 503);
        shares.swap_remove(0);
        shares[0].grow_to(15).await.unwrap();
        drop((shares, other));
        budget.share(&eve).grow_to(1000).await.unwrap();
        assert!(budget.0.held().by_caller.is_empty());
    }

    #[tokio::test]
    async fn who_waits_gets_what_others_give_back() {
        let budget = Budget::new(100);
        let mut first = budget.share(&"eve".into());
        first.grow_to(100).await.unwrap();
        let mut second = budget.share(&"alice".into());
        let waiting = tokio::spawn(async move { second.grow_to(50).await });
        tokio::task::yield_now().await;
        drop(first);
        waiting.await.unwrap().unwrap();
    }
}
