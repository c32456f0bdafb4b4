//! Submits a job.

use std::{
    fs::File,
    io::{self, Seek, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::sys::{
    memfd::{MFdFlags, memfd_create},
    signal::Signal,
};
use tokio::{process::Child, time::Instant};

use super::{Fence, Receipt, SbatchOutcome, Slurm, directives, outcome::judge, process::Process};
use crate::{boot_clock, run_as::Account, slurm::SbatchArguments, tag::Tag};

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
        let (mut child, process) = match self.start(job, receipt) {
            Ok(started) => started,
            Err(e) => {
                let program = self.paths.sbatch.display();
                return SbatchOutcome::NotSent(format!("{program} cannot be started: {e}"));
            }
        };
        let fence = job.fence.map(|fence| fence.left(boot_clock::now()));
        let limit = fence.map_or(self.sbatch_deadline, |left| left.min(self.sbatch_deadline));
        let end = self.watch(&mut child, process, receipt, limit).await;
        if let WatchEnd::Number(job) = end {
            tokio::spawn(let_end(child, process));
            return SbatchOutcome::Accepted(job);
        }
        let killed = matches!(end, WatchEnd::Exit(_)) && await_offspring(process, receipt).await;
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
        if self.is_up().await.unwrap_or(false) {
            SbatchOutcome::Failed(why)
        } else {
            SbatchOutcome::Unclear(why)
        }
    }

    fn start(&self, job: &BatchJob<'_>, receipt: &Receipt) -> io::Result<(Child, Option<Process>)> {
        let mut sbatch = job.account.command(&self.paths.sbatch, job.directory, job.fence)?;
        let (stdout, stderr) = receipt.create()?;
        let stdin = match &job.script_path {
            Some(_) => Stdio::null(),
            None => memory_file(job.script)?.into(),
        };
        let child =
            sbatch.args(arguments(job)).stdin(stdin).stdout(stdout).stderr(stderr).spawn()?;
        let process = child.id().and_then(|id| Process::of(i32::try_from(id).ok()?));
        if let Some(Err(error)) = process.map(|process| receipt.belongs_to(process)) {
            // It only matters if this agent is killed and the program leaves something behind.
            tracing::warn!(%error, "it can't be noted which process sbatch is");
        }
        Ok((child, process))
    }

    async fn watch(
        &self,
        child: &mut Child,
        process: Option<Process>,
        receipt: &Receipt,
        limit: Duration,
    ) -> WatchEnd {
        let deadline = Instant::now() + limit;
        loop {
            let look = deadline.min(Instant::now() + LOOK);
            match tokio::time::timeout_at(look, child.wait()).await {
                Ok(Ok(status)) => return WatchEnd::Exit(status),
                Ok(Err(e)) => return WatchEnd::Lost(e),
                Err(_) => {}
            }
            // It may go on for long, with --wait until the job has ended.
            if let Ok(Some(job)) = receipt.number() {
                return WatchEnd::Number(job);
            }
            if Instant::now() >= deadline {
                signal(process, Signal::SIGKILL);
                // Waits for the end, so that nobody acts while it still may do something.
                let _ = child.wait().await;
                return WatchEnd::Deadline;
            }
        }
    }
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
async fn let_end(mut child: Child, process: Option<Process>) {
    for (pause, how) in [(AFTER_NUMBER, Signal::SIGTERM), (FAREWELL, Signal::SIGKILL)] {
        if tokio::time::timeout(pause, child.wait()).await.is_ok() {
            return;
        }
        signal(process, how);
    }
    let _ = child.wait().await;
}

/// What a program left behind may yet write the number, for a while; then it is ended. What went
/// into a session of its own is no longer waited for. Whether something had to be ended.
async fn await_offspring(process: Option<Process>, receipt: &Receipt) -> bool {
    let end = Instant::now() + AFTER_EXIT;
    while receipt.is_open() && matches!(receipt.number(), Ok(None)) {
        if Instant::now() >= end {
            let alive = process.is_some_and(Process::group_is_alive);
            signal(process, Signal::SIGKILL);
            return alive;
        }
        tokio::time::sleep(LOOK).await;
    }
    false
}

/// To the program and all that it started: it leads a session.
fn signal(process: Option<Process>, signal: Signal) {
    if let Some(process) = process {
        process.signal_group(signal);
    }
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
