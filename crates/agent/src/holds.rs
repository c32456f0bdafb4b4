//! Owners whose submissions wait for one of Slurm's limits to let them in.
//!
//! Of such an owner one submission is tried at a time, after longer and longer pauses; whoever has
//! not been tried for longest has the next turn, because others may fall under another limit.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use crate::backoff::Backoff;

#[derive(Debug, Default)]
pub struct Holds(Mutex<HashMap<String, Hold>>);

#[derive(Debug)]
struct Hold {
    /// Slurm's words.
    reason: String,
    /// When the next submission is tried.
    next: Instant,
    pauses: Backoff,
}

impl Holds {
    /// Notes that Slurm let nothing of this owner's in. `seed` spreads the pauses.
    pub fn note(&self, owner: &str, reason: &str, now: Instant, seed: u64) {
        let mut holds = self.holds();
        let new = || Hold { reason: String::new(), next: now, pauses: Backoff::new(seed) };
        let hold = holds.entry(owner.to_owned()).or_insert_with(new);
        reason.clone_into(&mut hold.reason);
        hold.next = now + hold.pauses.pause();
    }

    /// Notes that Slurm let something of this owner's in.
    pub fn lift(&self, owner: &str) {
        self.holds().remove(owner);
    }

    /// Why submissions of this owner wait, if they do.
    pub fn reason(&self, owner: &str) -> Option<String> {
        self.holds().get(owner).map(|hold| hold.reason.clone())
    }

    /// Whether there is time for the next try.
    pub fn is_due(&self, owner: &str, now: Instant) -> bool {
        self.holds().get(owner).is_none_or(|hold| hold.next <= now)
    }

    /// How many owners wait.
    pub fn count(&self) -> usize {
        self.holds().len()
    }

    /// When the next try of anybody's is.
    pub fn next(&self) -> Option<Instant> {
        self.holds().values().map(|hold| hold.next).min()
    }

    fn holds(&self) -> MutexGuard<'_, HashMap<String, Hold>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_owner_waits_longer_and_longer_and_nobody_else_does() {
        let (holds, now) = (Holds::default(), Instant::now());
        holds.note("eve", "AssocMaxSubmitJobLimit", now, 1);
        assert_eq!(holds.reason("eve").as_deref(), Some("AssocMaxSubmitJobLimit"));
        assert!(!holds.is_due("eve", now) && holds.is_due("ann", now));
        let second = now + Duration::from_secs(2);
        assert!(holds.is_due("eve", second));
        holds.note("eve", "AssocMaxSubmitJobLimit", second, 1);
        assert!(!holds.is_due("eve", second + Duration::from_secs(1)));
        assert_eq!(holds.next().map(|next| next > second), Some(true));
        holds.lift("eve");
        assert!(holds.is_due("eve", second) && holds.reason("eve").is_none());
    }
}
