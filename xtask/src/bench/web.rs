//! What the pages cost, with as much behind them as a large centre has: the server's time for each,
//! what a first visit loads, and pages that are left open.

mod browser;
mod open_pages;
mod pages;
mod weight;
mod world;

use std::{path::PathBuf, time::Duration};

use anyhow::{Result, ensure};
use clap::Args;

use super::load_average::load;
use crate::{
    interrupt::Interrupt,
    lab::{Database, Directory, Jobbergate, Terminal},
};
pub(crate) use world::{APPLICATION, World};

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";

/// How to measure it
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How often each page is asked for
    #[arg(long, default_value_t = 200)]
    rounds: usize,
    /// How many seconds the server is watched at rest
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Only with this database
    #[arg(long, value_enum)]
    database: Option<Database>,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    ensure!(options.rounds > 0 && options.seconds > 0, "--rounds and --seconds must be 1 at least");
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let program = Jobbergate::named_or_built(options.program.as_deref(), &terminal, &interrupt)?;
    let both = [Database::Sqlite, Database::Postgres];
    for database in both.into_iter().filter(|it| options.database.is_none_or(|only| only == *it)) {
        terminal.heading(&format!("{database:?}"));
        let directory = Directory::open(DIRECTORY, false)?;
        let world = World::start(&terminal, &interrupt, &directory, &program, database)?;
        pages::measure(&world, &terminal, &interrupt, options.rounds)?;
        weight::measure(&world, &terminal)?;
        let rest = Duration::from_secs(options.seconds);
        open_pages::measure(&world, &terminal, &interrupt, &directory, rest)?;
    }
    let processors = std::thread::available_parallelism()?;
    let load = load()?;
    terminal.say(&format!(
        "\n  CPU is the server's own, without the database's processes. ({processors} processors; \
         load {load})"
    ));
    Ok(())
}
