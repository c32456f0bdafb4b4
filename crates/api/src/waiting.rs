//! Requests that wait for something to happen: how many there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::error::{Error, Result};

/// Places for those who wait.
#[derive(Debug, Clone)]
pub struct WaitingRoom(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    most: usize,
    most_of_one: usize,
    since: Instant,
    /// How many of each caller are there.
    by_caller: Mutex<HashMap<Arc<str>, usize>>,
}

/// Somebody who waits, until this is dropped.
#[derive(Debug)]
pub(crate) struct Waiter {
    shared: Arc<Shared>,
    caller: Arc<str>,
}

impl WaitingRoom {
    /// A room for so many, and so many of one caller.
    pub(crate) fn new(most: usize, most_of_one: usize) -> Self {
        let (since, by_caller) = (Instant::now(), Mutex::default());
        Self(Arc::new(Shared { most, most_of_one, since, by_caller }))
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.0.by_caller().values().sum()
    }

    /// Takes a place; 429 if the caller has too many, 503 if there is none.
    pub(crate) fn enter(&self, caller: &Arc<str>) -> Result<Waiter> {
        let mut by_caller = self.0.by_caller();
        let own = by_caller.get(caller).copied().unwrap_or_default();
        if own >= self.0.most_of_one {
            return Err(Error::TooMany(
                "You have too many requests that wait for something to happen; end some of them",
            ));
        }
        if by_caller.values().sum::<usize>() >= self.0.most {
            return Err(Error::Busy(
                "Too many requests wait for something to happen; try again in a moment",
            ));
        }
        *by_caller.entry(Arc::clone(caller)).or_default() += 1;
        drop(by_caller);
        Ok(Waiter { shared: Arc::clone(&self.0), caller: Arc::clone(caller) })
    }
}

impl Waiter {
    /// When those who wait next do at the same moment what they do so often.
    pub(crate) fn next_beat(&self, every: Duration) -> Instant {
        let now = Instant::now();
        let since_last = now.duration_since(self.shared.since).as_nanos() % every.as_nanos().max(1);
        now + every - Duration::from_nanos(u64::try_from(since_last).unwrap_or_default())
    }
}

impl Shared {
    fn by_caller(&self) -> MutexGuard<'_, HashMap<Arc<str>, usize>> {
        self.by_caller.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        let mut by_caller = self.shared.by_caller();
        if let Some(own) = by_caller.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                by_caller.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_have_the_same_beat() {
        let (room, hour) = (WaitingRoom::new(3, 2), Duration::from_hours(1));
        let ann = room.enter(&"ann".into()).unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let eve = room.enter(&"eve".into()).unwrap();
        let next = ann.next_beat(hour);
        assert_eq!(eve.next_beat(hour), next);
        let left = next.duration_since(Instant::now());
        assert!(left < hour && left > hour - Duration::from_mins(1), "{left:?}");
    }

    #[test]
    fn one_caller_leaves_places_for_others() {
        let room = WaitingRoom::new(3, 2);
        let (eve, ann): (Arc<str>, Arc<str>) = ("eve".into(), "ann".into());
        let first = room.enter(&eve).unwrap();
        let _second = room.enter(&eve).unwrap();
        assert_eq!(room.enter(&eve).unwrap_err().status(), 429);
        let _third = room.enter(&ann).unwrap();
        assert_eq!(room.enter(&ann).unwrap_err().status(), 503);
        drop(first);
        room.enter(&ann).unwrap();
    }
}
