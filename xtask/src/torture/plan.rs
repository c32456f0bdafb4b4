//! Which faults there are, and when each comes: all of it follows from the seed.

use std::{fmt, ops::Range, time::Duration};

use fastrand::Rng;

use crate::lab::Outage;

/// Milliseconds between two faults.
const BETWEEN: Range<u64> = 1000..3000;
/// Milliseconds that a program is down or hangs.
const DOWN: Range<u64> = 200..5000;
/// The same of an agent, or of its network, that others take over from.
const GONE: Range<u64> = 15_000..40_000;
/// The same of Slurm where there are two agents, so that one takes over while it is away. Nodes
/// that are not heard for 60 s would lose their jobs.
const SLURM_GONE: Range<u64> = 8000..25_000;
/// How often, in percent, one is gone for so long.
const OFTEN_GONE: u8 = 25;

/// Who there is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cast {
    pub(super) postgres: bool,
    /// How many agents of ours.
    pub(super) agents: usize,
    /// A Python agent loses and doubles jobs when something that it needs fails.
    pub(super) python: bool,
    /// Our agents have helpers.
    pub(super) separated: bool,
}

impl Cast {
    fn can_suffer(self, fault: Fault) -> bool {
        let (agent, spares_python) = match fault {
            Fault::Kill(target) | Fault::Freeze(target) | Fault::Restart(target) => {
                (target.agent(), target.agent().is_some())
            }
            Fault::Network(_, agent) => (Some(agent), true),
            Fault::Sbatch(_) => (None, true),
            Fault::CutOne | Fault::CutAll | Fault::DatabaseCrash => (None, false),
        };
        agent.is_none_or(|agent| agent < self.agents)
            && (self.postgres || !fault.needs_postgres())
            && (spares_python || !self.python)
            && (self.separated || !matches!(fault.target(), Some(Target::Helper(_))))
    }

    /// Whether somebody takes over from an agent that is gone.
    const fn has_standby(self) -> bool {
        self.agents > 1 || self.python
    }
}

/// What fails for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Agent(usize),
    /// Between an agent and the server.
    Network(usize),
    /// The part of an agent that stayed root.
    Helper(usize),
    Server,
    Controller,
    Munge,
}

impl Target {
    const fn agent(self) -> Option<usize> {
        match self {
            Self::Agent(agent) | Self::Network(agent) | Self::Helper(agent) => Some(agent),
            _ => None,
        }
    }

    const fn is_of_slurm(self) -> bool {
        matches!(self, Self::Controller | Self::Munge)
    }

    /// Whether one can't recover while the other is down.
    fn holds_up(self, other: Self) -> bool {
        let of_agent = |target| match target {
            Self::Agent(agent) | Self::Helper(agent) => Some(agent),
            _ => None,
        };
        self == other
            || (self.is_of_slurm() && other.is_of_slurm())
            || (of_agent(self).is_some() && of_agent(self) == of_agent(other))
    }
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
    /// The network between an agent and the server fails.
    Network(Outage, usize),
    /// One connection to PostgreSQL ends.
    CutOne,
    CutAll,
    /// PostgreSQL breaks down and starts again.
    DatabaseCrash,
}

/// Each fault, and how often it comes in comparison with the others.
const FAULTS: [(u32, Fault); 34] = [
    (5, Fault::Sbatch(Sbatch::Late)),
    (2, Fault::Sbatch(Sbatch::KilledBefore)),
    (2, Fault::Sbatch(Sbatch::KilledAfter)),
    (2, Fault::Sbatch(Sbatch::Hangs)),
    (1, Fault::Sbatch(Sbatch::Garbage)),
    (1, Fault::Sbatch(Sbatch::NotSent)),
    (1, Fault::Sbatch(Sbatch::NoAnswer)),
    (1, Fault::Sbatch(Sbatch::Refuses)),
    (5, Fault::Kill(Target::Agent(0))),
    (2, Fault::Freeze(Target::Agent(0))),
    (1, Fault::Restart(Target::Agent(0))),
    (1, Fault::Network(Outage::Cut, 0)),
    (1, Fault::Network(Outage::Silent, 0)),
    (2, Fault::Network(Outage::AnswersLost, 0)),
    (5, Fault::Kill(Target::Agent(1))),
    (2, Fault::Freeze(Target::Agent(1))),
    (1, Fault::Restart(Target::Agent(1))),
    (1, Fault::Network(Outage::Cut, 1)),
    (1, Fault::Network(Outage::Silent, 1)),
    (2, Fault::Network(Outage::AnswersLost, 1)),
    (3, Fault::Kill(Target::Helper(0))),
    (3, Fault::Freeze(Target::Helper(0))),
    (3, Fault::Kill(Target::Helper(1))),
    (3, Fault::Freeze(Target::Helper(1))),
    (2, Fault::Kill(Target::Server)),
    (1, Fault::Freeze(Target::Server)),
    (1, Fault::Restart(Target::Server)),
    (1, Fault::Kill(Target::Controller)),
    (2, Fault::Freeze(Target::Controller)),
    (1, Fault::Restart(Target::Controller)),
    (1, Fault::Kill(Target::Munge)),
    (3, Fault::CutOne),
    (1, Fault::CutAll),
    (1, Fault::DatabaseCrash),
];

impl Fault {
    fn target(self) -> Option<Target> {
        match self {
            Self::Kill(target) | Self::Freeze(target) | Self::Restart(target) => Some(target),
            Self::Network(_, agent) => Some(Target::Network(agent)),
            _ => None,
        }
    }

    /// What it leaves down, if anything.
    fn outlasting(self) -> Option<Target> {
        self.target().filter(|_| !matches!(self, Self::Restart(_)))
    }

    fn needs_postgres(self) -> bool {
        matches!(self, Self::CutOne | Self::CutAll | Self::DatabaseCrash)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Agent(agent) => write!(f, "agent {}", agent + 1),
            Self::Network(agent) => write!(f, "network of agent {}", agent + 1),
            Self::Helper(agent) => write!(f, "helper of agent {}", agent + 1),
            other => write!(f, "{other:?}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sbatch(sbatch) => write!(f, "sbatch {sbatch:?}"),
            Self::Kill(target) => write!(f, "kill {target}"),
            Self::Freeze(target) => write!(f, "freeze {target}"),
            Self::Restart(target) => write!(f, "restart {target}"),
            Self::Network(outage, agent) => {
                write!(f, "{}: {outage:?}", Target::Network(*agent))
            }
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
pub(super) fn plan(rng: &mut Rng, length: Duration, cast: Cast) -> Vec<Step> {
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
            let hits_busy = |target: Target| busy.iter().any(|(busy, _)| target.holds_up(*busy));
            cast.can_suffer(fault) && !fault.target().is_some_and(hits_busy)
        });
        actions.push((now, Action::Fault(fault)));
        if let Some(target) = fault.outlasting() {
            let down = outage(rng, target, cast);
            let recovered = (now + rng.u64(down)).min(end);
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

/// How long it may be down.
fn outage(rng: &mut Rng, target: Target, cast: Cast) -> Range<u64> {
    let gone = match target.agent() {
        Some(_) => GONE,
        None if target.is_of_slurm() => SLURM_GONE,
        None => return DOWN,
    };
    if cast.has_standby() && rng.u8(0..100) < OFTEN_GONE { gone } else { DOWN }
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

    const LENGTH: Duration = Duration::from_secs(1800);
    const ALL: Cast = Cast { postgres: true, agents: 2, python: false, separated: true };

    #[test]
    fn a_seed_tells_all_faults_and_their_order() {
        let of = |seed| plan(&mut Rng::with_seed(seed), LENGTH, ALL);
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn every_fault_comes_to_who_is_there_and_can_bear_it() {
        let kinds = |cast| {
            let steps = plan(&mut Rng::with_seed(1), LENGTH, cast);
            FAULTS.map(|(_, fault)| steps.iter().any(|step| step.action == Action::Fault(fault)))
        };
        assert_eq!(kinds(ALL), [true; FAULTS.len()]);
        let postgres = |fault: Fault| fault.needs_postgres();
        let expected = FAULTS.map(|(_, fault)| !postgres(fault));
        assert_eq!(kinds(Cast { postgres: false, ..ALL }), expected);
        let of_helper = |fault: Fault| matches!(fault.target(), Some(Target::Helper(_)));
        let expected = FAULTS.map(|(_, fault)| !of_helper(fault));
        assert_eq!(kinds(Cast { separated: false, ..ALL }), expected);
        let of = |fault: Fault| fault.target().and_then(Target::agent);
        let expected = FAULTS.map(|(_, fault)| of(fault) != Some(1));
        assert_eq!(kinds(Cast { agents: 1, ..ALL }), expected);
        let ours = |fault: Fault| of(fault).is_some() || matches!(fault, Fault::Sbatch(_));
        assert_eq!(kinds(Cast { python: true, ..ALL }), FAULTS.map(|(_, fault)| ours(fault)));
    }

    #[test]
    fn with_two_agents_one_is_gone_for_long_while_slurm_is_away() {
        let steps = plan(&mut Rng::with_seed(2), LENGTH, ALL);
        let mut now = Duration::ZERO;
        let mut down: Vec<(Target, Duration)> = Vec::new();
        let mut outages: Vec<(Target, Duration, Duration)> = Vec::new();
        for Step { after, action } in steps {
            now += after;
            match action {
                Action::Fault(fault) => down.extend(fault.outlasting().map(|hit| (hit, now))),
                Action::Recover(target) => {
                    let at = down.iter().position(|(other, _)| *other == target).unwrap();
                    outages.push((target, down.remove(at).1, now));
                }
            }
        }
        let taken_over_at = |from: Duration| from + Duration::from_secs(20);
        let of_slurm = |at: &Duration| {
            let slurm = outages.iter().filter(|(target, ..)| target.is_of_slurm());
            slurm.into_iter().any(|(_, from, to)| from <= at && at <= to)
        };
        let takeovers = outages
            .iter()
            .filter(|(target, from, to)| target.agent().is_some() && taken_over_at(*from) < *to);
        assert!(takeovers.map(|(_, from, _)| taken_over_at(*from)).any(|at| of_slurm(&at)));
    }

    #[test]
    fn what_is_down_recovers_before_it_is_hit_again_and_in_the_end() {
        let mut down: Vec<Target> = Vec::new();
        for Step { action, .. } in plan(&mut Rng::with_seed(3), LENGTH, ALL) {
            match action {
                Action::Fault(fault) => {
                    let hits = |target: Target| down.iter().any(|other| target.holds_up(*other));
                    assert!(!fault.target().is_some_and(hits));
                    down.extend(fault.outlasting());
                }
                Action::Recover(target) => down.retain(|other| *other != target),
            }
        }
        assert_eq!(down, []);
    }
}
