//! Submits a job.

use std::{
    fs::File,
    io::{self, Seek, Write},
    os::{fd::OwnedFd, unix::process::ExitStatusExt},
    path::{Path, PathBuf},
    process::ExitStatus,
    time::Duration,
};

use nix::sys::{
    memfd::{MFdFlags, memfd_create},
    signal::Signal,
};
use tokio::time::Instant;

use super::{Receipt, SbatchOutcome, Slurm, directives, outcome::judge};
use crate::{
    acting::{self, Child, NotStarted, Run},
    boot_clock,
    fence::Fence,
    process::Process,
    run_as::Account,
    slurm::SbatchArguments,
    tag::Tag,
};

/// How often the receipt is looked at while `sbatch` runs.
const LOOK: Duration = Duration::from_millis(200);
/// How long `sbatch` may run on after it wrote the number.
const AFTER_NUMBER: Duration = Duration::from_secs(10);
/// How long the number may come after the end of the program in the place of `sbatch`.
const AFTER_EXIT: Duration = Duration::from_secs(2);
/// How long a program may take to end that was asked to.
const FAREWELL: Duration = Duration::from_secs(5);

/// A job to submit.
#[derive(Debug)]
pub struct BatchJob<'a> {
    /// The user that it runs as.
    pub account: &'a Account,
    pub directory: &'a Path,
    /// The user's options.
    pub arguments: &'a SbatchArguments,
    /// What it is found again by.
    pub tag: &'a Tag,
    pub script: &'a [u8],
    /// A file with the script that nobody else will ever write; without, `sbatch` is given its
    /// content.
    pub script_path: Option<PathBuf>,
    /// When `sbatch` is ended, whatever becomes of the agent.
    pub fence: Option<Fence>,
}

/// An `sbatch` that was started.
struct Sbatch {
    child: Child,
    submission: Option<i64>,
    /// Whom it runs as.
    user: String,
}

impl Sbatch {
    /// To the program and all that it started: it leads a session.
    async fn signal(&self, signal: Signal) {
        if let Some(process) = self.child.process {
            acting::signal(&self.user, self.submission.as_slice(), process, signal).await;
        }
    }
}

/// How the watch over an `sbatch` ended.
enum WatchEnd {
    Exit(ExitStatus),
    Number(i64),
    Deadline,
    Lost(io::Error),
}

impl Slurm {
    /// Runs `sbatch`. If the caller dies, it runs on; its outcome is in the receipt.
    pub async fn sbatch(&self, job: &BatchJob<'_>, receipt: &Receipt) -> SbatchOutcome {
        let mut sbatch = match self.start(job, receipt).await {
            Ok(started) => started,
            Err(e) => {
                let why = format!("{} cannot be started: {e}", self.paths.sbatch.display());
                return match e {
                    NotStarted::Certainly(_) => SbatchOutcome::NotSent(why),
                    NotStarted::ForNow(_) => SbatchOutcome::NotStarted(why),
                    NotStarted::Perhaps(_) => SbatchOutcome::Unclear(why),
                };
            }
        };
        let fence = job.fence.map(|fence| fence.left(boot_clock::now()));
        let limit = fence.map_or(self.sbatch_deadline, |left| left.min(self.sbatch_deadline));
        let end = self.watch(&mut sbatch, receipt, limit).await;
        if let WatchEnd::Number(job) = end {
            tokio::spawn(let_end(sbatch));
            return SbatchOutcome::Accepted(job);
        }
        let killed = matches!(end, WatchEnd::Exit(_)) && await_offspring(&sbatch, receipt).await;
        // A number is a job, whatever else went wrong.
        if let Ok(Some(job)) = receipt.number() {
            return SbatchOutcome::Accepted(job);
        }
        let program = self.paths.sbatch.display();
        match end {
            WatchEnd::Exit(status) => {
                let (stderr, stdout) = receipt.said();
                match status.code() {
                    // What was killed may have got through, whatever the program said.
                    Some(code) if killed => judge(code, &stderr, &stdout).in_doubt(),
                    Some(code) => judge(code, &stderr, &stdout),
                    None => {
                        let signal = status.signal().and_then(|n| Signal::try_from(n).ok());
                        let signal = signal.map_or("a signal", Signal::as_str);
                        self.unclear(with_words(format!("sbatch was ended by {signal}"), receipt))
                            .await
                    }
                }
            }
            WatchEnd::Lost(e) => {
                SbatchOutcome::Unclear(format!("{program} cannot be followed: {e}"))
            }
            WatchEnd::Deadline | WatchEnd::Number(_) => {
                let seconds = limit.as_secs();
                let why = format!("{program} did not end within {seconds} s");
                self.unclear(with_words(why, receipt)).await
            }
        }
    }

    /// Where the controller answers others, the trouble is this `sbatch`, and no outage.
    async fn unclear(&self, why: String) -> SbatchOutcome {
        if let Some(words) = super::waiting(&why) {
            return SbatchOutcome::Sleeping(words.to_owned());
        }
        if self.is_up().await.unwrap_or(false) {
            SbatchOutcome::Failed(why)
        } else {
            SbatchOutcome::Unclear(why)
        }
    }

    async fn start(&self, job: &BatchJob<'_>, receipt: &Receipt) -> Result<Sbatch, NotStarted> {
        let stdio = stdio(job, receipt).map_err(|e| NotStarted::Certainly(e.to_string()))?;
        let submission = job.tag.submission();
        let run = Run {
            program: self.paths.sbatch.clone(),
            directory: job.directory.to_owned(),
            arguments: arguments(job),
            not_after: boot_clock::now() + self.sbatch_deadline,
            fence: job.fence,
        };
        let child = acting::run(job.account, submission.as_slice(), run, stdio).await?;
        if let Some(Err(error)) = child.process.map(|process| receipt.belongs_to(process)) {
            // It only matters if this agent is killed and the program leaves something behind.
            tracing::warn!(submission, %error, "it can't be noted which process sbatch is");
        }
        Ok(Sbatch { child, submission, user: job.account.name.clone() })
    }

    async fn watch(&self, sbatch: &mut Sbatch, receipt: &Receipt, limit: Duration) -> WatchEnd {
        let deadline = Instant::now() + limit;
        loop {
            let look = deadline.min(Instant::now() + LOOK);
            match tokio::time::timeout_at(look, sbatch.child.wait()).await {
                Ok(Ok(status)) => return WatchEnd::Exit(status),
                Ok(Err(e)) => return WatchEnd::Lost(e),
                Err(_) => {}
            }
            // It may go on for long, with --wait until the job has ended.
            if let Ok(Some(job)) = receipt.number() {
                return WatchEnd::Number(job);
            }
            if Instant::now() >= deadline {
                sbatch.signal(Signal::SIGKILL).await;
                // Waits for the end, so that nobody acts while it still may do something.
                let _ = sbatch.child.wait().await;
                return WatchEnd::Deadline;
            }
        }
    }
}

/// The script or nothing as its input, and the receipt for what it says.
fn stdio(job: &BatchJob<'_>, receipt: &Receipt) -> io::Result<[OwnedFd; 3]> {
    let (stdout, stderr) = receipt.create()?;
    let stdin = match &job.script_path {
        Some(_) => File::open("/dev/null")?,
        None => memory_file(job.script)?,
    };
    Ok([stdin, stdout, stderr].map(OwnedFd::from))
}

/// A file that is in memory only: complete before `sbatch` starts, whoever dies in between.
fn memory_file(content: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("script", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(content)?;
    file.rewind()?;
    Ok(file)
}

/// With what it said before.
fn with_words(why: String, receipt: &Receipt) -> String {
    let (stderr, stdout) = receipt.said();
    let said = [why.as_str(), stderr.trim(), stdout.trim()];
    said.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

/// Ends an `sbatch` that has done its work, unless it does so by itself.
async fn let_end(mut sbatch: Sbatch) {
    for (pause, how) in [(AFTER_NUMBER, Signal::SIGTERM), (FAREWELL, Signal::SIGKILL)] {
        if tokio::time::timeout(pause, sbatch.child.wait()).await.is_ok() {
            return;
        }
        sbatch.signal(how).await;
    }
    let _ = sbatch.child.wait().await;
}

/// What a program left behind may yet write the number, for a while; then it is ended. What went
/// into a session of its own is no longer waited for. Whether something had to be ended.
async fn await_offspring(sbatch: &Sbatch, receipt: &Receipt) -> bool {
    let end = Instant::now() + AFTER_EXIT;
    while receipt.is_open() && matches!(receipt.number(), Ok(None)) {
        if Instant::now() >= end {
            let alive = sbatch.child.process.is_some_and(Process::group_is_alive);
            sbatch.signal(Signal::SIGKILL).await;
            return alive;
        }
        tokio::time::sleep(LOOK).await;
    }
    false
}

/// Our comment stands last, where it overrules others, and first, where it counts even if the
/// user's options end the list of options.
fn arguments(job: &BatchJob<'_>) -> Vec<String> {
    let own = job.arguments.comment.clone().or_else(|| directives::comment(job.script));
    let comment = format!("--comment={}", job.tag.beside(own.as_deref()));
    let mut arguments = vec!["--parsable".to_owned(), comment.clone()];
    arguments.extend_from_slice(&job.arguments.given);
    arguments.push(comment);
    arguments.extend(job.script_path.as_ref().map(|path| path.to_string_lossy().into_owned()));
    arguments
}
