//! Runs a program to its end or its deadline, with all that it started and left in its group.

use std::{io, path::PathBuf, process::Stdio, time::Duration};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::{Child, Command},
};

/// Why a program did not run to its end.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("{} cannot be started: {source}", program.display())]
    NotStarted { program: PathBuf, source: io::Error },
    /// It was ended because it took too long.
    #[error("{} did not end within {} s", program.display(), deadline.as_secs_f64())]
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

/// Runs `command`, which may print and complain `longest` bytes each. When this returns it is gone.
///
/// # Errors
/// When it can't be started, does not end before the deadline, or prints too much.
pub async fn run(
    mut command: Command,
    deadline: Duration,
    longest: u64,
) -> Result<Finished, CommandError> {
    let program = PathBuf::from(command.as_std().get_program());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = command.process_group(0).kill_on_drop(true).spawn();
    let mut child =
        spawned.map_err(|source| CommandError::NotStarted { program: program.clone(), source })?;
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let finished = tokio::time::timeout(deadline, finish(&mut child, longest)).await;
    if let Some(group) = group {
        let _ = killpg(group, Signal::SIGKILL);
    }
    match finished {
        Ok(Ok(finished)) => Ok(finished),
        Ok(Err(source)) => {
            let _ = child.wait().await;
            Err(CommandError::Lost { program, source })
        }
        Err(_) => {
            // Waits for the end, so that nobody acts while it still may do something.
            let _ = child.wait().await;
            Err(CommandError::Deadline { program, deadline })
        }
    }
}

async fn finish(child: &mut Child, longest: u64) -> io::Result<Finished> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(read(out, longest), read(err, longest))?;
    Ok(Finished { code: child.wait().await?.code(), stdout, stderr })
}

async fn read(from: Option<impl AsyncRead + Unpin>, longest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        from.take(longest.saturating_add(1)).read_to_end(&mut bytes).await?;
    }
    if bytes.len() as u64 > longest {
        return Err(io::Error::other(format!("it printed more than {longest} bytes")));
    }
    Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const LONGEST: u64 = 100;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_program_is_heard() {
        let script = shell("echo -n text; echo oops >&2; exit 3");
        let finished = run(script, Duration::from_secs(10), LONGEST).await.unwrap();
        let heard = (finished.code, finished.stdout.as_str(), finished.stderr.as_str());
        assert_eq!(heard, (Some(3), "text", "oops\n"));
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_gone_at_its_deadline() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let script = format!("echo $$ > {}; exec sleep 100", file.path().display());
        let result = run(shell(&script), Duration::from_millis(300), LONGEST).await;
        assert!(matches!(result, Err(CommandError::Deadline { .. })));
        let pid = std::fs::read_to_string(file.path()).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }

    #[tokio::test]
    async fn a_program_that_is_missing_is_named() {
        let missing = Command::new("/nonexistent/squeue");
        let error = run(missing, Duration::from_secs(1), LONGEST).await.unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent/squeue cannot be started"));
    }

    #[tokio::test]
    async fn one_that_prints_without_end_is_ended() {
        for script in ["yes", "yes >&2"] {
            let error = run(shell(script), Duration::from_secs(10), LONGEST).await.unwrap_err();
            assert!(error.to_string().contains("printed more than 100 bytes"), "{error}");
        }
    }
}
