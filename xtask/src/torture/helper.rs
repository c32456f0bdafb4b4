//! The helper of an agent that gave up root: it alone is hit.

use std::{fs, os::unix::fs::MetadataExt, path::Path, time::Duration};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User},
};

use crate::{interrupt::Interrupt, lab::Service};

/// Whom such an agent becomes: a user of the system that every machine has.
pub(super) const AGENT_USER: &str = "daemon";
/// Tenths of a second that an agent may take to start its helper, or to end without it.
const PATIENCE: u32 = 250;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(super) struct Helper {
    /// It has a session of its own, so nothing that is sent to its agent thaws it.
    frozen: Option<Pid>,
}

impl Helper {
    /// Kills it, and sees its agent end by itself.
    pub(super) fn kill(&mut self, agent: &mut Service, interrupt: &Interrupt) -> Result<()> {
        kill(of(agent, interrupt)?, Signal::SIGKILL)?;
        for _ in 0..PATIENCE {
            if agent.has_ended()? {
                return agent.kill();
            }
            interrupt.sleep(BETWEEN_LOOKS)?;
        }
        anyhow::bail!("the agent does not end although its helper was killed")
    }

    pub(super) fn freeze(&mut self, agent: &Service, interrupt: &Interrupt) -> Result<()> {
        let helper = of(agent, interrupt)?;
        kill(helper, Signal::SIGSTOP)?;
        self.frozen = Some(helper);
        Ok(())
    }

    pub(super) fn thaw(&mut self) {
        if let Some(helper) = self.frozen.take() {
            // It ended if its agent did.
            let _ = kill(helper, Signal::SIGCONT);
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.thaw();
    }
}

/// Kills the agents of a run that was killed itself: who becomes another user is not ended with whom
/// started it. They work in the run's directory.
pub(super) fn end_leftovers(directory: &Path) -> Result<()> {
    let user = User::from_name(AGENT_USER)?.context("there is no user for the agent")?;
    let place = fs::metadata(directory)?;
    for process in fs::read_dir("/proc")?.flatten() {
        let Some(id) = process.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        let is_its_own = process.metadata().is_ok_and(|owned| owned.uid() == user.uid.as_raw());
        // By its number: others have places of the same name.
        let works_here = fs::metadata(process.path().join("cwd"))
            .is_ok_and(|cwd| (cwd.dev(), cwd.ino()) == (place.dev(), place.ino()));
        if is_its_own && works_here {
            // It may have ended just now.
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }
    Ok(())
}

/// The helper of an agent, which may just have been started.
fn of(agent: &Service, interrupt: &Interrupt) -> Result<Pid> {
    let id = agent.id()?;
    let children = format!("/proc/{id}/task/{id}/children");
    for _ in 0..PATIENCE {
        let children = fs::read_to_string(&children).context("the agent's children are unknown")?;
        let mut children = children.split_whitespace().filter_map(|child| child.parse().ok());
        if let Some(helper) = children.find(|child| is_helper(*child)) {
            return Ok(Pid::from_raw(helper));
        }
        interrupt.sleep(BETWEEN_LOOKS)?;
    }
    anyhow::bail!("the agent has no helper")
}

fn is_helper(process: i32) -> bool {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0).any(|word| word == b"agent-helper")
}

#[cfg(test)]
mod tests {
    use std::process::{Child, Command};

    use nix::unistd::geteuid;

    use super::*;

    fn sleeps(user: &str, directory: &str) -> Child {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", user, "--clear-groups", "sleep", "60"]);
        command.current_dir(directory).spawn().unwrap()
    }

    #[test]
    fn agents_of_a_killed_run_are_ended_and_nobody_else() {
        if !geteuid().is_root() {
            println!("skipped: only root starts programs of other users");
            return;
        }
        let place = format!("/var/tmp/torture-leftovers-{}", std::process::id());
        fs::create_dir(&place).unwrap();
        let mut leftover = sleeps(AGENT_USER, &place);
        let mut others = [sleeps("root", &place), sleeps(AGENT_USER, "/")];
        // They become somebody else first.
        std::thread::sleep(Duration::from_millis(500));

        end_leftovers(Path::new(&place)).unwrap();

        assert!(!leftover.wait().unwrap().success());
        for other in &mut others {
            assert!(other.try_wait().unwrap().is_none());
            other.kill().unwrap();
            other.wait().unwrap();
        }
        fs::remove_dir(&place).unwrap();
    }
}
