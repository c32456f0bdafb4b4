//! Measures what is promised of the server and the agent.

mod agent;

use anyhow::Result;
use clap::{Args, Subcommand};

/// What to measure
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Debug, Subcommand)]
enum Subject {
    /// How soon jobs are given to sbatch, and to scancel, at rest
    Agent(agent::Options),
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.subject {
        Subject::Agent(options) => agent::run(options),
    }
}
