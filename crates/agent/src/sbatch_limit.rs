//! How many `sbatch` run at once: as many as the controller answers without delay.
//!
//! The limit grows by one while all of it is used and answers stay quick, and is halved when they
//! become slow or the controller says that it is busy (additive increase, multiplicative decrease).
//!
//! Owners take turns: of each, one waits for room, and the others behind it. An owner whose programs
//! hang has one at a time, and they say nothing of a controller that answers others.

pub mod config;

use std::{
    collections::HashMap,
    ops::RangeInclusive,
    pin::pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::directory_locks::kept;

/// What comes within this time is never slow.
const QUICK: Duration = Duration::from_millis(250);
/// How many times longer than the quickest a slow answer takes.
const SLOW: u32 = 4;
/// What has no answer by then goes on, but keeps nobody else waiting.
const TURN: Duration = Duration::from_secs(5);
/// What is begun with, within the bounds.
const FIRST: usize = 8;

#[derive(Debug)]
pub struct SbatchLimit {
    permits: Semaphore,
    bounds: RangeInclusive<usize>,
    pace: Mutex<Pace>,
    /// By owner.
    queues: Mutex<HashMap<String, Weak<Queue>>>,
}

/// What one owner has under way.
#[derive(Debug, Default)]
struct Queue {
    /// Held by the one that waits for room.
    head: tokio::sync::Mutex<()>,
    /// How many have had their turn and go on.
    hanging: AtomicUsize,
}

/// One that goes on after its turn, until it is dropped.
struct Hanging<'a>(&'a Queue);

#[derive(Debug)]
struct Pace {
    limit: usize,
    /// How many permits are to be taken away as soon as they are given back.
    surplus: usize,
    /// The quickest answer, which is slowly forgotten.
    quickest: Option<Duration>,
    /// Quick answers since the limit was last changed.
    quick: usize,
    quick_at: Option<Instant>,
    shrunk_at: Option<Instant>,
}

/// A permit that is given back, or taken away, when this is dropped.
struct Turn<'a> {
    limit: &'a SbatchLimit,
    permit: Option<SemaphorePermit<'a>>,
}

impl SbatchLimit {
    /// A limit that is never below or above these bounds.
    pub fn within(bounds: RangeInclusive<usize>) -> Self {
        let limit = FIRST.clamp(*bounds.start(), *bounds.end());
        let pace =
            Pace { limit, surplus: 0, quickest: None, quick: 0, quick_at: None, shrunk_at: None };
        let (pace, queues) = (Mutex::new(pace), Mutex::default());
        Self { permits: Semaphore::new(limit), bounds, pace, queues }
    }

    /// How many may run at once now.
    pub fn now(&self) -> usize {
        self.pace().limit
    }

    /// Whether others would have to wait for room.
    pub fn is_used_up(&self) -> bool {
        self.permits.available_permits() == 0
    }

    /// Does an owner's work when it may be begun, and judges by its outcome and its time.
    pub async fn run<T>(
        &self,
        owner: &str,
        work: impl Future<Output = T>,
        is_busy: impl Fn(&T) -> bool,
    ) -> T {
        let queue = self.queue_of(owner);
        let head = queue.head.lock().await;
        // It is never closed.
        let turn = Turn { limit: self, permit: self.permits.acquire().await.ok() };
        let head = (queue.hanging.load(Ordering::SeqCst) > 0).then_some(head);
        let (began, mut work) = (Instant::now(), pin!(work));
        if let Ok(done) = tokio::time::timeout(TURN, &mut work).await {
            self.judge(began, Instant::now(), is_busy(&done));
            return done;
        }
        if self.pace().quick_at.is_none_or(|quick_at| quick_at < began) {
            self.judge(began, Instant::now(), true);
        }
        let _hanging = Hanging::of(&queue);
        drop((turn, head));
        work.await
    }

    fn queue_of(&self, owner: &str) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        kept(&mut queues, owner.to_owned(), Arc::default)
    }

    fn judge(&self, began: Instant, now: Instant, is_busy: bool) {
        let mut pace = self.pace();
        let took = now.duration_since(began);
        let quickest = pace.quickest.map_or(took, |quickest| quickest.min(took));
        // Grows by a hundredth each time, so that what was true once is not believed for ever.
        pace.quickest = Some(quickest + quickest / 100);
        if is_busy || took > QUICK.max(quickest * SLOW) {
            // Those that were begun before the last time say nothing new.
            if pace.shrunk_at.is_none_or(|shrunk_at| began >= shrunk_at) {
                let less = (pace.limit / 2).max(*self.bounds.start());
                let taken = self.permits.forget_permits(pace.limit - less);
                pace.surplus += pace.limit - less - taken;
                (pace.limit, pace.quick, pace.shrunk_at) = (less, 0, Some(now));
            }
            return;
        }
        pace.quick += 1;
        pace.quick_at = Some(now);
        if pace.quick >= pace.limit && self.is_used_up() && pace.limit < *self.bounds.end() {
            (pace.limit, pace.quick) = (pace.limit + 1, 0);
            match pace.surplus.checked_sub(1) {
                Some(rest) => pace.surplus = rest,
                None => self.permits.add_permits(1),
            }
        }
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Hanging<'a> {
    fn of(queue: &'a Queue) -> Self {
        queue.hanging.fetch_add(1, Ordering::SeqCst);
        Self(queue)
    }
}

impl Drop for Hanging<'_> {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut pace = self.limit.pace();
        if let Some(rest) = pace.surplus.checked_sub(1) {
            pace.surplus = rest;
            self.permit.take().into_iter().for_each(SemaphorePermit::forget);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures::future::join_all;
    use tokio::time::sleep;

    use super::*;

    const fn milliseconds(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    /// Has many at once to do; gives the most that ran at once.
    async fn crowd(limit: &SbatchLimit, number: usize, takes: Duration, busy: bool) -> usize {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let one = || async {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            sleep(takes).await;
            running.fetch_sub(1, Ordering::SeqCst);
        };
        join_all((0..number).map(|_| limit.run("ann", one(), |()| busy))).await;
        most.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn it_grows_to_its_bound_while_answers_are_quick() {
        let limit = SbatchLimit::within(1..=16);
        assert_eq!(limit.now(), 8);
        assert_eq!(crowd(&limit, 400, milliseconds(20), false).await, 16);
        assert_eq!(limit.now(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn it_does_not_grow_when_nobody_needs_more() {
        let limit = SbatchLimit::within(1..=16);
        for _ in 0..100 {
            limit.run("ann", sleep(milliseconds(20)), |()| false).await;
        }
        assert_eq!(limit.now(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_halved_when_answers_become_slow_and_recovers() {
        let limit = SbatchLimit::within(1..=16);
        crowd(&limit, 400, milliseconds(20), false).await;
        crowd(&limit, 16, milliseconds(900), false).await;
        assert_eq!(limit.now(), 8, "one round counts once");
        assert_eq!(crowd(&limit, 32, milliseconds(900), false).await, 8, "no more than that");
        crowd(&limit, 64, milliseconds(900), false).await;
        assert_eq!(limit.now(), 1);
        crowd(&limit, 400, milliseconds(20), false).await;
        assert_eq!(limit.now(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_controller_is_asked_less_however_quickly_it_says_so() {
        let limit = SbatchLimit::within(2..=16);
        crowd(&limit, 100, milliseconds(5), true).await;
        assert_eq!(limit.now(), 2, "the least that is wanted");
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_keeps_nobody_waiting_for_long() {
        let limit = Arc::new(SbatchLimit::within(1..=4));
        for _ in 0..4 {
            let limit = Arc::clone(&limit);
            tokio::spawn(async move { limit.run("eve", pending::<()>(), |()| false).await });
        }
        sleep(milliseconds(1)).await;
        let one = limit.run("eve", async { 7 }, |_| false);
        assert_eq!(tokio::time::timeout(TURN * 2, one).await, Ok(7));
    }

    #[tokio::test(start_paused = true)]
    async fn one_owners_many_that_hang_keep_no_other_owner_waiting() {
        let limit = Arc::new(SbatchLimit::within(1..=16));
        for _ in 0..100 {
            let limit = Arc::clone(&limit);
            tokio::spawn(async move { limit.run("eve", pending::<()>(), |()| false).await });
        }
        sleep(milliseconds(1)).await;
        let first = crowd(&limit, 1, milliseconds(20), false);
        let first = tokio::time::timeout(TURN + milliseconds(50), first).await;
        assert!(first.is_ok(), "in the next turn");
        let others = crowd(&limit, 400, milliseconds(20), false);
        let most = tokio::time::timeout(TURN, others).await;
        assert!(most.is_ok_and(|most| most >= 4), "beside hers");
    }
}
