//! Whose turn it is to have something computed.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// The most that one caller may have waiting.
const MAX_WAITING: usize = 32;

/// What waits for its turn, by caller, and what there is room for.
///
/// Callers take turns. One caller has a second turn at the same time only while that leaves a turn,
/// and room for the largest work there is, for somebody else.
#[derive(Debug)]
pub(super) struct Queue<W> {
    turns: usize,
    free: usize,
    largest: usize,
    /// How many turns each caller has who has any.
    taken: HashMap<Arc<str>, usize>,
    /// Whose turn comes first stands first; nobody is in it who has nothing waiting.
    waiting: VecDeque<(Arc<str>, VecDeque<Entry<W>>)>,
}

/// Something that waits.
#[derive(Debug)]
struct Entry<W> {
    memory: usize,
    waiter: W,
}

/// Who is next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next<W> {
    pub(super) caller: Arc<str>,
    pub(super) memory: usize,
    pub(super) waiter: W,
}

impl<W> Queue<W> {
    /// So many turns at once, which share `memory` bytes; `largest` is what the largest work takes.
    pub(super) fn new(turns: usize, memory: usize, largest: usize) -> Self {
        let (taken, waiting) = (HashMap::new(), VecDeque::new());
        Self { turns, free: memory, largest, taken, waiting }
    }

    /// Lets somebody wait; `false` if too much of that caller waits already. What is `given_up` does
    /// not count.
    pub(super) fn add(
        &mut self,
        caller: &Arc<str>,
        memory: usize,
        waiter: W,
        given_up: impl Fn(&W) -> bool,
    ) -> bool {
        let place = match self.waiting.iter().position(|(name, _)| name == caller) {
            Some(place) => place,
            None => {
                self.waiting.push_back((Arc::clone(caller), VecDeque::new()));
                self.waiting.len() - 1
            }
        };
        let Some((_, entries)) = self.waiting.get_mut(place) else { return false };
        entries.retain(|entry| !given_up(&entry.waiter));
        if entries.len() >= MAX_WAITING {
            return false;
        }
        entries.push_back(Entry { memory, waiter });
        true
    }

    /// Whoever is next, if there is room; nobody overtakes who waits for room.
    pub(super) fn next(&mut self, given_up: impl Fn(&W) -> bool) -> Option<Next<W>> {
        for (_, entries) in &mut self.waiting {
            entries.retain(|entry| !given_up(&entry.waiter));
        }
        self.waiting.retain(|(_, entries)| !entries.is_empty());
        let has_none = |(caller, _): &(Arc<str>, VecDeque<_>)| !self.taken.contains_key(caller);
        let first = self.waiting.iter().position(has_none);
        let place = first.unwrap_or_default();
        let memory = self.waiting.get(place)?.1.front()?.memory;
        let (turns, room) = if first.is_some() { (0, 0) } else { (1, self.largest) };
        if self.turns <= turns || self.free < memory.saturating_add(room) {
            return None;
        }
        let (caller, mut entries) = self.waiting.remove(place)?;
        let Entry { waiter, .. } = entries.pop_front()?;
        if !entries.is_empty() {
            self.waiting.push_back((Arc::clone(&caller), entries));
        }
        self.turns -= 1;
        self.free -= memory;
        *self.taken.entry(Arc::clone(&caller)).or_default() += 1;
        Some(Next { caller, memory, waiter })
    }

    /// A turn of this caller is over.
    pub(super) fn end_turn(&mut self, caller: &Arc<str>) {
        self.turns += 1;
        if let Some(taken) = self.taken.get_mut(caller) {
            *taken -= 1;
            if *taken == 0 {
                self.taken.remove(caller);
            }
        }
    }

    /// So much memory is free again.
    pub(super) fn free(&mut self, memory: usize) {
        self.free += memory;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(queue: &mut Queue<u32>, caller: &str, memory: usize, number: u32) -> bool {
        queue.add(&caller.into(), memory, number, |_| false)
    }

    fn next(queue: &mut Queue<u32>) -> Option<u32> {
        queue.next(|_| false).map(|next| next.waiter)
    }

    #[test]
    fn callers_take_turns() {
        let mut queue = Queue::new(2, 10, 1);
        for (caller, number) in [("eve", 1), ("eve", 2), ("eve", 3), ("alice", 4), ("bob", 5)] {
            assert!(waits(&mut queue, caller, 1, number));
        }
        let mut order = Vec::new();
        while let Some(next) = queue.next(|_| false) {
            order.push(next.waiter);
            queue.end_turn(&next.caller);
            queue.free(next.memory);
        }
        assert_eq!(order, [1, 4, 5, 2, 3]);
    }

    #[test]
    fn the_last_turn_and_the_room_for_one_more_are_left_to_others() {
        let mut queue = Queue::new(3, 100, 40);
        for number in 1..=3 {
            assert!(waits(&mut queue, "eve", 30, number));
        }
        assert_eq!(next(&mut queue), Some(1));
        assert_eq!(next(&mut queue), Some(2));
        assert_eq!(next(&mut queue), None);
        assert!(waits(&mut queue, "alice", 40, 4));
        assert_eq!(next(&mut queue), Some(4));
    }

    #[test]
    fn who_waits_for_room_is_not_overtaken() {
        let mut queue = Queue::new(3, 100, 40);
        assert!(waits(&mut queue, "eve", 80, 1));
        assert_eq!(next(&mut queue), Some(1));
        assert!(waits(&mut queue, "alice", 40, 2));
        assert!(waits(&mut queue, "bob", 1, 3));
        assert_eq!(next(&mut queue), None);
        queue.end_turn(&"eve".into());
        queue.free(80);
        assert_eq!((next(&mut queue), next(&mut queue)), (Some(2), Some(3)));
    }

    #[test]
    fn one_caller_has_so_much_waiting_and_what_was_given_up_does_not_count() {
        let mut queue = Queue::new(0, 0, 0);
        for number in 0..32 {
            assert!(waits(&mut queue, "eve", 1, number));
        }
        assert!(!waits(&mut queue, "eve", 1, 32));
        assert!(waits(&mut queue, "alice", 1, 33));
        assert!(queue.add(&"eve".into(), 1, 34, |number| *number < 5));
    }
}
