//! A program that runs as a user.

use std::{
    io,
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    process::ExitStatus,
    time::Duration,
};

use nix::sys::signal::Signal;

use super::{Action, GONE, HELPER, Replies, Reply, Run, act};
use crate::{boot_clock, process::Process, run_as::Account};

/// How much longer a start is waited for than it is allowed.
const GRACE: Duration = Duration::from_secs(2);

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// It certainly does not run.
    #[error("{0}")]
    Certainly(String),
    /// It certainly does not, for a reason that is not its own and passes.
    #[error("{0}")]
    ForNow(String),
    /// It may run, or may have run.
    #[error("{0}")]
    Perhaps(String),
}

/// A program that was started.
#[derive(Debug)]
pub struct Child {
    replies: Replies,
    /// What it is known by to those who come later.
    pub process: Option<Process>,
    ended: Option<ExitStatus>,
}

/// Runs a program as a user. What is given as its input, output and complaints is open there only.
pub async fn run(
    account: &Account,
    submissions: &[i64],
    run: Run,
    stdio: [OwnedFd; 3],
) -> Result<Child, NotStarted> {
    let start_within = run.not_after.saturating_sub(boot_clock::now());
    let mut replies = act(account, submissions, Action::Run(run), stdio.into());
    match tokio::time::timeout(start_within + GRACE, replies.recv()).await {
        Ok(Some(Reply::Started(process))) => Ok(Child { replies, process, ended: None }),
        Ok(Some(Reply::NotStarted(why) | Reply::Refused(why))) => Err(NotStarted::Certainly(why)),
        Ok(Some(Reply::NotNow(why))) => Err(NotStarted::ForNow(why)),
        Ok(Some(reply)) => Err(NotStarted::Perhaps(format!("it was answered {reply:?}"))),
        Ok(None) => Err(NotStarted::Perhaps(GONE.to_owned())),
        Err(_) => Err(NotStarted::Perhaps(format!("it did not start within {start_within:?}"))),
    }
}

impl Child {
    /// How it ended; may be asked again, and given up any time.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.ended {
            return Ok(status);
        }
        match self.replies.recv().await {
            Some(Reply::Ended(status)) => {
                let status = ExitStatus::from_raw(status);
                self.ended = Some(status);
                Ok(status)
            }
            Some(Reply::Lost(why)) => Err(io::Error::other(why)),
            _ => Err(io::Error::other(GONE)),
        }
    }
}

/// Ends a program that runs, or ran, as a user, with all of its group.
pub async fn signal(user: &str, submissions: &[i64], process: Process, signal: Signal) {
    let Some(helper) = HELPER.get() else { return process.signal_group(signal) };
    let action = Action::Signal { process, forcibly: signal == Signal::SIGKILL };
    let replies = helper.ask(submissions, user, action, vec![]);
    // Whether it is gone is seen at the process itself.
    if let Ok(Err(error)) = tokio::time::timeout(GRACE, super::done(replies)).await {
        tracing::warn!(?submissions, user, %error, "what was run as a user cannot be ended");
    }
}
