//! Thousands of agents that wait for work at one server.

use std::{path::PathBuf, process::Command};

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use super::{load_average::load, programs::Programs};
use crate::{
    interrupt::Interrupt,
    lab::{Database, Directory, Jobbergate, Postgres, Server, Terminal},
    process,
};

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";

/// How many wait, and how long
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many agents wait, each of a cluster of its own
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    agents: u32,
    /// How many seconds they do nothing else
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// How many submissions come then, one after the other
    #[arg(long, default_value_t = 100)]
    submissions: u32,
    /// The server's database
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    database: Database,
    /// A program that is built already
    #[arg(long, value_name = "FILE", requires = "bench_program")]
    program: Option<PathBuf>,
    /// A `jobbergate-bench` that is built already
    #[arg(long, value_name = "FILE", requires = "program")]
    bench_program: Option<PathBuf>,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let (program, bench) = (options.program.as_deref(), options.bench_program.as_deref());
    let Programs { jobbergate: program, bench } =
        Programs::named_or_built(program, bench, &interrupt)?;
    let directory = Directory::open(DIRECTORY, false)?;
    let mut jobbergate = Jobbergate::at(program);
    let postgres = options.database.start_as_installed(&interrupt, &directory)?;
    jobbergate.database_url = postgres.as_ref().map(Postgres::url);
    jobbergate.settings = vec![("JOBBERGATE_MAX_LONG_POLLS", options.agents.to_string())];
    let before = load()?;
    let server = Server::start(&terminal, &interrupt, &directory, &jobbergate)?;
    let mut waiting = Command::new(bench);
    waiting.env_clear().envs(jobbergate.database_url.iter().map(|url| ("DATABASE_URL", url)));
    waiting.env("JOBBERGATE_DATA_DIR", directory.server());
    // Tokens are good where the server says that it is.
    waiting.env("JOBBERGATE_PUBLIC_URL", &server.url);
    waiting.arg("waiting").args(["--url", &server.url]);
    waiting.args(["--process", &server.service.id()?.to_string()]);
    waiting.args(["--agents", &options.agents.to_string()]);
    waiting.args(["--seconds", &options.seconds.to_string()]);
    waiting.args(["--submissions", &options.submissions.to_string()]);
    let printed = process::printed(&mut waiting);
    if printed.is_err() {
        directory.print_logs();
    }
    let printed = printed?;
    let line = printed.lines().last().context("jobbergate-bench said nothing")?;
    print(&serde_json::from_str(line)?, &terminal);
    terminal.say(&format!("  the machine's load: {before:.1} before, {:.1} after", load()?));
    Ok(())
}

fn print(measured: &Value, terminal: &Terminal) {
    let number = |name: &str| measured[name].as_f64().unwrap_or_default();
    let megabytes = |name: &str| number(name) / 1e6;
    let each = (number("memory_waiting") - number("memory_before")) / number("agents") / 1e3;
    terminal.heading("Agents that wait");
    terminal.say(&format!(
        "  {:.0} agents wait, all after {:.1} s",
        number("agents"),
        number("until_all_wait")
    ));
    terminal.say(&format!(
        "  the server's resident memory: {:.1} MB before, {:.1} MB with all, {:.1} MB in the end: {each:.1} KB for each",
        megabytes("memory_before"),
        megabytes("memory_waiting"),
        megabytes("memory_end"),
    ));
    terminal.say(&format!(
        "  of the system's sockets, both ends: {} (mem is in pages)",
        measured["sockets"].as_str().unwrap_or_default()
    ));
    terminal.say(&format!(
        "  the server has a processor busy to {:.1} % while they wait, and ask anew every 30 s",
        number("processors_busy") * 100.0
    ));
    terminal.say(&format!(
        "  from a submission to its agent's answer, of {:.0}: p50 {:.1} ms, p99 {:.1} ms, slowest {:.1} ms",
        number("submissions"),
        number("p50"),
        number("p99"),
        number("slowest")
    ));
}
