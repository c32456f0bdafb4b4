//! How much of something each may have per second. Who has had more waits before the next time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How much may be had at once after a pause: what is due in this time.
const BURST: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Rate {
    per_second: f64,
    /// When each has waited long enough for what they have had.
    paid_at: Mutex<HashMap<Arc<str>, Instant>>,
}

impl Rate {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: per_second.into(), paid_at: Mutex::default() }
    }

    /// When somebody may have more.
    pub(crate) fn free_at(&self, who: &str) -> Option<Instant> {
        let paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        paid_at.get(who)?.checked_sub(BURST)
    }

    /// Notes that somebody had so much.
    pub(crate) fn had(&self, who: &Arc<str>, amount: u32) {
        let now = Instant::now();
        let mut paid_at = self.paid_at.lock().unwrap_or_else(PoisonError::into_inner);
        paid_at.retain(|_, at| *at > now);
        let at = paid_at.entry(Arc::clone(who)).or_insert(now);
        *at += Duration::from_secs_f64(f64::from(amount) / self.per_second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_had_much_waits_and_others_do_not() {
        let rate = Rate::new(100);
        let (ann, eve): (Arc<str>, Arc<str>) = ("ann".into(), "eve".into());
        let begin = Instant::now();
        rate.had(&eve, 100);
        assert!(rate.free_at(&eve).is_none_or(|at| at <= begin), "that much at once is free");
        rate.had(&eve, 50);
        assert_eq!(rate.free_at(&eve), Some(begin + Duration::from_millis(500)));
        rate.had(&ann, 10);
        assert!(rate.free_at(&ann).is_none_or(|at| at <= begin));
        tokio::time::sleep(Duration::from_secs(2)).await;
        rate.had(&ann, 1);
        assert_eq!(rate.free_at(&eve), None, "what is paid is forgotten");
    }
}
