//! How many `sbatch` run at once: as many as the controller answers without delay.
//!
//! The limit grows by one while all of it is used and answers stay quick, and is halved when many
//! of them become slow or the controller says that it is busy (additive increase, multiplicative
//! decrease). A single slow answer says nothing: the machine may have been busy with something else.

pub mod config;

use std::{
    ops::RangeInclusive,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

/// What comes within this time is never slow.
const QUICK: Duration = Duration::from_millis(500);
/// How many times longer than the quickest a slow answer takes.
const SLOW: u32 = 4;
/// What has no answer by then goes on, but keeps nobody else waiting.
const TURN: Duration = Duration::from_secs(5);
/// What is begun with, within the bounds.
const FIRST: usize = 8;
/// So many are no burden to any controller, unless it says so itself: where answers are slow even
/// then, fewer would only be fewer.
const LEAST_WHEN_SLOW: usize = 4;

#[derive(Debug)]
pub struct SbatchLimit {
    permits: Semaphore,
    bounds: RangeInclusive<usize>,
    pace: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    limit: usize,
    /// How many permits are to be taken away as soon as they are given back.
    surplus: usize,
    /// The quickest answer, which is slowly forgotten.
    quickest: Option<Duration>,
    /// Quick answers since the limit was last changed.
    quick: usize,
    /// Slow ones in the same time.
    slow: usize,
    shrunk_at: Option<Instant>,
}

/// A permit that is given back, or taken away, when this is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    limit: &'a SbatchLimit,
    permit: Option<SemaphorePermit<'a>>,
}

impl SbatchLimit {
    /// A limit that is never below or above these bounds.
    pub fn within(bounds: RangeInclusive<usize>) -> Self {
        let limit = FIRST.clamp(*bounds.start(), *bounds.end());
        let pace = Pace { limit, surplus: 0, quickest: None, quick: 0, slow: 0, shrunk_at: None };
        Self { permits: Semaphore::new(limit), bounds, pace: Mutex::new(pace) }
    }

    /// How many may run at once now.
    pub fn now(&self) -> usize {
        self.pace().limit
    }

    /// Returns when one more may be begun.
    pub async fn turn(&self) -> Turn<'_> {
        // It is never closed.
        Turn { limit: self, permit: self.permits.acquire().await.ok() }
    }

    /// Whether others would have to wait for a turn.
    pub fn is_used_up(&self) -> bool {
        self.permits.available_permits() == 0
    }

    fn judge(&self, began: Instant, now: Instant, is_busy: bool) {
        let mut pace = self.pace();
        let took = now.duration_since(began);
        let quickest = pace.quickest.map_or(took, |quickest| quickest.min(took));
        // Grows by a hundredth each time, so that what was true once is not believed for ever.
        pace.quickest = Some(quickest + quickest / 100);
        if is_busy || took >= QUICK.max(quickest * SLOW).min(TURN) {
            // Those that were begun before the last time say nothing new.
            if pace.shrunk_at.is_some_and(|shrunk_at| began < shrunk_at) {
                return;
            }
            pace.slow += 1;
            if is_busy || pace.slow * 2 > pace.limit {
                let least = if is_busy { 1 } else { LEAST_WHEN_SLOW.min(pace.limit) };
                let less = (pace.limit / 2).max(least).max(*self.bounds.start());
                let taken = self.permits.forget_permits(pace.limit - less);
                pace.surplus += pace.limit - less - taken;
                (pace.limit, pace.quick, pace.slow, pace.shrunk_at) = (less, 0, 0, Some(now));
            }
            return;
        }
        pace.quick += 1;
        if pace.quick < pace.limit {
            return;
        }
        let grows = pace.slow == 0 && self.is_used_up() && pace.limit < *self.bounds.end();
        (pace.quick, pace.slow) = (0, 0);
        if grows {
            pace.limit += 1;
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

impl Turn<'_> {
    /// Does the work, and judges by its outcome and its time.
    pub async fn run<T>(self, work: impl Future<Output = T>, is_busy: impl Fn(&T) -> bool) -> T {
        let (began, mut work) = (Instant::now(), pin!(work));
        if let Ok(done) = tokio::time::timeout(TURN, &mut work).await {
            self.limit.judge(began, Instant::now(), is_busy(&done));
            return done;
        }
        self.limit.judge(began, Instant::now(), false);
        drop(self);
        work.await
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
    use std::{
        future::pending,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
    };

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
        join_all((0..number).map(async |_| limit.turn().await.run(one(), |()| busy).await)).await;
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
            limit.turn().await.run(sleep(milliseconds(20)), |()| false).await;
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
        assert_eq!(limit.now(), 4, "it is not known that fewer would be quicker");
        crowd(&limit, 400, milliseconds(20), false).await;
        assert_eq!(limit.now(), 16);
    }

    #[tokio::test(start_paused = true)]
    async fn a_few_slow_answers_among_many_say_nothing() {
        let limit = SbatchLimit::within(1..=16);
        for _ in 0..20 {
            crowd(&limit, 16, milliseconds(20), false).await;
            crowd(&limit, 3, milliseconds(900), false).await;
        }
        assert!(limit.now() >= 8, "{}", limit.now());
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
            tokio::spawn(async move { limit.turn().await.run(pending::<()>(), |()| false).await });
        }
        sleep(milliseconds(1)).await;
        let one = async { limit.turn().await.run(async { 7 }, |_| false).await };
        assert_eq!(tokio::time::timeout(TURN * 2, one).await, Ok(7));
    }
}
