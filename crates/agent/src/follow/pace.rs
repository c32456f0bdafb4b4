//! When to look at Slurm's queue: often while something moves, less often at rest, and never more
//! often than Slurm can well answer.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::SlurmJobState;
use tokio::time::Instant;

use super::followed::Followed;

/// How long it is looked often after something moved.
const LIVELY: Duration = Duration::from_secs(10);
/// How much longer than the look itself took is the pause after it.
const SHARE: u32 = 5;
/// How many usual intervals lie between looks when all jobs wait for something that is far away.
const LONGEST: u32 = 10;
/// How far away is what nobody needs to see coming.
const FAR: TimeDelta = TimeDelta::minutes(1);

/// What the jobs are doing that are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Motion {
    /// Something changed, or is about to.
    Moves,
    /// Some job runs or may start at any time.
    Rests,
    /// All jobs wait for somebody to release them, or for a time that is far away.
    Sleeps,
}

/// The rhythm of looks.
#[derive(Debug)]
pub(super) struct Pace {
    usual: Duration,
    last: Option<LastLook>,
    moved_at: Instant,
    /// How many usual intervals sleeping jobs are left alone for.
    stretch: u32,
}

#[derive(Debug, Clone, Copy)]
struct LastLook {
    end: Instant,
    took: Duration,
    /// How long looks take: the quicker of the last two, so that a controller that hung once is not
    /// taken for one that is slow.
    take: Duration,
    motion: Motion,
}

impl Pace {
    pub(super) fn new(usual: Duration, now: Instant) -> Self {
        Self { usual, last: None, moved_at: now, stretch: 1 }
    }

    /// Something is about to move.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.moved_at = now;
        self.stretch = 1;
    }

    /// There was a look.
    pub(super) fn looked(&mut self, begin: Instant, end: Instant, motion: Motion) {
        match motion {
            Motion::Moves => self.hurry(end),
            Motion::Rests => self.stretch = 1,
            Motion::Sleeps => self.stretch = (self.stretch * 2).min(LONGEST),
        }
        let took = end.duration_since(begin);
        let take = self.last.map_or(Duration::ZERO, |before| before.took.min(took));
        self.last = Some(LastLook { end, took, take, motion });
    }

    /// How long it is until the next look.
    pub(super) fn pause(&self, now: Instant) -> Duration {
        let Some(last) = self.last else { return Duration::ZERO };
        let is_lively = now.duration_since(self.moved_at) < LIVELY;
        let interval = match last.motion {
            _ if is_lively => self.usual,
            Motion::Sleeps => self.usual * self.stretch,
            Motion::Moves | Motion::Rests => self.usual * 3 / 2,
        };
        self.left(interval.max(last.take * SHARE), now)
    }

    /// How long it is until there may be a look that somebody waits for.
    pub(super) fn shortest_pause(&self, gap: Duration, now: Instant) -> Duration {
        let take = self.last.map(|last| last.take).unwrap_or_default();
        self.left(gap.max(take), now)
    }

    fn left(&self, interval: Duration, now: Instant) -> Duration {
        let passed = self.last.map(|last| now.duration_since(last.end));
        passed.map_or(Duration::ZERO, |passed| interval.saturating_sub(passed))
    }
}

/// Whether a job waits for something that nobody needs to see coming.
pub(super) fn sleeps(job: &Followed, now: DateTime<Utc>) -> bool {
    let (outlook, state) = (job.outlook.now(), job.last_seen().map(|seen| seen.state));
    if state != Some(SlurmJobState::Pending) || outlook.slurm_task_counts.is_some() {
        return false;
    }
    let start = outlook.slurm_expected_start.map(|start| start.0);
    match outlook.slurm_pending_reason.as_deref() {
        Some("JobHeldUser" | "JobHeldAdmin" | "DependencyNeverSatisfied") => true,
        Some("BeginTime") => start.is_some_and(|start| start - now > FAR),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// The pause after two looks that took so long, and half a minute after anything moved.
    fn pause(motion: Motion, took: Duration) -> Duration {
        let begin = Instant::now();
        let mut pace = Pace::new(SECOND, begin);
        assert_eq!(pace.pause(begin), Duration::ZERO, "the first look is at once");
        let end = begin + SECOND * 30;
        pace.looked(end - took * 2, end - took, motion);
        pace.looked(end - took, end, motion);
        pace.pause(end)
    }

    #[test]
    fn what_moves_is_looked_at_often_and_what_rests_a_little_less() {
        assert_eq!(pause(Motion::Moves, Duration::ZERO), SECOND);
        assert_eq!(pause(Motion::Rests, Duration::ZERO), SECOND * 3 / 2);
    }

    #[test]
    fn jobs_that_sleep_are_left_alone_for_longer_and_longer_until_something_is_about_to_move() {
        let begin = Instant::now();
        let mut pace = Pace::new(SECOND, begin);
        let mut now = begin + LIVELY;
        let mut pauses = Vec::new();
        for _ in 0..6 {
            pace.looked(now, now, Motion::Sleeps);
            pauses.push(pace.pause(now).as_secs());
            now += pace.pause(now);
        }
        assert_eq!(pauses, [2, 4, 8, 10, 10, 10]);
        pace.looked(now, now, Motion::Sleeps);
        pace.hurry(now);
        assert_eq!(pace.pause(now), SECOND);
        pace.looked(now, now, Motion::Rests);
        assert_eq!(pace.pause(now + LIVELY), Duration::ZERO);
    }

    #[test]
    fn slurm_is_never_asked_more_often_than_it_can_well_answer() {
        assert_eq!(pause(Motion::Moves, SECOND * 2), SECOND * 10);
        assert_eq!(pause(Motion::Rests, SECOND / 2), SECOND * 5 / 2);
        let (begin, gap) = (Instant::now(), SECOND / 5);
        let mut pace = Pace::new(SECOND, begin);
        assert_eq!(pace.shortest_pause(gap, begin), Duration::ZERO);
        pace.looked(begin - SECOND * 2, begin, Motion::Moves);
        pace.looked(begin, begin + SECOND * 2, Motion::Moves);
        assert_eq!(pace.shortest_pause(gap, begin + SECOND * 3), SECOND);
        pace.looked(begin, begin, Motion::Moves);
        assert_eq!(pace.shortest_pause(gap, begin), gap);
    }

    #[test]
    fn a_controller_that_hung_once_is_looked_at_as_before() {
        let begin = Instant::now();
        let mut pace = Pace::new(SECOND, begin);
        let (hung, slow) = (begin + SECOND * 9, begin + SECOND * 30);
        pace.looked(begin, hung, Motion::Moves);
        assert_eq!(pace.pause(hung), SECOND, "the first look of all");
        pace.looked(hung, hung, Motion::Moves);
        pace.looked(hung, hung + SECOND * 9, Motion::Moves);
        assert_eq!(pace.pause(hung + SECOND * 9), SECOND);
        pace.looked(slow - SECOND * 2, slow, Motion::Moves);
        assert_eq!(pace.pause(slow), SECOND * 10, "now it is slow");
    }
}
