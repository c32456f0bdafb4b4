//! `jobbergate agent`: the agent itself, and whether it would work.

use std::os::fd::AsFd;

use anyhow::Context;
use clap::{Args, Subcommand};
use jobbergate_agent::{
    config::AgentConfig,
    doctor,
    helper::{self, policy::Policy},
    migrated,
    separate::separate,
};
use nix::{
    sys::stat::{Mode, umask},
    unistd::setsid,
};

use crate::{environment, findings, signals};

/// An agent, or a command on its settings.
#[derive(Debug, Args)]
pub struct Agent {
    #[command(subcommand)]
    command: Option<AgentCommand>,

    #[command(flatten)]
    config: AgentConfig,
}

#[derive(Debug, Subcommand)]
enum AgentCommand {
    /// Check that what the agent needs is there and works; an agent may be running meanwhile
    Doctor {
        /// The e-mail of an owner of submissions, to see whose jobs they become and whether they
        /// may write where these run
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
    },
}

impl Agent {
    /// Gives up the privileges that the agent does not need, unless this is only a question. `log`
    /// is how logs are written.
    pub fn separate(&mut self, log: &[String]) -> anyhow::Result<()> {
        match self.command {
            None => Ok(separate(&mut self.config, log)?),
            Some(_) => Ok(()),
        }
    }
}

/// Is the helper of an agent that gave up its privileges.
pub fn help(policy: Policy) -> anyhow::Result<()> {
    let socket = std::io::stdin().as_fd().try_clone_to_owned()?;
    // What is typed in the agent's terminal is for the agent.
    setsid().context("it is started by the agent only")?;
    // Files of users are readable as those of a log-in are, whatever the service's own are.
    umask(Mode::from_bits_truncate(0o022));
    helper::take_name().context("it cannot be named")?;
    helper::serve(socket, policy).context("the agent cannot be heard any more")
}

pub async fn run(agent: Agent) -> anyhow::Result<()> {
    for doubt in migrated::doubts(environment::is_set) {
        tracing::warn!("{doubt}");
    }
    match agent.command {
        None => {
            let stop = signals::stop()?;
            jobbergate_agent::run(agent.config, stop).await.map_err(Into::into)
        }
        Some(AgentCommand::Doctor { email }) => {
            let found = doctor::examine(&agent.config, email.as_deref()).await;
            findings::conclude(&found)
        }
    }
}
