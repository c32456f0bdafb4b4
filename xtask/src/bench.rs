//! Measures what is promised of the server, its pages, the agent and the command line.

mod agent;
pub(crate) mod api;
mod cli;
mod crowd;
mod identity;
mod latency;
pub(crate) mod load_average;
mod log_in;
pub(crate) mod page;
pub(crate) mod programs;
pub(crate) mod seed;
mod waiting;
pub(crate) mod web;

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
    /// Requests per second and their latency, beside what HTTP and the database alone would do
    Api(api::Options),
    /// Whether the server's memory grows while it is asked for all kinds of things, and who waits for long
    Soak(api::soak::Options),
    /// Tokens that are verified, and a hundred people who log in at once
    Identity(identity::Options),
    /// How soon jobs are given to sbatch, and to scancel, at rest
    Agent(agent::Options),
    /// How soon a command is done, beside Python's
    Cli(cli::Options),
    /// Thousands of agents that wait for work
    Waiting(waiting::Options),
    /// What the pages cost, and pages that are left open
    Web(web::Options),
}

pub(crate) fn run(options: &Options) -> Result<()> {
    match &options.subject {
        Subject::Api(options) => api::run(options),
        Subject::Soak(options) => api::soak::run(options),
        Subject::Identity(options) => identity::run(options),
        Subject::Agent(options) => agent::run(options),
        Subject::Cli(options) => cli::run(options),
        Subject::Waiting(options) => waiting::run(options),
        Subject::Web(options) => web::run(options),
    }
}
