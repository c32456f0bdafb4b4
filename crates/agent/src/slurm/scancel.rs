//! Cancels jobs.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read, Seek},
    os::fd::OwnedFd,
};

use futures::{StreamExt, stream};
use nix::sys::{
    memfd::{MFdFlags, memfd_create},
    signal::Signal,
};

use super::{Slurm, SlurmError, command};
use crate::{
    acting::{self, NotStarted, Run},
    boot_clock,
    command::CommandError,
    run_as::Account,
};

/// How many jobs one `scancel` is given.
const JOBS_PER_CALL: usize = 500;
/// How many run at once, each as another user.
const CALLS_AT_ONCE: usize = 8;
/// How much of its complaints is read, in bytes.
const LONGEST: u64 = 1 << 16;

/// A job with the submission that it is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnJob {
    pub submission: i64,
    pub job: i64,
}

impl Slurm {
    /// Asks Slurm to end these jobs. That it returns is no proof: `scancel` is silent about jobs
    /// that don't exist, and a job may take its time to end.
    pub async fn scancel(&self, jobs: &[i64]) -> Result<(), SlurmError> {
        for some in jobs.chunks(JOBS_PER_CALL) {
            let mut scancel = command::as_agent(&self.paths.scancel);
            scancel.args(arguments(some));
            let finished = command::run(scancel, self.deadline).await?;
            judge(finished.code, &finished.complaints("scancel"))?;
        }
        Ok(())
    }

    /// The same for jobs by their users, with their submissions: as these users, where the agent
    /// itself may cancel nobody's.
    pub async fn scancel_of(&self, jobs: &BTreeMap<String, Vec<OwnJob>>) -> Result<(), SlurmError> {
        if !acting::is_helped() {
            let numbers: Vec<i64> = jobs.values().flatten().map(|own| own.job).collect();
            return self.scancel(&numbers).await;
        }
        let mut calls = Vec::new();
        for (user, jobs) in jobs {
            let parts = jobs.chunks(JOBS_PER_CALL);
            calls.extend(parts.map(|some| self.scancel_as(user.clone(), some.to_vec())));
        }
        // One whose user can't be looked up keeps no other waiting.
        let done: Vec<_> = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).collect().await;
        done.into_iter().collect()
    }

    async fn scancel_as(&self, user: String, jobs: Vec<OwnJob>) -> Result<(), SlurmError> {
        let account = look_up(&user).await?;
        let program = self.paths.scancel.clone();
        let not_started = |source| CommandError::NotStarted { program: program.clone(), source };
        let (submissions, jobs): (Vec<i64>, Vec<i64>) =
            jobs.iter().map(|own| (own.submission, own.job)).unzip();
        let (mut complaints, stdio) = stdio().map_err(not_started)?;
        let run = Run {
            program: program.clone(),
            directory: "/".into(),
            arguments: arguments(&jobs),
            not_after: boot_clock::now() + self.deadline,
            fence: None,
        };
        let started = acting::run(&account, &submissions, run, stdio).await;
        let mut child = started.map_err(|e: NotStarted| not_started(io::Error::other(e)))?;
        let Ok(ended) = tokio::time::timeout(self.deadline, child.wait()).await else {
            if let Some(process) = child.process {
                acting::signal(&account.name, &submissions, process, Signal::SIGKILL).await;
            }
            return Err(CommandError::Deadline { program, deadline: self.deadline }.into());
        };
        let lost = |source| CommandError::Lost { program: program.clone(), source };
        let (status, mut said) = (ended.map_err(lost)?, String::new());
        complaints.rewind().map_err(lost)?;
        complaints.take(LONGEST).read_to_string(&mut said).map_err(lost)?;
        judge(status.code(), &command::without_prefixes("scancel", &said))
    }
}

/// Whoever waits for this follows all jobs: a directory of users that hangs must not keep it.
async fn look_up(user: &str) -> Result<Account, SlurmError> {
    let failed = |words| SlurmError::Failed { program: "scancel", words };
    let account = Account::look_up(user).await.map_err(failed)?;
    account.ok_or_else(|| failed(format!("there is no user {user:?}")))
}

fn arguments(jobs: &[i64]) -> Vec<String> {
    std::iter::once("-Q".to_owned()).chain(jobs.iter().map(i64::to_string)).collect()
}

fn judge(code: Option<i32>, words: &str) -> Result<(), SlurmError> {
    if code == Some(0) {
        return Ok(());
    }
    Err(SlurmError::Failed { program: "scancel", words: words.to_owned() })
}

/// What it complains to, and nothing else.
fn stdio() -> io::Result<(File, [OwnedFd; 3])> {
    let complaints = File::from(memfd_create("complaints", MFdFlags::MFD_CLOEXEC)?);
    let null = File::options().read(true).write(true).open("/dev/null")?;
    let stdio = [null.try_clone()?, null, complaints.try_clone()?].map(OwnedFd::from);
    Ok((complaints, stdio))
}
