//! Which faults there are, and when each comes: all of it follows from the seed.

use std::{fmt, ops::Range, time::Duration};

use fastrand::Rng;

/// Milliseconds between two faults.
const BETWEEN: Range<u64> = 1000..3000;
/// Milliseconds that a program is down or hangs.
const DOWN: Range<u64> = 200..5000;

/// A program that is killed, frozen and restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Agent,
    Server,
    Controller,
}

/// What the next `sbatch` does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sbatch {
    /// It takes seconds to start.
    Late,
    /// It is killed before it asks the controller.
    KilledBefore,
    /// It is killed after the controller took the job; the number is lost.
    KilledAfter,
    /// The controller takes the job, and no answer comes.
    Hangs,
    /// It prints no number and no reason.
    Garbage,
    /// It can't reach the controller.
    NotSent,
    /// It loses the controller in the middle of the answer.
    NoAnswer,
    /// It refuses the job.
    Refuses,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    Sbatch(Sbatch),
    Kill(Target),
    Freeze(Target),
    Restart(Target),
    /// One connection to PostgreSQL ends.
    CutOne,
    /// All of them end.
    CutAll,
    /// PostgreSQL breaks down and starts again.
    DatabaseCrash,
}

/// Each fault, and how often it comes in comparison with the others.
const FAULTS: [(u32, Fault); 20] = [
    (5, Fault::Sbatch(Sbatch::Late)),
    (2, Fault::Sbatch(Sbatch::KilledBefore)),
    (2, Fault::Sbatch(Sbatch::KilledAfter)),
    (2, Fault::Sbatch(Sbatch::Hangs)),
    (1, Fault::Sbatch(Sbatch::Garbage)),
    (1, Fault::Sbatch(Sbatch::NotSent)),
    (1, Fault::Sbatch(Sbatch::NoAnswer)),
    (1, Fault::Sbatch(Sbatch::Refuses)),
    (5, Fault::Kill(Target::Agent)),
    (2, Fault::Freeze(Target::Agent)),
    (1, Fault::Restart(Target::Agent)),
    (2, Fault::Kill(Target::Server)),
    (1, Fault::Freeze(Target::Server)),
    (1, Fault::Restart(Target::Server)),
    (1, Fault::Kill(Target::Controller)),
    (2, Fault::Freeze(Target::Controller)),
    (1, Fault::Restart(Target::Controller)),
    (3, Fault::CutOne),
    (1, Fault::CutAll),
    (1, Fault::DatabaseCrash),
];

impl Fault {
    fn target(self) -> Option<Target> {
        match self {
            Self::Kill(target) | Self::Freeze(target) | Self::Restart(target) => Some(target),
            _ => None,
        }
    }

    fn needs_postgres(self) -> bool {
        matches!(self, Self::CutOne | Self::CutAll | Self::DatabaseCrash)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sbatch(sbatch) => write!(f, "sbatch {sbatch:?}"),
            Self::Kill(target) => write!(f, "kill {target:?}"),
            Self::Freeze(target) => write!(f, "freeze {target:?}"),
            Self::Restart(target) => write!(f, "restart {target:?}"),
            other => write!(f, "database {other:?}"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Fault(Fault),
    /// What was killed is started again, what was frozen goes on.
    Recover(Target),
}

/// Something to do, and how long after what was done before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) after: Duration,
    pub(super) action: Action,
}

/// The faults of so much time; at its end everything runs again. A program that is down or hangs
/// is left alone until it has recovered.
pub(super) fn plan(rng: &mut Rng, length: Duration, postgres: bool) -> Vec<Step> {
    let end = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    let mut actions = Vec::new();
    let mut busy: Vec<(Target, u64)> = Vec::new();
    let mut now = 0;
    loop {
        now += rng.u64(BETWEEN);
        if now >= end {
            break;
        }
        busy.retain(|(_, until)| *until > now);
        let fault = choose(rng, |fault| {
            let is_busy = busy.iter().any(|(target, _)| Some(*target) == fault.target());
            !is_busy && (postgres || !fault.needs_postgres())
        });
        actions.push((now, Action::Fault(fault)));
        if let Fault::Kill(target) | Fault::Freeze(target) = fault {
            let recovered = (now + rng.u64(DOWN)).min(end);
            actions.push((recovered, Action::Recover(target)));
            busy.push((target, recovered));
        }
    }
    actions.sort_by_key(|(at, _)| *at);
    let mut before = 0;
    let step = |(at, action)| {
        let after = Duration::from_millis(at - std::mem::replace(&mut before, at));
        Step { after, action }
    };
    actions.into_iter().map(step).collect()
}

fn choose(rng: &mut Rng, possible: impl Fn(Fault) -> bool) -> Fault {
    let possible: Vec<_> = FAULTS.into_iter().filter(|(_, fault)| possible(*fault)).collect();
    let mut left = rng.u32(0..possible.iter().map(|(weight, _)| weight).sum());
    for (weight, fault) in possible {
        if left < weight {
            return fault;
        }
        left -= weight;
    }
    Fault::Sbatch(Sbatch::Late)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(600);

    #[test]
    fn a_seed_tells_all_faults_and_their_order() {
        let of = |seed| plan(&mut Rng::with_seed(seed), LENGTH, true);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn every_fault_comes_and_postgresql_is_spared_where_there_is_none() {
        let kinds = |postgres| {
            let steps = plan(&mut Rng::with_seed(1), LENGTH, postgres);
            FAULTS.map(|(_, fault)| steps.iter().any(|step| step.action == Action::Fault(fault)))
        };
        assert_eq!(kinds(true), [true; FAULTS.len()]);
        assert_eq!(kinds(false), FAULTS.map(|(_, fault)| !fault.needs_postgres()));
    }

    #[test]
    fn what_is_down_recovers_before_it_is_hit_again_and_in_the_end() {
        let mut down = Vec::new();
        for Step { action, .. } in plan(&mut Rng::with_seed(3), LENGTH, true) {
            match action {
                Action::Fault(fault) => {
                    assert!(!fault.target().is_some_and(|target| down.contains(&target)));
                    if let Fault::Kill(target) | Fault::Freeze(target) = fault {
                        down.push(target);
                    }
                }
                Action::Recover(target) => down.retain(|other| *other != target),
            }
        }
        assert_eq!(down, []);
    }
}
