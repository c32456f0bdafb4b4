//! How much a helper does at once: each action may hang, and takes a thread and open files.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many actions may be under way at once. Each has up to five open files, and services have 1024
/// by default.
pub const MOST: usize = 128;
/// How many of them for one user, whose file system may hang.
pub const MOST_OF_ONE: usize = 32;
/// How many more there may be that end others.
const MORE_TO_END: usize = 32;

/// All of it has fewer open files than a service may have, also when a message brings as many as one can.
const _: () = assert!(MOST * 5 + MORE_TO_END * 3 + 253 + 10 < 1024);

/// Who has how many actions under way.
#[derive(Debug)]
pub struct UnderWay {
    by_user: Arc<Mutex<HashMap<String, usize>>>,
    most_of_one: usize,
}

/// An action that is under way until this is dropped.
#[derive(Debug)]
pub struct Turn {
    by_user: Arc<Mutex<HashMap<String, usize>>>,
    user: String,
}

fn open(by_user: &Mutex<HashMap<String, usize>>) -> MutexGuard<'_, HashMap<String, usize>> {
    by_user.lock().unwrap_or_else(PoisonError::into_inner)
}

impl UnderWay {
    pub fn new(most_of_one: usize) -> Self {
        Self { by_user: Arc::default(), most_of_one }
    }

    /// Begins an action for a user.
    ///
    /// # Errors
    /// When there are too many, in words.
    pub fn enter(&self, user: &str, ends_others: bool) -> Result<Turn, String> {
        let more = if ends_others { MORE_TO_END } else { 0 };
        let mut by_user = open(&self.by_user);
        let all: usize = by_user.values().sum();
        if all >= MOST + more {
            return Err(format!("{all} actions as users are under way"));
        }
        let own = by_user.get(user).copied().unwrap_or_default();
        if own >= self.most_of_one + more {
            return Err(format!("{own} actions as the user {user:?} are under way"));
        }
        by_user.insert(user.to_owned(), own + 1);
        Ok(Turn { by_user: Arc::clone(&self.by_user), user: user.to_owned() })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut by_user = open(&self.by_user);
        match by_user.get_mut(&self.user) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(by_user.remove(&self.user)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_leaves_room_for_others_and_all_leave_room_for_ends() {
        let under_way = UnderWay::new(MOST_OF_ONE);
        let mut turns = Vec::new();
        for user in ["a", "b", "c", "d"] {
            turns.extend((0..MOST_OF_ONE).map(|_| under_way.enter(user, false).unwrap()));
            let why = under_way.enter(user, false).unwrap_err();
            assert!(why.contains("actions as"), "{why}");
        }
        assert!(under_way.enter("e", false).unwrap_err().contains("128 actions"));
        let end = under_way.enter("a", true).unwrap();
        drop((turns.pop(), end));
        assert!(under_way.enter("e", false).is_ok());
        drop(turns);
        assert!(open(&under_way.by_user).is_empty());
    }
}
