//! What is promised of the agent, each figure beside what the same machine does without it at the
//! same time: how long people wait, how many submissions it takes at once, how soon a change in
//! Slurm is seen, what it asks of Slurm and of memory.

mod active;
mod at_rest;
mod burst;
mod commands;
mod figures;
mod many;
mod screen;
mod stage;
mod stand_in;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use nix::unistd::geteuid;

use crate::{
    interrupt::{Interrupt, Interrupted},
    lab::{Directory, Terminal},
};
use figures::Figures;
use stage::Stage;

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";

/// How much is measured
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Jobs to submit and to cancel one at a time
    #[arg(long, default_value_t = 40)]
    jobs: usize,
    /// Submissions that wait at once
    #[arg(long, default_value_t = 500)]
    burst: usize,
    /// Real jobs that are active at once
    #[arg(long, default_value_t = 200)]
    active: usize,
    /// Jobs of a Slurm that is a stand-in
    #[arg(long, default_value_t = 10_000)]
    many: usize,
    /// Parts to measure, all without it: rest, burst, active, many
    #[arg(long, value_delimiter = ',', value_name = "PART")]
    only: Vec<Part>,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// One job at a time
    Rest,
    /// Many submissions at once
    Burst,
    /// Real jobs that are active
    Active,
    /// More jobs than fit on a machine
    Many,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// Whatever happens, nothing that it started is left running.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(geteuid().is_root(), "Slurm's daemons need root: run this as root");
    let interrupt = Interrupt::register()?;
    let terminal = if options.json { Terminal::silent() } else { Terminal::new() };
    let mut directory = Directory::open(DIRECTORY, false)?;
    let mut figures = Figures::begin()?;
    let outcome = measure(options, &interrupt, &terminal, &directory, &mut figures);
    if outcome.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
        directory.keep();
        directory.print_logs();
    }
    // Also what was measured before something failed.
    figures.end()?;
    if options.json {
        figures.print_json()?
    } else {
        figures.print(&terminal)?
    }
    outcome
}

fn measure(
    options: &Options,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
    figures: &mut Figures,
) -> Result<()> {
    let mut stage = Stage::set(options.program.as_deref(), interrupt, terminal, directory)?;
    if options.wants(Part::Rest) {
        at_rest::measure(&stage, options.jobs, figures)?;
        screen::measure(&stage, figures)?;
    }
    if options.wants(Part::Burst) {
        burst::measure(&stage, options.burst, figures)?;
    }
    if options.wants(Part::Active) {
        active::measure(&stage, options.active, figures)?;
    }
    if options.wants(Part::Many) {
        many::measure(&mut stage, options.many, figures)?;
    }
    Ok(())
}
