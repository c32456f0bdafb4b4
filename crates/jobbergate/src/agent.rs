//! `jobbergate agent`: the agent itself, and whether it would work.

use clap::{Args, Subcommand};
use jobbergate_agent::{config::AgentConfig, doctor, migrated};

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
