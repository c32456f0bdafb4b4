//! The states of a submission in the journal, and how it comes from one to another.
//!
//! A state is on disk before what follows from it is done, so that an agent that is killed at any
//! point begins again where it was:
//!
//! | in the journal | what is true | done only then | an agent that begins here |
//! |---|---|---|---|
//! | [`State::Unknown`] | this agent never began | | submits it |
//! | [`State::Attempted`] | Slurm may have a job: it is *uncertain* | `sbatch` | looks for the job |
//! | [`State::Planned`] | an attempt came to nothing, certainly | another attempt | submits it |
//! | [`State::Submitted`] | Slurm has this job | the report; the receipt is removed | reports it |
//! | [`State::Rejected`] | there is no job, or it can't be known | the report | reports it |
//! | [`State::Reported`] | the server knows the job | | has nothing left to do |
//! | [`State::Closed`] | the server knows that there is none | | has nothing left to do |

use std::fmt;

/// Where a submission stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Unknown,
    Planned,
    Attempted,
    Submitted { job: i64 },
    Rejected,
    Reported { job: i64 },
    Closed,
}

/// What happens to a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// `sbatch` is about to be started.
    Attempt,
    /// It is certain that the attempt made no job, and never will.
    ComeToNothing,
    /// Slurm has a job: `sbatch` said so, or it was found.
    Have { job: i64 },
    /// It can't be run, or must not be tried again.
    Reject,
    /// The server knows the outcome, or nobody is left to tell.
    Acknowledge,
    /// Its owner wants another try.
    Reopen,
    /// The number stands for another submission now, of a server that was set up anew.
    Replace,
}

impl State {
    /// Where it stands after an event; none if that can't happen from here.
    pub const fn after(self, event: Event) -> Option<Self> {
        use State::{Attempted, Closed, Planned, Rejected, Reported, Submitted, Unknown};
        match (self, event) {
            (Unknown | Planned, Event::Attempt) => Some(Attempted),
            (Attempted, Event::ComeToNothing) => Some(Planned),
            (Unknown | Planned | Attempted | Rejected, Event::Have { job }) => {
                Some(Submitted { job })
            }
            // Found once more.
            (Submitted { job: known } | Reported { job: known }, Event::Have { job })
                if known == job =>
            {
                Some(self)
            }
            (Unknown | Planned | Attempted | Rejected, Event::Reject) => Some(Rejected),
            (Submitted { job } | Reported { job }, Event::Acknowledge) => Some(Reported { job }),
            (Rejected | Closed, Event::Acknowledge) => Some(Closed),
            (Unknown | Planned | Closed, Event::Reopen) => Some(Unknown),
            // Where Slurm may have a job, that is found out first.
            (Attempted, Event::Replace) => None,
            (_, Event::Replace) => Some(Unknown),
            _ => None,
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("unknown"),
            Self::Planned => f.write_str("planned"),
            Self::Attempted => f.write_str("attempted"),
            Self::Submitted { job } => write!(f, "submitted as job {job}"),
            Self::Rejected => f.write_str("rejected"),
            Self::Reported { job } => write!(f, "reported as job {job}"),
            Self::Closed => f.write_str("rejected for good"),
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attempt => f.write_str("attempt"),
            Self::ComeToNothing => f.write_str("come to nothing"),
            Self::Have { job } => write!(f, "have the job {job}"),
            Self::Reject => f.write_str("reject"),
            Self::Acknowledge => f.write_str("acknowledge"),
            Self::Reopen => f.write_str("reopen"),
            Self::Replace => f.write_str("replace"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [State; 7] = [
        State::Unknown,
        State::Planned,
        State::Attempted,
        State::Submitted { job: 5 },
        State::Rejected,
        State::Reported { job: 5 },
        State::Closed,
    ];
    const EVENTS: [Event; 8] = [
        Event::Attempt,
        Event::ComeToNothing,
        Event::Have { job: 5 },
        Event::Have { job: 9 },
        Event::Reject,
        Event::Acknowledge,
        Event::Reopen,
        Event::Replace,
    ];

    #[test]
    fn each_state_allows_what_can_happen_to_it() {
        let (submitted, other) = (State::Submitted { job: 5 }, State::Submitted { job: 9 });
        let (reported, unknown) = (State::Reported { job: 5 }, State::Unknown);
        let (attempted, planned) = (State::Attempted, State::Planned);
        let (rejected, closed) = (State::Rejected, State::Closed);
        let no = None;
        let yes = Some;
        #[rustfmt::skip]
        let table = [
            // Attempt, ComeToNothing, Have 5, Have 9, Reject, Acknowledge, Reopen, Replace
            [yes(attempted), no, yes(submitted), yes(other), yes(rejected), no, yes(unknown), yes(unknown)],
            [yes(attempted), no, yes(submitted), yes(other), yes(rejected), no, yes(unknown), yes(unknown)],
            [no, yes(planned), yes(submitted), yes(other), yes(rejected), no, no, no],
            [no, no, yes(submitted), no, no, yes(reported), no, yes(unknown)],
            [no, no, yes(submitted), yes(other), yes(rejected), yes(closed), no, yes(unknown)],
            [no, no, yes(reported), no, no, yes(reported), no, yes(unknown)],
            [no, no, no, no, no, yes(closed), yes(unknown), yes(unknown)],
        ];
        for (state, row) in STATES.into_iter().zip(table) {
            for (event, after) in EVENTS.into_iter().zip(row) {
                assert_eq!(state.after(event), after, "{state} and {event}");
            }
        }
    }

    #[test]
    fn nothing_is_attempted_where_there_is_or_may_be_a_job() {
        for state in STATES {
            let free = matches!(state, State::Unknown | State::Planned);
            assert_eq!(state.after(Event::Attempt).is_some(), free, "{state}");
        }
    }

    #[test]
    fn a_job_is_never_forgotten_before_the_server_knows_it() {
        for event in EVENTS {
            let after = State::Submitted { job: 5 }.after(event);
            let kept =
                matches!(after, Some(State::Submitted { job: 5 } | State::Reported { job: 5 }));
            assert!(kept || after.is_none() || event == Event::Replace, "{event}");
        }
    }
}
