//! The helper of an agent that gave up its privileges: the part that still is root.
//!
//! It does nothing but become a user of the cluster and do one [`Action`] as that user, asked by the agent over
//! a socket. It opens no connection, reads nothing of the agent's and believes nothing that the
//! agent says: [`policy`] has the rules. It ends with the agent. An `sbatch` that it started goes on, in a
//! session of its own; its receipt, which the agent opened, tells the next agent what came of it.

pub mod policy;

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    acting::{
        Action, Answer, Reply, Request, perform,
        wire::{self, Received},
    },
    output::read::Unreadable,
};
use policy::Policy;

/// How many actions may be under way at once.
const MOST_ACTIONS: usize = 512;

/// Does what is asked over `socket`, until the other end is gone.
///
/// # Errors
/// When nothing can be heard any more.
pub fn serve(socket: OwnedFd, policy: Policy) -> io::Result<()> {
    let helper = Arc::new(Helper { socket, policy, under_way: AtomicUsize::new(0) });
    loop {
        match wire::receive(&helper.socket)? {
            Received::End => return Ok(()),
            Received::TooLong => {
                tracing::error!("refused: a request that is too long");
                helper.answer(0, Reply::Refused("it is too long".to_owned()));
            }
            Received::Message(message, files) => match serde_json::from_slice(&message) {
                Ok(request) => helper.begin(request, files),
                Err(error) => {
                    tracing::error!(%error, "refused: a request that is not understood");
                    helper.answer(0, Reply::Refused(format!("it is not understood: {error}")));
                }
            },
        }
    }
}

struct Helper {
    socket: OwnedFd,
    policy: Policy,
    under_way: AtomicUsize,
}

impl Helper {
    /// Begins an action on a thread of its own: it may hang, and the thread can't become root again.
    fn begin(self: &Arc<Self>, request: Request, files: Vec<OwnedFd>) {
        let number = request.number;
        if self.under_way.fetch_add(1, Ordering::SeqCst) >= MOST_ACTIONS {
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            tracing::error!(submissions = ?request.submissions, "refused: too much is under way");
            return self.answer(number, Reply::NotNow("too much is under way".to_owned()));
        }
        let helper = Arc::clone(self);
        let work = move || {
            helper.serve(request, files);
            helper.under_way.fetch_sub(1, Ordering::SeqCst);
        };
        if let Err(error) = thread::Builder::new().name("as-user".to_owned()).spawn(work) {
            self.under_way.fetch_sub(1, Ordering::SeqCst);
            tracing::error!(%error, "there is no thread for an action");
            self.answer(number, Reply::NotNow(format!("there is no thread for it: {error}")));
        }
    }

    fn serve(&self, request: Request, files: Vec<OwnedFd>) {
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
        let sent = serde_json::to_vec(&Answer { number, reply })
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
