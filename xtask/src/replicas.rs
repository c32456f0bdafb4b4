//! Several servers behind nginx on one PostgreSQL and one S3: how much more they answer, and that nothing is lost or
//! done twice when one is killed and when all are replaced.

mod agent;
mod fleet;
mod judge;
mod reads;
mod stream;
mod traffic;

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::{
    bench::{load_average, programs},
    interrupt::{Interrupt, Interrupted},
    lab::{Directory, Jobbergate, Terminal},
};
use fleet::Fleet;
use judge::{Findings, Mercy};
use traffic::Traffic;

const DIRECTORY: &str = "/var/tmp/jobbergate-replicas";
/// How long there is nothing but load before and after something happens.
const CALM: Duration = Duration::from_secs(4);
/// Longer than nginx leaves out a server that it has found dead.
const BETWEEN_REPLACEMENTS: Duration = Duration::from_secs(3);

/// What runs first, and what replaces it
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many seconds each figure takes
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// How often all servers are replaced
    #[arg(long, default_value_t = 2, value_name = "N")]
    rounds: usize,
    /// Do not measure how much is read
    #[arg(long)]
    without_reads: bool,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// The program that runs first, such as the version before [default: the same]
    #[arg(long, value_name = "FILE")]
    old_program: Option<PathBuf>,
    /// A `jobbergate-bench` that is built already
    #[arg(long, value_name = "FILE", requires = "program")]
    bench_program: Option<PathBuf>,
    /// Keep data and logs
    #[arg(long)]
    keep: bool,
}

/// Which programs take part.
struct Programs {
    old: PathBuf,
    new: PathBuf,
    bench: PathBuf,
}

/// Fails when anything was lost or done twice. Whatever happens, nothing that it started is left running.
pub(crate) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let programs = programs(options, &interrupt)?;
    let mut directory = Directory::open(DIRECTORY, false)?;
    if options.keep {
        directory.keep();
    }
    let outcome = prove(options, &programs, &interrupt, &terminal, &directory);
    if outcome.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
        directory.keep();
    }
    outcome
}

fn programs(options: &Options, interrupt: &Interrupt) -> Result<Programs> {
    let (program, bench) = (options.program.as_deref(), options.bench_program.as_deref());
    let old = options.old_program.as_deref().map(programs::named).transpose()?;
    let found = programs::Programs::named_or_built(program, bench, interrupt)?;
    let (new, bench) = (found.jobbergate, found.bench);
    Ok(Programs { old: old.unwrap_or_else(|| new.clone()), new, bench })
}

fn prove(
    options: &Options,
    programs: &Programs,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
) -> Result<()> {
    terminal.say(&format!("The machine's load is {:.1}", load_average::load()?));
    let old = Jobbergate::at(programs.old.clone());
    let mut fleet = Fleet::start(old, &programs.bench, interrupt, terminal, directory)?;
    let person = fleet.tokens.first().context("there is nobody")?;
    let began = stream::require_unbuffered(&fleet.nginx.authority, person)?;
    terminal.done(&format!("A stream of events begins by nginx after {} ms", began.as_millis()));
    if !options.without_reads {
        terminal.heading("Reads");
        reads::measure(&fleet, options.seconds, interrupt, terminal, directory)?;
    }

    terminal.heading("One is killed");
    let traffic = Traffic::new(&fleet, "kill")?;
    let killed = traffic.flow_while(|| {
        interrupt.sleep(CALM)?;
        let killed = fleet.kill_the_one_that_cleans()?;
        terminal.say(&format!("  {} was killed, which cleaned by itself", killed.name));
        let after = fleet.await_another_that_cleans(&killed.name, interrupt)?;
        terminal.say(&format!("  {} cleans in its place after {:.1} s", after.0, after.1));
        fleet.start_the_killed_one_again(interrupt)?;
        interrupt.sleep(CALM)?;
        Ok(killed)
    })?;
    conclude(&fleet, &traffic, Mercy::UnderWayAt(killed.moment), interrupt, terminal)?;

    terminal.heading("All are replaced, one after the other");
    let new = Jobbergate { path: programs.new.clone(), ..fleet.jobbergate.clone() };
    let traffic = Traffic::new(&fleet, "update")?;
    traffic.flow_while(|| {
        interrupt.sleep(CALM)?;
        for number in (0..options.rounds).flat_map(|_| 0..fleet::COUNT) {
            let took = fleet.replace(number, &new, interrupt)?;
            terminal.say(&format!("  {took}"));
            interrupt.sleep(BETWEEN_REPLACEMENTS)?;
        }
        Ok(())
    })?;
    conclude(&fleet, &traffic, Mercy::None, interrupt, terminal)?;
    fleet.check()?;
    terminal.say(&format!("The machine's load is {:.1}", load_average::load()?));
    terminal.done("Nothing was lost, and nothing was done twice");
    Ok(())
}

/// Waits until agents have dealt with everything, says what happened, and fails if it is not what must be.
fn conclude(
    fleet: &Fleet<'_>,
    traffic: &Traffic,
    mercy: Mercy,
    interrupt: &Interrupt,
    terminal: &Terminal,
) -> Result<()> {
    let findings = Findings::collect(fleet, traffic, interrupt)?;
    findings.summary(traffic).iter().for_each(|line| terminal.say(&format!("  {line}")));
    let violations = findings.judge(traffic, mercy);
    violations.iter().for_each(|violation| terminal.say(&format!("! {violation}")));
    ensure!(violations.is_empty(), "{} promises were broken, see above", violations.len());
    Ok(())
}
