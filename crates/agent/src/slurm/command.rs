//! Runs a program to its end or its deadline.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

use crate::prometheus;

/// The longest output that is read, in bytes; a million jobs in `squeue` are shorter.
const LONGEST_OUTPUT: u64 = 256 << 20;

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("{} cannot be started: {source}", program.display())]
    NotStarted { program: PathBuf, source: io::Error },
    /// It was ended because it took too long.
    #[error("{} did not end within {} s", program.display(), deadline.as_secs())]
    Deadline { program: PathBuf, deadline: Duration },
    /// It was lost sight of.
    #[error("{} cannot be followed: {source}", program.display())]
    Lost { program: PathBuf, source: io::Error },
}

/// What a program left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// What it wrote.
    pub stdout: String,
    /// What it complained of.
    pub stderr: String,
}

impl Finished {
    /// Its complaints without the `squeue: error: ` before each line.
    pub fn complaints(&self, program: &str) -> String {
        without_prefixes(program, &self.stderr)
    }
}

/// The complaints of a program without its name before each line.
pub fn without_prefixes(program: &str, stderr: &str) -> String {
    let prefixes = [format!("{program}: error: "), format!("{program}: fatal: ")];
    let line = |line: &str| {
        let prefix = prefixes.iter().find_map(|prefix| line.strip_prefix(prefix.as_str()));
        prefix.unwrap_or(line).to_owned()
    };
    stderr.trim().lines().map(line).collect::<Vec<_>>().join("\n")
}

/// A command of Slurm that runs as the agent itself, with nothing of its environment that would
/// change the command's output.
pub fn as_agent(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.envs(std::env::var_os("SLURM_CONF").map(|value| ("SLURM_CONF", value)));
    command.stdout(Stdio::piped());
    command
}

/// What is wrong with the file that `SLURM_CONF` names, if it is set.
pub fn missing_conf() -> Option<String> {
    unreadable(PathBuf::from(std::env::var_os("SLURM_CONF")?))
}

fn unreadable(path: PathBuf) -> Option<String> {
    let error = std::fs::File::open(&path).err()?;
    Some(format!("SLURM_CONF names {}, which cannot be read: {error}", path.display()))
}

/// Runs `command`; at the deadline it is killed and gone when this returns.
pub async fn run(mut command: Command, deadline: Duration) -> Result<Finished, CommandError> {
    let program = PathBuf::from(command.as_std().get_program() as &OsStr);
    command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
    let started = Instant::now();
    let ended = |result| prometheus::command_ended(&program, started, result);
    let mut child = command.spawn().map_err(|source| {
        ended("lost");
        CommandError::NotStarted { program: program.clone(), source }
    })?;
    match tokio::time::timeout(deadline, finish(&mut child)).await {
        Ok(Ok(finished)) => {
            ended(if finished.code == Some(0) { "ok" } else { "failed" });
            Ok(finished)
        }
        Ok(Err(source)) => {
            ended("lost");
            Err(CommandError::Lost { program, source })
        }
        Err(_) => {
            ended("late");
            // Waits for the end, so that nobody acts while it still may do something.
            let _ = child.kill().await;
            Err(CommandError::Deadline { program, deadline })
        }
    }
}

async fn finish(child: &mut Child) -> io::Result<Finished> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr, status) = tokio::join!(read(out), read(err), child.wait());
    Ok(Finished { code: status?.code(), stdout: stdout?, stderr: stderr? })
}

async fn read(from: Option<impl AsyncRead + Unpin>) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(LONGEST_OUTPUT).read_to_end(&mut bytes).await?;
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = as_agent(Path::new("/bin/sh"));
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_configuration_file_that_is_not_there_is_named() {
        let why = unreadable("/nonexistent/slurm.conf".into()).unwrap();
        let words = "SLURM_CONF names /nonexistent/slurm.conf, which cannot be read: No such file";
        assert!(why.starts_with(words), "{why}");
        assert_eq!(unreadable("/etc/passwd".into()), None);
    }

    #[tokio::test]
    async fn a_program_is_heard() {
        let script = shell("echo -n text; echo oops >&2; exit 3");
        let finished = run(script, Duration::from_secs(10)).await.unwrap();
        let heard = (finished.code, finished.stdout.as_str(), finished.stderr.as_str());
        assert_eq!(heard, (Some(3), "text", "oops\n"));
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_gone_at_its_deadline() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = format!("echo $$ > {}; exec sleep 100", file.path().display());
        let result = run(shell(&script), Duration::from_millis(300)).await;
        assert!(matches!(result, Err(CommandError::Deadline { .. })));
        let pid = std::fs::read_to_string(file.path()).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_named() {
        let missing = as_agent(Path::new("/nonexistent/squeue"));
        let error = run(missing, Duration::from_secs(1)).await.unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/squeue cannot be started"));
    }
}
