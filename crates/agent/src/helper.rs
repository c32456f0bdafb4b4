//! The helper of an agent that gave up its privileges: the part that still is root.
//!
//! It does nothing but become a user of the cluster and do one [`Action`] as that user, asked by the agent over
//! a socket. It opens no connection, reads nothing of the agent's and believes nothing that the
//! agent says: [`policy`] has the rules. It ends with the agent. An `sbatch` that it started goes on, in a
//! session of its own; its receipt, which the agent opened, tells the next agent what came of it.

pub mod policy;
mod under_way;

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    thread,
};

use nix::sys::prctl;

use crate::{
    acting::{
        Action, Answer, Reply, Request, perform,
        wire::{self, Received},
    },
    output::read::Unreadable,
};
use policy::Policy;
use under_way::{Turn, UnderWay};

/// What it is called among the processes of the machine.
pub const NAME: &str = "jobbergate";

/// Does what is asked over `socket`, until the other end is gone.
///
/// # Errors
/// When nothing can be heard any more, or what is heard is not understood: whoever sent that would wait
/// for an answer for ever, but the agent ends with its helper.
pub fn serve(socket: OwnedFd, policy: Policy) -> io::Result<()> {
    let most_of_one = if policy.only.is_some() { under_way::MOST } else { under_way::MOST_OF_ONE };
    let helper = Arc::new(Helper { socket, policy, under_way: UnderWay::new(most_of_one) });
    loop {
        match wire::receive(&helper.socket)? {
            Received::End => return Ok(()),
            Received::TooLong => return Err(not_understood("it is too long")),
            Received::WithoutFiles(message) => {
                let why = "the helper has too many open files".to_owned();
                tracing::error!(why, "cannot take a request");
                helper.answer(read(&message)?.number, Reply::NotNow(why));
            }
            Received::Message(message, files) => helper.begin(read(&message)?, files),
        }
    }
}

/// Has `ps` and `top` show the process by the program's name: they would show `exe`, as which it was
/// started.
///
/// # Errors
/// When the kernel does not take the name.
pub fn take_name() -> io::Result<()> {
    Ok(prctl::set_name(c"jobbergate")?)
}

fn read(message: &[u8]) -> io::Result<Request> {
    serde_json::from_slice(message).map_err(not_understood)
}

fn not_understood(why: impl std::fmt::Display) -> io::Error {
    tracing::error!(%why, "a request is not understood; the helper ends");
    io::Error::new(io::ErrorKind::InvalidData, format!("a request is not understood: {why}"))
}

struct Helper {
    socket: OwnedFd,
    policy: Policy,
    under_way: UnderWay,
}

impl Helper {
    /// Begins an action on a thread of its own: it may hang, and the thread can't become root again.
    fn begin(self: &Arc<Self>, request: Request, files: Vec<OwnedFd>) {
        let number = request.number;
        // What ends others is not kept waiting by them.
        let ends_others = matches!(request.action, Action::Signal { .. });
        let turn = match self.under_way.enter(&request.user, ends_others) {
            Ok(turn) => turn,
            Err(why) => {
                tracing::error!(submissions = ?request.submissions, why, "not begun");
                return self.answer(number, Reply::NotNow(why));
            }
        };
        let helper = Arc::clone(self);
        let work = move || helper.serve(request, files, turn);
        if let Err(error) = thread::Builder::new().name("as-user".to_owned()).spawn(work) {
            tracing::error!(%error, "there is no thread for an action");
            self.answer(number, Reply::NotNow(format!("there is no thread for it: {error}")));
        }
    }

    /// The turn lasts as long as the action.
    fn serve(&self, request: Request, files: Vec<OwnedFd>, _turn: Turn) {
        let Request { number, submissions, user, action } = request;
        let name = name_of(&action);
        // Who follows a file reads it again and again.
        let goes_on = matches!(&action, Action::Read(wanted) if wanted.file.is_some());
        let log = |outcome: &Reply| log(&submissions, &user, name, goes_on, outcome);
        let answer = |reply: Reply| {
            log(&reply);
            self.answer(number, reply);
        };
        match self.policy.allow(&user, &action) {
            Ok(account) => perform::perform(&account, action, files, &answer),
            Err(why) => answer(Reply::Refused(why)),
        }
    }

    fn answer(&self, number: u64, reply: Reply) {
        let sent = serde_json::to_vec(&Answer { number, reply: reply.brief() })
            .map_err(io::Error::other)
            .and_then(|message| wire::send(self.socket.as_fd(), &message, &[]));
        if let Err(error) = sent {
            tracing::warn!(%error, "the agent does not hear");
        }
    }
}

/// A line for each submission, so that one is found by its number.
fn log(submissions: &[i64], user: &str, action: &str, goes_on: bool, outcome: &Reply) {
    let all = submissions.iter().copied().map(Some);
    let all: Vec<Option<i64>> = if submissions.is_empty() { vec![None] } else { all.collect() };
    for submission in all {
        match outcome {
            Reply::Refused(why) => tracing::error!(submission, user, action, why, "refused"),
            Reply::Done(Err(why)) => tracing::warn!(submission, user, action, %why, "failed"),
            Reply::NotStarted(why) | Reply::NotNow(why) | Reply::Lost(why) => {
                tracing::warn!(submission, user, action, why, "failed");
            }
            Reply::Started(process) => {
                let process = process.map(|process| process.number());
                tracing::info!(submission, user, action, process, "started");
            }
            Reply::Ended(status) => tracing::info!(submission, user, action, status, "ended"),
            Reply::Done(Ok(())) => tracing::info!(submission, user, action, "done"),
            Reply::Read(Ok(part)) if !goes_on && part.from < part.size => {
                tracing::info!(submission, user, action, "done");
            }
            Reply::Read(Ok(_) | Err(Unreadable::Missing)) => {
                tracing::debug!(submission, user, action, "nothing new");
            }
            Reply::Read(Err(why)) => tracing::warn!(submission, user, action, ?why, "failed"),
        }
    }
}

const fn name_of(action: &Action) -> &'static str {
    match action {
        Action::Run(_) => "run",
        Action::Place { .. } => "place",
        Action::Remove { .. } => "remove",
        Action::Read(_) => "read",
        Action::Signal { .. } => "signal",
    }
}
