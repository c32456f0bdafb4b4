//! How many submissions are taken up at once, and what a slow one may hold up.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::Semaphore;

/// How many submissions have a turn at once.
const AT_ONCE: usize = 8;
/// How long a turn lasts: what takes longer goes on, but keeps nobody else waiting.
const TURN: Duration = Duration::from_secs(1);
/// How many slow ones of one owner may go on.
const SLOW_OF_ONE: usize = 8;

/// Turns for submissions.
#[derive(Debug)]
pub struct Slots {
    turns: Semaphore,
    /// How many are slow, by owner.
    slow: Mutex<HashMap<String, usize>>,
}

impl Default for Slots {
    fn default() -> Self {
        Self { turns: Semaphore::new(AT_ONCE), slow: Mutex::default() }
    }
}

/// One that is slow, until it is dropped.
struct Slow<'a> {
    slots: &'a Slots,
    owner: &'a str,
}

impl Slots {
    /// Does the work of an owner when there is a turn; nothing if slow ones of this owner must
    /// end first.
    pub async fn run<T>(&self, owner: &str, work: impl Future<Output = T>) -> Option<T> {
        // It is never closed.
        let turn = self.turns.acquire().await;
        if self.is_full(owner) {
            return None;
        }
        let mut work = std::pin::pin!(work);
        if let Ok(done) = tokio::time::timeout(TURN, &mut work).await {
            return Some(done);
        }
        let _slow = self.slow(owner);
        drop(turn);
        Some(work.await)
    }

    /// Whether slow ones of this owner must end first.
    pub fn is_full(&self, owner: &str) -> bool {
        let slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        slow.get(owner).is_some_and(|count| *count >= SLOW_OF_ONE)
    }

    /// How many are slow.
    pub fn count_slow(&self) -> usize {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).values().sum()
    }

    fn slow<'a>(&'a self, owner: &'a str) -> Slow<'a> {
        let mut slow = self.slow.lock().unwrap_or_else(PoisonError::into_inner);
        *slow.entry(owner.to_owned()).or_default() += 1;
        drop(slow);
        Slow { slots: self, owner }
    }
}

impl Drop for Slow<'_> {
    fn drop(&mut self) {
        let mut slow = self.slots.slow.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = slow.get_mut(self.owner) {
            *count -= 1;
        }
        slow.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, sync::Arc};

    use super::*;

    #[tokio::test]
    async fn what_hangs_keeps_nobody_else_waiting() {
        let slots = Arc::new(Slots::default());
        for _ in 0..3 * AT_ONCE {
            let slots = Arc::clone(&slots);
            tokio::spawn(async move { slots.run("eve", pending::<()>()).await });
        }
        tokio::time::sleep(TURN * 2).await;
        assert_eq!(slots.count_slow(), SLOW_OF_ONE, "no more of hers are begun");
        assert!(slots.is_full("eve") && !slots.is_full("ann"));
        let done = tokio::time::timeout(TURN / 10, slots.run("ann", async { 7 })).await;
        assert_eq!(done, Ok(Some(7)));
        assert_eq!(slots.run("eve", async { 7 }).await, None);
    }

    #[tokio::test]
    async fn what_was_slow_makes_room_when_it_ends() {
        let slots = Slots::default();
        assert_eq!(slots.run("eve", tokio::time::sleep(TURN * 3)).await, Some(()));
        assert_eq!(slots.count_slow(), 0);
    }
}
