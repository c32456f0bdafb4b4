//! A day, second by second: submissions come as people work, and agents do with them what agents do.

use std::collections::VecDeque;

use fastrand::Rng;

use super::Options;

pub(super) const SECONDS: usize = 24 * 3600;
pub(super) const KINDS: [Kind; 7] = [
    Kind::Submit,
    Kind::Poll,
    Kind::Claim,
    Kind::Pending,
    Kind::Report,
    Kind::ClusterStatus,
    Kind::List,
];
/// As agents do: how long a question waits, and how often a lease is renewed and the cluster's state told, in seconds.
const WAIT: u64 = 30;
const RENEWAL: u64 = 5;
const STATUS: u64 = 60;
/// What an agent says of a job that runs and ends: submitted, two states and how it ended.
const REPORTS: u32 = 4;
/// Jobs end within so many seconds, here.
const LONGEST_JOB: u64 = 7200;
/// How many times as many submissions as on average come in each hour, of 24 together.
const HOURS: [f64; 24] = [
    0.3, 0.2, 0.2, 0.2, 0.2, 0.3, 0.5, 0.9, 1.5, 2.0, 2.2, 2.0, 1.6, 1.9, 2.1, 2.0, 1.8, 1.3, 0.9,
    0.6, 0.4, 0.3, 0.3, 0.3,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Submit,
    /// An agent's question that waits.
    Poll,
    /// An agent's lease.
    Claim,
    Pending,
    Report,
    ClusterStatus,
    List,
}

impl Kind {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Poll => "wait for work",
            Self::Claim => "renew a lease, claim",
            Self::Pending => "what is pending",
            Self::Report => "report a job's state",
            Self::ClusterStatus => "cluster status",
            Self::List => "list submissions",
        }
    }

    /// The operation whose figures stand for it; of those that were not measured themselves, one that does as much.
    pub(super) const fn measured_as(self) -> &'static str {
        match self {
            Self::Submit | Self::Report | Self::Claim => "submit",
            Self::Poll => "one script, 3 files",
            Self::ClusterStatus => "cluster status",
            // One at a time, not a hundred.
            Self::Pending => "one script, 3 files",
            Self::List => "list submissions",
        }
    }

    /// Statements of each, counted in the server's stores; those that begin and end transactions are among them.
    pub(super) const fn statements(self) -> u32 {
        match self {
            Self::Submit => 6,
            Self::Poll => 4,
            Self::Claim => 9,
            Self::Pending => 4,
            Self::Report => 8,
            Self::ClusterStatus => 1,
            Self::List => 2,
        }
    }
}

/// What came in each second.
pub(super) struct Day {
    pub(super) seconds: Vec<[u32; KINDS.len()]>,
}

impl Day {
    /// Lives a day of one installation, which has its share of all.
    pub(super) fn live(options: &Options) -> Self {
        let mut rng = Rng::with_seed(options.seed);
        let share = f64::from(options.installations);
        let agents = u64::from(options.agents.div_ceil(options.installations));
        let average = options.submissions as f64 / f64::from(options.days) / SECONDS as f64 / share;
        // Jobs that were submitted before midnight end, too: an evening is lived first.
        let before = LONGEST_JOB as usize;
        let mut reports: VecDeque<u32> = VecDeque::from(vec![0; before + 1]);
        let mut seconds = Vec::with_capacity(SECONDS);
        for second in 0..before + SECONDS {
            let hour = (second + SECONDS - before) / 3600 % 24;
            let rate = average * HOURS.get(hour).copied().unwrap_or(1.0);
            let submissions = poisson(&mut rng, rate);
            for _ in 0..submissions * REPORTS {
                let at = usize::try_from(rng.u64(0..=LONGEST_JOB)).unwrap_or_default();
                if let Some(count) = reports.get_mut(at) {
                    *count += 1;
                }
            }
            let reported = reports.pop_front().unwrap_or_default();
            reports.push_back(0);
            // Agents do not begin together: each of these comes at any time.
            let mut each = |every: u64| poisson(&mut rng, agents as f64 / every as f64);
            let (polls, renewals, statuses) = (each(WAIT), each(RENEWAL), each(STATUS));
            let counts = [
                submissions,
                polls + submissions,
                renewals + submissions,
                submissions,
                reported,
                statuses,
                submissions * options.looks,
            ];
            if second >= before {
                seconds.push(counts);
            }
        }
        Self { seconds }
    }

    pub(super) fn total(&self, kind: usize) -> u64 {
        self.seconds.iter().filter_map(|counts| counts.get(kind)).map(|it| u64::from(*it)).sum()
    }

    pub(super) fn most(&self, kind: usize) -> u32 {
        self.seconds.iter().filter_map(|counts| counts.get(kind)).copied().max().unwrap_or_default()
    }
}

/// How many come in a second in which `mean` come on average.
fn poisson(rng: &mut Rng, mean: f64) -> u32 {
    // What is likely is added up in portions, for which e to the minus is no zero.
    let (mut left, mut count) = (mean, 0);
    while left > 0.0 {
        let limit = (-left.min(50.0)).exp();
        let mut product = rng.f64();
        while product > limit {
            count += 1;
            product *= rng.f64();
        }
        left -= 50.0;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(installations: u32) -> Options {
        Options {
            organizations: 10,
            agents: 100,
            submissions: 864_000,
            days: 10,
            looks: 2,
            installations,
            processors: 4,
            seed: 1,
            docs: false,
        }
    }

    #[test]
    fn a_day_has_what_was_asked_for_and_is_the_same_each_time() {
        let day = Day::live(&options(1));
        let submissions = day.total(0) as f64;
        assert!((submissions / 86_400.0 - 1.0).abs() < 0.05, "{submissions}");
        // Each agent renews its lease every 5 s, and claims what comes.
        let claims = day.total(2) as f64 - submissions;
        assert!((claims / SECONDS as f64 / 20.0 - 1.0).abs() < 0.02, "{claims}");
        assert!((day.total(4) as f64 / submissions - 4.0).abs() < 0.2);
        assert_eq!(day.seconds, Day::live(&options(1)).seconds);
    }

    #[test]
    fn installations_share_what_there_is() {
        let (one, ten) = (Day::live(&options(1)), Day::live(&options(10)));
        assert!((one.total(2) as f64 / ten.total(2) as f64 - 10.0).abs() < 0.5);
    }

    #[test]
    fn hours_are_of_a_whole_day() {
        assert!((HOURS.iter().sum::<f64>() - 24.0).abs() < 1e-9);
    }
}
