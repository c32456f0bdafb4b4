//! Until when this agent may act on what it has claimed.
//!
//! Agents of one cluster share its submissions: each claims some, and holds them as long as it
//! renews its lease at the server. It counts from before it asked, so that its own lease ends
//! earlier than the server says so to others. Whoever was without a lease, be it for a moment, knows
//! nothing of who has what it had claimed: all of it is looked at anew.

use std::{
    collections::HashMap,
    fs, io,
    io::Write,
    path::Path,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use jobbergate_types::claims::{Claims, MOST_NEW_CLAIMS};

use crate::fence::Fence;

/// With less than this left, nothing is begun: it would be ended before it has done anything.
const LEAST: Duration = Duration::from_secs(3);

/// What the server says of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Standing {
    /// It has not said anything yet.
    #[default]
    Unknown,
    /// It knows no claims: all that it offers may be taken.
    Unshared,
    /// All that is claimed is this agent's until then, by the boot clock.
    Until(Duration),
}

#[derive(Debug)]
pub struct Lease {
    /// The agent's name among those of its cluster.
    pub instance: String,
    state: Mutex<State>,
    /// Held by who asks the server: answers come in the order of the questions.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// How many more submissions could be worked at.
    room: AtomicI64,
    /// Whether something was claimed that has not been seen yet.
    unseen: AtomicBool,
    /// How much of what was claimed nobody wants any more.
    withdrawn: AtomicI64,
}

#[derive(Debug, Default)]
struct State {
    standing: Standing,
    /// How often the standing was interrupted.
    interruptions: u64,
    /// The interruptions before each submission that is worked at was seen.
    taken: HashMap<i64, u64>,
}

/// Why nothing may be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this agent's lease ended: another one may have taken the submission")]
pub struct Lapsed;

impl Lease {
    /// The lease of the agent that this state directory belongs to; it gets a name if it has none.
    pub fn open(state_directory: &Path, random: u128) -> io::Result<Self> {
        let (path, draft) =
            (state_directory.join("instance"), state_directory.join("instance.new"));
        let instance = match fs::read_to_string(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let name = format!("{random:032x}");
                let mut file = fs::File::create(&draft)?;
                file.write_all(name.as_bytes())?;
                file.sync_all()?;
                fs::rename(&draft, &path)?;
                name
            }
            read => read?.trim().to_owned(),
        };
        let (room, unseen, withdrawn) =
            (AtomicI64::new(0), AtomicBool::new(false), AtomicI64::new(0));
        let (state, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        Ok(Self { instance, state, turn, room, unseen, withdrawn })
    }

    /// The server renewed it; it was asked `asked_at` and answered by `now`. Whether it had been
    /// lost in between.
    pub fn renewed(&self, claims: &Claims, asked_at: Duration, now: Duration) -> bool {
        let lasts = Duration::from_secs(u64::try_from(claims.lease_seconds).unwrap_or_default());
        let mut state = self.state();
        let earlier = match state.standing {
            Standing::Until(end) if !claims.lapsed && now < end => Some(end),
            _ => None,
        };
        let lost = earlier.is_none() && matches!(state.standing, Standing::Until(_));
        if earlier.is_none() {
            state.interruptions += 1;
        }
        state.standing = Standing::Until(earlier.unwrap_or_default().max(asked_at + lasts));
        drop(state);
        self.set_withdrawn(claims.withdrawn);
        if claims.claimed > 0 {
            self.unseen.store(true, Ordering::SeqCst);
        }
        lost
    }

    /// The server knows no claims.
    pub fn is_not_needed(&self) {
        let mut state = self.state();
        if state.standing != Standing::Unshared {
            state.interruptions += 1;
            state.standing = Standing::Unshared;
        }
    }

    pub fn standing(&self) -> Standing {
        self.state().standing
    }

    /// What lists at the server are asked for: what this agent has claimed, or what no one has.
    pub fn lists(&self) -> Option<&str> {
        (self.standing() != Standing::Unshared).then_some(self.instance.as_str())
    }

    /// Whether it holds.
    pub fn holds(&self, now: Duration) -> bool {
        match self.standing() {
            Standing::Unknown => false,
            Standing::Unshared => true,
            Standing::Until(end) => now < end,
        }
    }

    /// How often it was interrupted.
    pub fn interruptions(&self) -> u64 {
        self.state().interruptions
    }

    /// Work at a submission begins, which was seen after so many interruptions.
    pub fn take(&self, submission: i64, interruptions: u64) {
        self.state().taken.insert(submission, interruptions);
    }

    /// Work at a submission is over.
    pub fn leave(&self, submission: i64) {
        self.state().taken.remove(&submission);
    }

    /// When an `sbatch` has to end that makes a job of a submission, if it has to.
    ///
    /// # Errors
    /// When it must not be started: the submission may be another agent's by now.
    pub fn fence(&self, submission: i64, now: Duration) -> Result<Option<Fence>, Lapsed> {
        let state = self.state();
        if state.taken.get(&submission) != Some(&state.interruptions) {
            return Err(Lapsed);
        }
        match state.standing {
            Standing::Unshared => Ok(None),
            Standing::Until(end) if now + LEAST < end => Ok(Some(Fence(end))),
            Standing::Unknown | Standing::Until(_) => Err(Lapsed),
        }
    }

    /// So many more submissions could be worked at.
    pub fn set_room(&self, submissions: usize) {
        let submissions = i64::try_from(submissions).unwrap_or(MOST_NEW_CLAIMS);
        self.room.store(submissions.min(MOST_NEW_CLAIMS), Ordering::SeqCst);
    }

    /// Takes all the room there is: nobody else claims for it.
    pub fn take_room(&self) -> i64 {
        self.room.swap(0, Ordering::SeqCst)
    }

    /// Whether something was claimed since this was asked last.
    pub fn take_unseen(&self) -> bool {
        self.unseen.swap(false, Ordering::SeqCst)
    }

    /// How much of what is claimed nobody wants any more.
    pub fn withdrawn(&self) -> i64 {
        self.withdrawn.load(Ordering::SeqCst)
    }

    pub fn set_withdrawn(&self, submissions: i64) {
        self.withdrawn.store(submissions, Ordering::SeqCst);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const fn claims(lapsed: bool) -> Claims {
        Claims { lease_seconds: 20, claimed: 0, active: 0, lapsed, withdrawn: 0 }
    }

    fn lease() -> Lease {
        Lease::open(tempfile::tempdir().unwrap().path(), 7).unwrap()
    }

    #[test]
    fn an_agent_has_the_same_name_for_ever() {
        let directory = tempfile::tempdir().unwrap();
        let first = Lease::open(directory.path(), 7).unwrap().instance;
        assert_eq!(first, "00000000000000000000000000000007");
        assert_eq!(Lease::open(directory.path(), 8).unwrap().instance, first);
    }

    #[test]
    fn a_lease_is_counted_from_before_it_was_asked_for() {
        let lease = lease();
        assert!(!lease.holds(seconds(100)), "nobody has said anything");
        lease.renewed(&claims(true), seconds(100), seconds(104));
        lease.take(7, lease.interruptions());
        assert!(lease.holds(seconds(119)) && !lease.holds(seconds(120)));
        assert_eq!(lease.fence(7, seconds(110)), Ok(Some(Fence(seconds(120)))));
        assert_eq!(lease.fence(7, seconds(118)), Err(Lapsed), "that would be pointless");
        lease.renewed(&claims(false), seconds(110), seconds(111));
        lease.renewed(&claims(false), seconds(109), seconds(112));
        assert_eq!(lease.fence(7, seconds(118)), Ok(Some(Fence(seconds(130)))));
        assert_eq!(
            lease.fence(8, seconds(118)),
            Err(Lapsed),
            "nobody said that it is this agent's"
        );
    }

    #[test]
    fn what_was_seen_before_the_lease_was_lost_is_not_begun_after_it() {
        for (renewed, lapsed) in [(121, false), (110, true)] {
            let lease = lease();
            lease.renewed(&claims(true), seconds(100), seconds(100));
            lease.take(7, lease.interruptions());
            lease.renewed(&claims(lapsed), seconds(renewed), seconds(renewed));
            assert!(lease.holds(seconds(renewed)));
            assert_eq!(lease.fence(7, seconds(renewed)), Err(Lapsed));
            lease.take(7, lease.interruptions());
            assert!(lease.fence(7, seconds(renewed)).is_ok(), "it was looked at anew");
        }
    }

    #[test]
    fn a_server_without_claims_needs_none() {
        let lease = lease();
        lease.is_not_needed();
        lease.take(7, lease.interruptions());
        assert_eq!(lease.fence(7, seconds(1)), Ok(None));
        assert_eq!(lease.lists(), None);
        lease.renewed(&claims(true), seconds(2), seconds(2));
        assert_eq!(lease.fence(7, seconds(2)), Err(Lapsed), "others may have claimed it");
    }

    #[test]
    fn room_is_taken_once() {
        let lease = lease();
        lease.set_room(32);
        assert_eq!((lease.take_room(), lease.take_room()), (32, 0));
        lease.set_room(1000);
        assert_eq!(lease.take_room(), MOST_NEW_CLAIMS);
    }
}
