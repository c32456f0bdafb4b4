//! How many submissions are taken up at once, and what a slow one may hold up.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Semaphore;

/// How long a turn lasts: what takes longer goes on, but keeps nobody else waiting.
const TURN: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Slots {
    turns: Semaphore,
    /// How many of one owner may be under way, slow ones among them.
    of_one: usize,
    /// By owner.
    under_way: Mutex<HashMap<String, UnderWay>>,
}

#[derive(Debug, Default)]
struct UnderWay {
    all: usize,
    slow: usize,
}

/// One that is under way, until it is dropped.
struct Permit<'a> {
    slots: &'a Slots,
    owner: &'a str,
    slow: bool,
}

impl Slots {
    /// So many turns at once, all of which one owner may have.
    pub fn new(at_once: usize) -> Self {
        Self { turns: Semaphore::new(at_once), of_one: at_once, under_way: Mutex::default() }
    }

    /// Does the work of an owner when there is a turn; nothing if others of this owner must end
    /// first.
    pub async fn run<T>(&self, owner: &str, work: impl Future<Output = T>) -> Option<T> {
        // It is never closed.
        let turn = self.turns.acquire().await;
        let mut permit = self.permit(owner)?;
        let mut work = std::pin::pin!(work);
        if let Ok(done) = tokio::time::timeout(TURN, &mut work).await {
            return Some(done);
        }
        permit.slow();
        drop(turn);
        Some(work.await)
    }

    /// Whether slow ones of this owner must end first.
    pub fn is_full(&self, owner: &str) -> bool {
        self.under_way().get(owner).is_some_and(|of_owner| of_owner.slow >= self.of_one)
    }

    pub fn count_slow(&self) -> usize {
        self.under_way().values().map(|of_owner| of_owner.slow).sum()
    }

    fn permit<'a>(&'a self, owner: &'a str) -> Option<Permit<'a>> {
        let mut under_way = self.under_way();
        let of_owner = under_way.entry(owner.to_owned()).or_default();
        if of_owner.all >= self.of_one {
            return None;
        }
        of_owner.all += 1;
        Some(Permit { slots: self, owner, slow: false })
    }

    fn under_way(&self) -> MutexGuard<'_, HashMap<String, UnderWay>> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    fn slow(&mut self) {
        self.slow = true;
        if let Some(of_owner) = self.slots.under_way().get_mut(self.owner) {
            of_owner.slow += 1;
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        let mut under_way = self.slots.under_way();
        if let Some(of_owner) = under_way.get_mut(self.owner) {
            of_owner.all -= 1;
            of_owner.slow -= usize::from(self.slow);
        }
        under_way.retain(|_, of_owner| of_owner.all > 0);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc};

    use super::*;

    const AT_ONCE: usize = 8;

    #[tokio::test(start_paused = true)]
    async fn what_hangs_keeps_nobody_else_waiting() {
        let slots = Arc::new(Slots::new(AT_ONCE));
        for _ in 0..3 * AT_ONCE {
            let slots = Arc::clone(&slots);
            tokio::spawn(async move { slots.run("eve", pending::<()>()).await });
        }
        tokio::time::sleep(TURN * 2).await;
        assert_eq!(slots.count_slow(), AT_ONCE, "no more of hers are begun");
        assert!(slots.is_full("eve") && !slots.is_full("ann"));
        let done = tokio::time::timeout(TURN / 10, slots.run("ann", async { 7 })).await;
        assert_eq!(done, Ok(Some(7)));
        assert_eq!(slots.run("eve", async { 7 }).await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_slow_makes_room_when_it_ends() {
        let slots = Slots::new(AT_ONCE);
        assert_eq!(slots.run("eve", tokio::time::sleep(TURN * 3)).await, Some(()));
        assert_eq!(slots.count_slow(), 0);
    }
}
