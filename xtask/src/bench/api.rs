//! How much the server does and how soon, each figure beside its floors measured right after it: a
//! bare handler that gives the same answer, and PostgreSQL with the same statements.

mod against;
mod bare;
mod document;
mod growth;
pub(crate) mod load;
mod machine;
mod measure;
mod metrics;
mod one_by_one;
pub(crate) mod operations;
mod plot;
mod report;
pub(super) mod soak;
pub(crate) mod stage;
mod statements;
mod tables;

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde::Serialize;

use crate::{
    bench::programs::Programs,
    interrupt::{Interrupt, Interrupted},
    lab::{Database, Directory, Terminal},
    process::target_directory,
};
use against::Other;
use load::Generator;
use machine::Machine;
use measure::Measuring;
use report::{Report, Server};
use stage::Stage;

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";
/// How many submissions there are unless told otherwise.
const SUBMISSIONS: u32 = 10_000;

/// What to measure, and how long
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// How many seconds each figure takes
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Over how many connections it is asked at once
    #[arg(long, value_delimiter = ',', default_values_t = [1, 16, 64], value_name = "N")]
    connections: Vec<u32>,
    /// So many submissions instead of 10 000, and the ways to list them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(50_000..=10_000_000))]
    scale: Option<u32>,
    /// How the costs grow: the same with 1 000, 10 000 and so on, up to --scale or a million
    #[arg(long, conflicts_with_all = ["connections", "against"])]
    growth: bool,
    /// Only with this database
    #[arg(long, value_enum)]
    database: Option<Database>,
    /// Also another server that speaks the API, by its address; it is filled with as much
    #[arg(long, value_name = "URL", requires = "tokens")]
    against: Option<String>,
    /// A token for it, of somebody who may do everything and of a cluster's agent; several, of one cluster, ask by turns
    #[arg(long = "token", requires = "against", value_name = "T")]
    tokens: Vec<String>,
    /// Keeps the figures here [default: bench-api.json in cargo's target directory]
    #[arg(long, value_name = "FILE")]
    keep: Option<PathBuf>,
    /// Writes figures, tables and picture to docs/ as well; with all that belongs there
    #[arg(long, conflicts_with_all = ["connections", "database", "against"])]
    docs: bool,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// A `jobbergate-bench` that is built already
    #[arg(long, value_name = "FILE", requires = "program")]
    bench_program: Option<PathBuf>,
}

/// Fails when anything was answered with an error. Then nothing is kept, unless it was a list.
pub(super) fn run(options: &Options) -> Result<()> {
    ensure!(options.connections.iter().all(|&it| it > 0), "--connections must be 1 at least");
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let (program, bench) = (options.program.as_deref(), options.bench_program.as_deref());
    let programs = Programs::named_or_built(program, bench, &interrupt)?;
    if options.growth {
        return grow(options, &programs, &interrupt, &terminal);
    }
    let report = measure(options, &programs, &interrupt, &terminal)?;
    terminal.say(&format!("\n{}", tables::markdown(&report)));
    keep(options, &report, &terminal)?;
    if options.docs {
        document::write(&crate::workspace()?.join("docs"), &report)?;
        terminal.done("The figures are in docs/performance.md");
    }
    let failures = report.failures().count();
    ensure!(failures == 0, "{failures} lists failed, see above");
    Ok(())
}

fn keep(options: &Options, figures: &impl Serialize, terminal: &Terminal) -> Result<()> {
    let kept = match &options.keep {
        Some(file) => file.clone(),
        None => target_directory()?.join("bench-api.json"),
    };
    fs::write(&kept, serde_json::to_string_pretty(figures)?)
        .with_context(|| format!("can't write {}", kept.display()))?;
    terminal.done(&format!("The figures are in {}", kept.display()));
    Ok(())
}

/// The same with more and more submissions.
fn grow(
    options: &Options,
    programs: &Programs,
    interrupt: &Interrupt,
    terminal: &Terminal,
) -> Result<()> {
    let largest = options.scale.unwrap_or(growth::LARGEST);
    let reports: Vec<Report> = growth::sizes(largest)
        .map(|size| {
            let options = Options { scale: Some(size), connections: vec![1], ..options.clone() };
            measure(&options, programs, interrupt, terminal)
        })
        .collect::<Result<_>>()?;
    terminal.say(&format!("\n{}", growth::markdown(&reports)));
    keep(options, &reports, terminal)?;
    if options.docs {
        document::write_growth(&crate::workspace()?.join("docs"), &reports)?;
        terminal.done("The figures are in docs/performance.md");
    }
    let failures: usize = reports.iter().map(|report| report.failures().count()).sum();
    ensure!(failures == 0, "{failures} lists failed, see above");
    Ok(())
}

fn measure(
    options: &Options,
    programs: &Programs,
    interrupt: &Interrupt,
    terminal: &Terminal,
) -> Result<Report> {
    crate::packages::install_wrk()?;
    let mut machine = Machine::look_at(&programs.jobbergate, options.program.is_some())?;
    let submissions = options.scale.unwrap_or(SUBMISSIONS);
    let other = options.against.as_deref().map(|url| {
        Other::prepare(url, &options.tokens, submissions.try_into()?, terminal, interrupt)
    });
    let other = other.transpose()?;
    let mut servers = Vec::new();
    let both = [Database::Sqlite, Database::Postgres];
    for database in both.into_iter().filter(|it| options.database.is_none_or(|only| only == *it)) {
        let mut directory = Directory::open(DIRECTORY, false)?;
        let set = Stage::set(terminal, interrupt, &directory, programs, database, submissions);
        let measured = set.and_then(|stage| {
            if let Some(postgres) = &stage.postgres {
                machine.postgresql = postgres.version()?;
            }
            one(options, programs, &stage, other.as_ref(), interrupt, terminal, &directory)
        });
        if measured.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
            directory.keep();
            directory.print_logs();
        }
        servers.push(measured?);
    }
    machine.look_again()?;
    Ok(Report { machine, seconds: options.seconds, submissions, servers })
}

fn one(
    options: &Options,
    programs: &Programs,
    stage: &Stage,
    other: Option<&Other>,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
) -> Result<Server> {
    let name = if stage.postgres.is_some() { "PostgreSQL and S3" } else { "SQLite and files" };
    terminal.heading(name);
    let files = directory.private("load")?;
    let generator = Generator::new(files.clone(), Duration::from_secs(options.seconds))?;
    let mut measuring = Measuring {
        stage,
        other,
        bench: &programs.bench,
        directory: &files,
        generator,
        seconds: options.seconds,
        floors: !options.growth,
        terminal,
        interrupt,
    };
    measuring.measure(name, &options.connections, options.scale.is_some())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        options: Options,
    }

    #[test]
    fn the_page_gets_all_figures_or_none() {
        let parse = |options: &str| {
            Line::try_parse_from(["api", "--docs"].into_iter().chain(options.split_whitespace()))
        };
        let whole =
            ["", "--seconds 2", "--scale 1000000", "--growth --scale 10000000", "--program FILE"];
        for options in whole {
            assert!(parse(options).is_ok_and(|line| line.options.docs), "{options}");
        }
        for options in ["--connections 1", "--database sqlite", "--against URL --token T"] {
            let said = parse(options).unwrap_err().to_string();
            assert!(said.contains("cannot be used with"), "{options}: {said}");
        }
    }
}
