//! What users want: which jobs, where, and when. All of it follows from the seed.

use std::time::Duration;

use fastrand::Rng;

/// How many directories there are in which many jobs of the same script name run.
const SHARED: usize = 3;
/// How many submissions come at once, at most.
const BURST: usize = 12;
/// A share of all submissions, in percent.
const IN_OWN_DIRECTORY: u8 = 30;
const WITH_SUPPORT_FILE: u8 = 50;
const CANCELLED: u8 = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) number: usize,
    /// When it is submitted, counted from the beginning.
    pub(super) at: Duration,
    /// Which of the directories that others use, too; otherwise one of its own.
    pub(super) shared_directory: Option<usize>,
    pub(super) support_file: bool,
    pub(super) takes: Duration,
    pub(super) cancelled_after: Option<Duration>,
}

/// So many wishes, in bursts over this time; a Python agent's scripts must not `share` directories.
pub(super) fn wishes(rng: &mut Rng, count: usize, length: Duration, share: bool) -> Vec<Wish> {
    let mut burst_left = 0;
    let mut at = Duration::ZERO;
    let wish = |number| {
        if burst_left == 0 {
            burst_left = rng.usize(1..=BURST);
            at = length.mul_f64(number as f64 / count as f64);
        }
        burst_left -= 1;
        let mut chance = |percent| rng.u8(0..100) < percent;
        let (own, support_file, cancelled) =
            (chance(IN_OWN_DIRECTORY), chance(WITH_SUPPORT_FILE), chance(CANCELLED));
        let shared_directory = rng.usize(0..SHARED);
        let patience = rng.u64(0..3000);
        Wish {
            number,
            at,
            shared_directory: (share && !own).then_some(shared_directory),
            support_file,
            takes: Duration::from_millis(rng.u64(100..1500)),
            cancelled_after: cancelled.then(|| Duration::from_millis(patience)),
        }
    };
    (0..count).map(wish).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_tells_all_wishes_and_each_kind_is_among_them() {
        let of = |seed| wishes(&mut Rng::with_seed(seed), 200, Duration::from_secs(60), true);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        let all = of(1);
        assert!(all.iter().all(|wish| wish.at < Duration::from_secs(60)));
        for kind in [
            |wish: &Wish| wish.shared_directory.is_some(),
            |wish: &Wish| wish.support_file,
            |wish: &Wish| wish.cancelled_after.is_some(),
        ] {
            let count = all.iter().filter(|wish| kind(wish)).count();
            assert!((1..200).contains(&count), "{count}");
        }
    }
}
