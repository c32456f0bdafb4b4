//! Does what is done as a user of the cluster: runs `sbatch` and `scancel`, writes, reads and removes
//! files.
//!
//! An agent that runs as root, or as the only user that it submits for, does so itself, on a
//! thread for each [`Action`]. One that gave up its privileges ([`crate::separate`]) asks its
//! [`crate::helper`], which still is root, over a pair of sockets. Either way it is the same
//! action, and [`perform`] that does it.

mod child;
mod link;
pub mod perform;
mod reading;
pub(crate) mod wire;

use std::{
    os::fd::OwnedFd,
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

pub use child::{Child, NotStarted, run, signal};
pub use link::Link;
pub use reading::read;

use crate::{
    fence::Fence,
    output::read::{Part, ReadPart, Unreadable},
    process::Process,
    run_as::Account,
    setback::Setback,
};

/// How many characters of a reason are told: a path, which may be in it, is as long as a request.
const MOST_WORDS: usize = 8192;

/// Whom this process asks, if it may not do it itself.
static HELPER: OnceLock<Arc<Link>> = OnceLock::new();

/// What is done as a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub enum Action {
    /// Runs a program; goes with what it has as standard input, output and for complaints.
    Run(Run),
    /// Writes files into `directory`, and the script into `own`, too, or finds out whether that could be
    /// done; goes with the content of all in a row.
    Place { directory: PathBuf, own: PathBuf, files: Option<Vec<Piece>> },
    /// Removes the directory with a submission's private copy.
    Remove { directory: PathBuf },
    /// Reads a part of a file; goes with memory to put it into.
    Read(ReadPart),
    /// Ends what is left of a program that was run.
    Signal { process: Process, forcibly: bool },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    pub program: PathBuf,
    pub directory: PathBuf,
    pub arguments: Vec<String>,
    /// After this it is not started any more, by the [boot clock](crate::boot_clock).
    pub not_after: Duration,
    /// When it is ended, whatever becomes of the agent.
    pub fence: Option<Fence>,
}

/// A file to write. The first of several is the script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Its place in the directory.
    pub name: PathBuf,
    pub length: u64,
}

/// What became of an action. [`Run`] has two: its start and its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    Started(Option<Process>),
    /// How it ended, as `wait` has it.
    Ended(i32),
    /// It did not start, and will not.
    NotStarted(String),
    /// The same, for nothing that the program or its user can help, and which passes: the agent was
    /// too late, or there is too much to do.
    NotNow(String),
    /// It was lost sight of.
    Lost(String),
    Done(Result<(), Setback>),
    /// What was read, without its bytes.
    Read(Result<Part, Unreadable>),
    /// The helper does not do such a thing.
    Refused(String),
}

impl Reply {
    /// The same in words that fit into a message.
    pub(crate) fn brief(self) -> Self {
        let brief = |why: String| why.chars().take(MOST_WORDS).collect();
        match self {
            Self::NotStarted(why) => Self::NotStarted(brief(why)),
            Self::NotNow(why) => Self::NotNow(brief(why)),
            Self::Lost(why) => Self::Lost(brief(why)),
            Self::Refused(why) => Self::Refused(brief(why)),
            Self::Done(Err(Setback::Refusal(why))) => Self::Done(Err(Setback::Refusal(brief(why)))),
            Self::Done(Err(Setback::Limit(why))) => Self::Done(Err(Setback::Limit(brief(why)))),
            Self::Done(Err(Setback::Blocked(what, why))) => {
                Self::Done(Err(Setback::Blocked(what, brief(why))))
            }
            Self::Done(Err(Setback::Trouble(why))) => Self::Done(Err(Setback::Trouble(brief(why)))),
            Self::Done(Err(Setback::Missing(why))) => Self::Done(Err(Setback::Missing(brief(why)))),
            Self::Read(Err(Unreadable::Denied(why))) => {
                Self::Read(Err(Unreadable::Denied(brief(why))))
            }
            Self::Read(Err(Unreadable::Failed(why))) => {
                Self::Read(Err(Unreadable::Failed(brief(why))))
            }
            short @ (Self::Started(_) | Self::Ended(_) | Self::Done(Ok(())) | Self::Read(_)) => {
                short
            }
        }
    }
}

/// What is to be done for whom.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The number of the request, which its replies carry.
    pub number: u64,
    /// What it is for: submissions, with their jobs if there are any.
    pub submissions: Vec<i64>,
    pub user: String,
    pub action: Action,
}

/// A reply on its way.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer {
    pub number: u64,
    pub reply: Reply,
}

/// The replies to a request; they end when the helper does.
pub type Replies = mpsc::UnboundedReceiver<Reply>;

/// From now on this process has a helper to act as users. The first one stays.
pub fn through(helper: Arc<Link>) {
    // A process has one for its life; only a test would try a second.
    let _ = HELPER.set(helper);
}

/// Whether the agent may act as this user.
pub fn reaches(account: &Account) -> bool {
    account.is_own() || is_helped()
}

/// Whether this process has a helper to act as users.
pub fn is_helped() -> bool {
    HELPER.get().is_some()
}

/// Ready when the helper is gone; never, if there is none.
pub async fn lost() {
    match HELPER.get() {
        Some(helper) => helper.lost().await,
        None => std::future::pending().await,
    }
}

/// Has an action done as a user, for these submissions. `files` goes with it, as the action says.
pub fn act(account: &Account, submissions: &[i64], action: Action, files: Vec<OwnedFd>) -> Replies {
    if let Some(helper) = HELPER.get() {
        return helper.ask(submissions, &account.name, action, files);
    }
    let (replies, receiver) = mpsc::unbounded_channel();
    let (account, failed) = (account.clone(), replies.clone());
    let report = move |reply| {
        // Nobody may be interested any more.
        let _ = replies.send(reply);
    };
    // A thread of its own, because it can't become the agent again.
    let work = move || perform::perform(&account, action, files, &report);
    if let Err(error) = std::thread::Builder::new().name("as-user".to_owned()).spawn(work) {
        let _ = failed.send(Reply::NotNow(format!("there is no thread for it: {error}")));
    }
    receiver
}

/// What an action came to that has one reply.
pub async fn done(mut replies: Replies) -> Result<(), Setback> {
    match replies.recv().await {
        Some(Reply::Done(result)) => result,
        Some(Reply::Refused(why)) => Err(Setback::Refusal(why)),
        Some(Reply::NotStarted(why) | Reply::NotNow(why) | Reply::Lost(why)) => {
            Err(Setback::Trouble(why))
        }
        Some(Reply::Started(_) | Reply::Ended(_) | Reply::Read(_)) => {
            Err(Setback::Trouble("the helper answered what it was not asked".to_owned()))
        }
        None => Err(Setback::Trouble(GONE.to_owned())),
    }
}

/// What is said when there is no reply.
const GONE: &str = "what acts as users of the cluster is gone";
