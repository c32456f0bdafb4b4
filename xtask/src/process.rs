//! Other programs: run to their end, or kept running beside this one.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use nix::{
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use serde_json::Value;

use crate::interrupt::Interrupt;

/// How long a program may take to end when it is asked to.
const GRACE: Duration = Duration::from_secs(25);

/// A command of cargo, in the workspace.
pub(crate) fn cargo(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(crate::workspace()?).args(arguments);
    Ok(command)
}

/// Where cargo puts what it builds.
pub(crate) fn target_directory() -> Result<PathBuf> {
    let metadata = ["metadata", "--format-version", "1", "--no-deps"];
    let metadata = cargo(&metadata)?.output()?;
    let metadata: Value = serde_json::from_slice(&metadata.stdout)?;
    let directory = metadata["target_directory"].as_str().context("cargo metadata said nothing")?;
    Ok(Path::new(directory).to_path_buf())
}

/// Runs a program to its end, with this process's streams.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("can't run {}", line(command)))?;
    ensure!(status.success(), "{} failed ({status})", line(command));
    Ok(())
}

/// What a program prints; none when it isn't there or fails.
pub(crate) fn output(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What a program prints; what it complains of, when it fails.
pub(crate) fn printed(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("can't run {}", line(command)))?;
    let [printed, complaint] = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
    let status = output.status;
    ensure!(status.success(), "{} failed ({status}): {printed}\n{complaint}", line(command));
    Ok(printed)
}

/// The command as a person would type it.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// A command whose process is killed when this process is, even while it is stopped. It inherits no settings:
/// neither variables nor, by its directory, an `.env`.
pub(crate) fn tied(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL"]).arg(program).current_dir(directory);
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default());
    command
}

/// A program in its own process group, out of reach of the terminal's Ctrl-C. When this is dropped,
/// the program is asked to end, and killed when it doesn't.
#[derive(Debug)]
pub(crate) struct Running {
    line: String,
    child: Child,
}

impl Running {
    /// Starts a program that says in its first line how to use it; gives that line.
    pub(crate) fn start_and_hear(command: &mut Command) -> Result<(Self, String)> {
        let mut running = Self::start(command.stdout(Stdio::piped()))?;
        let mut printed = BufReader::new(running.child.stdout.take().context("it has no output")?);
        let mut line = String::new();
        printed.read_line(&mut line)?;
        ensure!(!line.is_empty(), "{} said nothing", running.line);
        Ok((running, line.trim_end().to_owned()))
    }

    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let line = line(command);
        command.process_group(0).stdin(Stdio::null());
        let child = command.spawn().with_context(|| format!("can't run {line}"))?;
        Ok(Self { line, child })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) -> Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.child.id())?), signal)?)
    }

    /// Kills the program, and it alone.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Fails when the program has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("{} ended by itself ({status})", self.line),
            None => Ok(()),
        }
    }

    pub(crate) fn has_ended(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_some())
    }

    /// Waits until the program has done its work, or until this process is asked to end.
    pub(crate) fn finish(mut self, interrupt: &Interrupt) -> Result<()> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "{} failed ({status})", self.line);
                return Ok(());
            }
            interrupt.sleep(Duration::from_millis(20))?;
        }
    }

    fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        let group = Pid::from_raw(i32::try_from(self.child.id())?);
        killpg(group, Signal::SIGTERM)?;
        // It may be stopped.
        killpg(group, Signal::SIGCONT)?;
        let deadline = Instant::now() + GRACE;
        while self.child.try_wait()?.is_none() {
            if Instant::now() > deadline {
                eprintln!("{} does not end: killing it", self.line);
                killpg(group, Signal::SIGKILL)?;
                self.child.wait()?;
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("can't stop {}: {error:#}", self.line);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_program_ends_with_its_children_when_its_handle_is_dropped() {
        let running = Running::start(Command::new("sh").args(["-c", "sleep 100 & wait"])).unwrap();
        let group = running.id().to_string();
        assert!(!living(&group).is_empty());

        drop(running);

        assert_eq!(living(&group), Vec::<String>::new());
    }

    /// What `/proc` says of the processes in this group that have not ended.
    fn living(group: &str) -> Vec<String> {
        let processes = fs::read_dir("/proc").unwrap().flatten();
        let states =
            processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
        let in_group = |stat: &String| {
            let words: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
            words[0] != "Z" && words[2] == group
        };
        states.filter(in_group).collect()
    }

    #[test]
    fn a_program_that_ended_by_itself_is_noticed() {
        let mut running = Running::start(&mut Command::new("true")).unwrap();
        thread::sleep(Duration::from_millis(500));

        assert!(running.check().unwrap_err().to_string().contains("true ended by itself"));
    }

    #[test]
    fn a_tied_program_inherits_nothing() {
        let printed = output(&mut tied("env", Path::new("/"))).unwrap();

        assert!(printed.lines().all(|line| line.starts_with("PATH=")), "{printed}");
    }
}
