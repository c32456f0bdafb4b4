//! Many who ask, each for one thing after the other.

use std::{
    sync::atomic::{AtomicBool, AtomicU32, Ordering},
    thread::{self, ScopedJoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow};

use crate::{
    bench::api::{
        bare::{ask_with, client},
        load::Target,
        operations::Operation,
    },
    interrupt::Interrupt,
};

/// How often the server's memory is looked at.
const LOOKS: Duration = Duration::from_millis(100);

/// What one of them asks for; with a body that many share, or one of its own each time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) operation: &'a Operation,
    pub(super) body: Option<&'a [u8]>,
}

impl<'a> Wish<'a> {
    pub(super) fn of(operation: &'a Operation) -> Self {
        Self { operation, body: None }
    }
}

/// What became of it.
#[derive(Debug, Default)]
pub(super) struct Asked {
    pub(super) answers: u64,
    pub(super) slowest: Duration,
    /// What took so long.
    pub(super) what: &'static str,
    /// The most that the server needed meanwhile, in bytes.
    pub(super) most_memory: u64,
}

impl Asked {
    fn note(&mut self, what: &'static str, took: Duration) {
        self.answers += 1;
        if took > self.slowest {
            (self.slowest, self.what) = (took, what);
        }
    }

    fn and(self, other: Self) -> Self {
        let (mut all, less) =
            if self.slowest < other.slowest { (other, self) } else { (self, other) };
        all.answers += less.answers;
        all.most_memory = all.most_memory.max(less.most_memory);
        all
    }
}

/// Of uploads of metrics: no crowd sends times that an earlier one has sent, for those would be kept once.
static TURNS: AtomicU32 = AtomicU32::new(0);

/// Has one person ask for each list of wishes, again and again for as long as this. Fails at the first error.
pub(super) fn ask(
    target: Target<'_>,
    people: Vec<Vec<Wish<'_>>>,
    length: Duration,
    interrupt: &Interrupt,
    memory: impl Fn() -> Result<u64>,
) -> Result<Asked> {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let people: Vec<_> = people
            .into_iter()
            .zip(target.tokens.iter().cycle())
            .map(|(wishes, token)| {
                let target = Target { url: target.url, tokens: std::slice::from_ref(token) };
                let stop = &stop;
                scope.spawn(move || {
                    let asked = one(target, &wishes, stop);
                    // The others need not go on.
                    stop.fetch_or(asked.is_err(), Ordering::Relaxed);
                    asked
                })
            })
            .collect();
        let watched = watch(length, &stop, interrupt, memory);
        stop.store(true, Ordering::Relaxed);
        let join = |person: ScopedJoinHandle<'_, Result<Asked>>| {
            person.join().map_err(|_| anyhow!("one who asked panicked"))?
        };
        let asked: Result<Vec<_>> = people.into_iter().map(join).collect();
        let asked = asked?.into_iter().fold(Asked::default(), Asked::and);
        Ok(Asked { most_memory: watched?, ..asked })
    })
}

fn one(target: Target<'_>, wishes: &[Wish<'_>], stop: &AtomicBool) -> Result<Asked> {
    let client = client();
    let mut asked = Asked::default();
    for wish in wishes.iter().cycle() {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let own = wish.body.is_none();
        let own = own.then(|| wish.operation.body_of(TURNS.fetch_add(1, Ordering::Relaxed)));
        let body = wish.body.or(own.as_deref()).unwrap_or_default();
        let began = Instant::now();
        ask_with(&client, target, wish.operation, body)?;
        asked.note(wish.operation.name, began.elapsed());
    }
    Ok(asked)
}

/// The most memory until then.
fn watch(
    length: Duration,
    stop: &AtomicBool,
    interrupt: &Interrupt,
    memory: impl Fn() -> Result<u64>,
) -> Result<u64> {
    let (began, mut most) = (Instant::now(), 0);
    while began.elapsed() < length && !stop.load(Ordering::Relaxed) {
        interrupt.sleep(LOOKS)?;
        most = most.max(memory()?);
    }
    Ok(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_all_counts() {
        let mut one = Asked::default();
        one.note("a", Duration::from_millis(3));
        one.note("b", Duration::from_millis(2));
        let mut other = Asked::default();
        other.note("c", Duration::from_millis(5));
        let all = one.and(other);
        assert_eq!((all.answers, all.slowest.as_millis(), all.what), (3, 5, "c"));
    }
}
