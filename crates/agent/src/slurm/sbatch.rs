//! Submits a job.

use std::{
    fs::File,
    io::{self, Seek, Write},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use nix::{
    sys::{
        memfd::{MFdFlags, memfd_create},
        signal::{Signal, killpg},
    },
    unistd::Pid,
};
use tokio::{process::Child, time::Instant};

use super::{Outcome, Receipt, Slurm, directives, outcome::judge};
use crate::{run_as::Account, slurm::SbatchArguments, tag::Tag};

/// How often the receipt is looked at while `sbatch` runs.
const LOOK: Duration = Duration::from_millis(200);
/// How long `sbatch` may run on after it wrote the number.
const AFTER_NUMBER: Duration = Duration::from_secs(10);
/// How long a program may take to end that was asked to.
const FAREWELL: Duration = Duration::from_secs(5);

/// A job to submit.
#[derive(Debug)]
pub struct Submission<'a> {
    /// The user that it runs as.
    pub account: &'a Account,
    /// Where it runs.
    pub directory: &'a Path,
    /// The user's options.
    pub arguments: &'a SbatchArguments,
    /// What it is found again by.
    pub tag: &'a Tag,
    /// The script.
    pub script: &'a [u8],
    /// A file with the script that nobody else will ever write; without, `sbatch` is given its
    /// content.
    pub script_path: Option<PathBuf>,
}

/// How the watch over an `sbatch` ended.
enum End {
    Exit(ExitStatus),
    Number(i64),
    Deadline,
    Lost(io::Error),
}

impl Slurm {
    /// Runs `sbatch`. If the caller dies, it runs on; its outcome is in the receipt.
    pub async fn sbatch(&self, job: &Submission<'_>, receipt: &Receipt) -> Outcome {
        let mut child = match self.start(job, receipt) {
            Ok(child) => child,
            Err(e) => {
                let program = self.paths.sbatch.display();
                return Outcome::NotSent(format!("{program} cannot be started: {e}"));
            }
        };
        let end = self.watch(&mut child, receipt).await;
        if let End::Number(job) = end {
            tokio::spawn(let_end(child));
            return Outcome::Accepted(job);
        }
        // A number is a job, whatever else went wrong.
        if let Ok(Some(job)) = receipt.number() {
            return Outcome::Accepted(job);
        }
        let program = self.paths.sbatch.display();
        match end {
            End::Exit(status) => {
                let (stderr, stdout) = receipt.words();
                status.code().map_or_else(
                    || Outcome::Unclear("sbatch was ended by a signal".to_owned()),
                    |code| judge(code, &stderr, &stdout),
                )
            }
            End::Lost(e) => Outcome::Unclear(format!("{program} cannot be followed: {e}")),
            End::Deadline | End::Number(_) => {
                let seconds = self.sbatch_deadline.as_secs();
                Outcome::Unclear(format!("{program} did not end within {seconds} s"))
            }
        }
    }

    fn start(&self, job: &Submission<'_>, receipt: &Receipt) -> io::Result<Child> {
        let mut sbatch = job.account.command(&self.paths.sbatch, job.directory)?;
        let (stdout, stderr) = receipt.create()?;
        let stdin = match &job.script_path {
            Some(_) => Stdio::null(),
            None => memory_file(job.script)?.into(),
        };
        sbatch.args(arguments(job)).stdin(stdin).stdout(stdout).stderr(stderr).spawn()
    }

    async fn watch(&self, child: &mut Child, receipt: &Receipt) -> End {
        let deadline = Instant::now() + self.sbatch_deadline;
        loop {
            let look = deadline.min(Instant::now() + LOOK);
            match tokio::time::timeout_at(look, child.wait()).await {
                Ok(Ok(status)) => return End::Exit(status),
                Ok(Err(e)) => return End::Lost(e),
                Err(_) => {}
            }
            // It may go on for long, with --wait until the job has ended.
            if let Ok(Some(job)) = receipt.number() {
                return End::Number(job);
            }
            if Instant::now() >= deadline {
                signal(child, Signal::SIGKILL);
                // Waits for the end, so that nobody acts while it still may do something.
                let _ = child.wait().await;
                return End::Deadline;
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

/// Ends an `sbatch` that has done its work, unless it does so by itself.
async fn let_end(mut child: Child) {
    for (pause, how) in [(AFTER_NUMBER, Signal::SIGTERM), (FAREWELL, Signal::SIGKILL)] {
        if tokio::time::timeout(pause, child.wait()).await.is_ok() {
            return;
        }
        signal(&child, how);
    }
    let _ = child.wait().await;
}

/// To the program and all that it started: it leads a session.
fn signal(child: &Child, signal: Signal) {
    if let Some(pid) = child.id().and_then(|pid| i32::try_from(pid).ok()) {
        // It may have ended just now, which is as good.
        let _ = killpg(Pid::from_raw(pid), signal);
    }
}

/// Our comment stands last, where it overrules others, and first, where it counts even if the
/// user's options end the list of options.
fn arguments(job: &Submission<'_>) -> Vec<String> {
    let own = job.arguments.comment.clone().or_else(|| directives::comment(job.script));
    let comment = format!("--comment={}", job.tag.beside(own.as_deref()));
    let mut arguments = vec!["--parsable".to_owned(), comment.clone()];
    arguments.extend_from_slice(&job.arguments.given);
    arguments.push(comment);
    arguments.extend(job.script_path.as_ref().map(|path| path.to_string_lossy().into_owned()));
    arguments
}
