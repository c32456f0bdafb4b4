//! Slurm's commands, as the agent itself.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tokio::process::Command;

use crate::{
    command::{self, CommandError, Finished},
    prometheus,
};

pub use crate::command::without_prefixes;

/// The longest output that is read, in bytes; a million jobs in `squeue` are shorter.
const LONGEST_OUTPUT: u64 = 256 << 20;

/// A command of Slurm that runs as the agent itself, with nothing of its environment that would
/// change the command's output.
pub fn as_agent(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.envs(std::env::var_os("SLURM_CONF").map(|value| ("SLURM_CONF", value)));
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
pub async fn run(command: Command, deadline: Duration) -> Result<Finished, CommandError> {
    let program = PathBuf::from(command.as_std().get_program());
    let started = Instant::now();
    let result = command::run(command, deadline, LONGEST_OUTPUT).await;
    let ended = match &result {
        Ok(finished) if finished.code == Some(0) => "ok",
        Ok(_) => "failed",
        Err(CommandError::Deadline { .. }) => "late",
        Err(CommandError::NotStarted { .. } | CommandError::Lost { .. }) => "lost",
    };
    prometheus::command_ended(&program, started, ended);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_file_that_is_not_there_is_named() {
        let why = unreadable("/nonexistent/slurm.conf".into()).unwrap();
        let words = "SLURM_CONF names /nonexistent/slurm.conf, which cannot be read: No such file";
        assert!(why.starts_with(words), "{why}");
        assert_eq!(unreadable("/etc/passwd".into()), None);
    }
}
