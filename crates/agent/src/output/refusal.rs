//! Why there is no output to show, in words for the owner.

use jobbergate_types::output::{OutputRefusal, OutputRefusalKind as Kind};

use super::{place::Place, read::Unreadable, reader::NotRead};
use crate::{error::JournalError, run_as::Account, setback::Setback};

pub(super) type Refused = OutputRefusal;

pub(super) fn refuse(kind: Kind, message: String) -> Refused {
    OutputRefusal { kind, message }
}

/// The owner has no user on the cluster, or it can't be found out which.
pub(super) fn nobody(setback: Setback) -> Refused {
    match setback {
        Setback::Refusal(why) => refuse(Kind::Forbidden, why),
        Setback::Missing(why)
        | Setback::Limit(why)
        | Setback::Blocked(_, why)
        | Setback::Trouble(why) => refuse(Kind::NoAnswer, why),
    }
}

/// A job array has many outputs.
pub(super) fn which_task(job: i64, tasks: impl Iterator<Item = u32>) -> Refused {
    let mut tasks: Vec<_> = tasks.collect();
    tasks.sort_unstable();
    let some: Vec<_> = tasks.iter().take(20).map(u32::to_string).collect();
    let more = if tasks.len() > some.len() { ", …" } else { "" };
    let known = match some.is_empty() {
        true => String::new(),
        false => format!(" (such as {}{more})", some.join(", ")),
    };
    let words =
        format!("Job {job} is an array, each task of which writes on its own: say which{known}");
    refuse(Kind::Unsuitable, words)
}

pub(super) fn unusable(error: &JournalError) -> Refused {
    refuse(Kind::NoAnswer, format!("The agent's journal cannot be used: {error}"))
}

/// Why a file was not read.
pub(super) fn not_read(why: NotRead, place: &Place, account: &Account) -> Refused {
    let (path, user) = (&place.path, &account.name);
    match why {
        NotRead::Unreadable(Unreadable::Missing) if place.waits => refuse(
            Kind::NotYet,
            format!(
                "There is no output yet: the job waits in Slurm's queue, and {path} is not there"
            ),
        ),
        NotRead::Unreadable(Unreadable::Missing) if place.ended => refuse(
            Kind::NotThere,
            format!(
                "{path} is not there: the job has ended and wrote nothing there, or the file was \
                 removed or is on another machine's disk"
            ),
        ),
        NotRead::Unreadable(Unreadable::Missing) => refuse(
            Kind::NotYet,
            format!(
                "There is no output yet: {path} is not there. If it stays so, it is on a disk that \
                 the agent does not see"
            ),
        ),
        NotRead::Unreadable(Unreadable::Denied(why)) => {
            refuse(Kind::Forbidden, format!("The user {user} may not read {path}: {why}"))
        }
        NotRead::Unreadable(Unreadable::Unsuitable(what)) => refuse(
            Kind::Unsuitable,
            format!("{path} is {what}; only the content of regular files is shown"),
        ),
        NotRead::Unreadable(Unreadable::Failed(why)) => {
            refuse(Kind::NoAnswer, format!("{path} cannot be read: {why}"))
        }
        NotRead::Late => {
            refuse(Kind::NoAnswer, format!("The file system of {path} did not answer in time"))
        }
        NotRead::Busy => refuse(
            Kind::Busy,
            format!(
                "The agent is reading too much for {user} already, or what it reads does not \
                 answer; try again in a moment"
            ),
        ),
    }
}
