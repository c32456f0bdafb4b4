//! The helper of an agent that gave up root: it alone is hit.

use std::{fs, time::Duration};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
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
