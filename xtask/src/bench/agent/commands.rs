//! Slurm's commands as the agent is given them: they note when they were called.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Result, ensure};

use crate::{
    interrupt::Interrupt,
    lab::{USER, make_for},
};

/// How long a command of Slurm may take to be called.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);
/// The agent's commands; those that are measured note when they were called.
const COMMANDS: [(&str, bool); 5] =
    [("sbatch", true), ("scancel", true), ("scontrol", false), ("squeue", false), ("sacct", false)];

#[derive(Debug)]
pub(super) struct Commands {
    directory: PathBuf,
}

impl Commands {
    pub(super) fn new(work: &Path) -> Result<Self> {
        let directory = work.join("commands");
        make_for(&directory, USER)?;
        let commands = Self { directory };
        for (name, noted) in COMMANDS {
            let calls = commands.calls(name);
            let note =
                if noted { format!("date +%s%N >> {}\n", calls.display()) } else { String::new() };
            let text = format!("#!/bin/sh\n{note}exec /usr/bin/{name} \"$@\"\n");
            fs::write(commands.path(name), text)?;
            fs::set_permissions(commands.path(name), Permissions::from_mode(0o755))?;
            fs::write(&calls, "")?;
            fs::set_permissions(&calls, Permissions::from_mode(0o666))?;
        }
        Ok(commands)
    }

    /// Makes a command the one of Slurm itself: noting takes two more processes for each call.
    pub(super) fn stop_noting(&self, name: &str) -> Result<()> {
        let draft = self.directory.join("plain");
        symlink(Path::new("/usr/bin").join(name), &draft)?;
        Ok(fs::rename(draft, self.path(name))?)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn calls(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.calls"))
    }

    /// How long after `accepted` a command was called for the so many-th time.
    pub(super) fn called(
        &self,
        interrupt: &Interrupt,
        name: &str,
        number: usize,
        accepted: Duration,
    ) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let calls = fs::read_to_string(self.calls(name))?;
            if let Some(line) = calls.lines().nth(number - 1).filter(|_| calls.ends_with('\n')) {
                let called = Duration::from_nanos(line.parse()?);
                return Ok(called.saturating_sub(accepted));
            }
            ensure!(began.elapsed() < DEADLINE, "{name} is not called");
            interrupt.sleep(Duration::from_millis(5))?;
        }
    }
}

pub(super) fn now() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}
