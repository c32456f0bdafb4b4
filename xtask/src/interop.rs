//! Today's Python clients, as they are released, against our server and a real Slurm.

mod outcome;
mod world;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;
use nix::unistd::geteuid;

use crate::{
    interrupt::{Interrupt, Interrupted},
    lab::{Database, Directory, Jobbergate, Terminal},
    packages,
    process::{Running, cargo, target_directory, tied},
    python,
};
use outcome::Outcome;
use world::World;

const DIRECTORY: &str = "/var/tmp/jobbergate-interop";
/// What each client does, below `xtask/src/interop`; they do it side by side.
const STORIES: [&str; 5] = ["cli_applications", "cli_jobs", "core", "python_agent", "workflows"];
/// The workflow files that both command lines run.
const WORKFLOWS: &str = "crates/jobbergate/tests/workflows";
/// Seconds that a story may take: it has a deadline for each of its steps, too.
const DEADLINE: &str = "600";

/// With what they are tried
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the server keeps its data
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    Running::start(&mut cargo(&["build", "--locked", "--package", "jobbergate"])?)?
        .finish(&interrupt)?;
    let terminal = Terminal::new();
    let outcome = check(&terminal, &interrupt, options.database)?;
    outcome.print(&terminal);
    terminal.done(&outcome.verdict()?);
    Ok(())
}

/// Tries what cargo has built. Nothing that it starts is left running.
pub(crate) fn check(
    terminal: &Terminal,
    interrupt: &Interrupt,
    database: Database,
) -> Result<Outcome> {
    ensure!(geteuid().is_root(), "Slurm's daemons need root: run this as root");
    let programs = Programs::install(terminal)?;
    let mut directory = Directory::open(DIRECTORY, false)?;
    let outcome = perform(terminal, interrupt, &directory, &programs, database);
    let failed = match &outcome {
        Ok(outcome) => outcome.verdict().is_err(),
        Err(error) => !error.is::<Interrupted>(),
    };
    if failed {
        directory.keep();
        directory.print_logs();
    }
    outcome
}

/// The directories of what people use.
#[derive(Debug)]
struct Programs {
    clients: PathBuf,
    browser: PathBuf,
}

impl Programs {
    /// The clients from PyPI, and Chromium with what drives it.
    fn install(terminal: &Terminal) -> Result<Self> {
        packages::install_browser()?;
        terminal.passing("installing the clients from PyPI\n");
        let install = |name| {
            let requirements = stories()?.join(format!("{name}-requirements.txt"));
            let wanted = ["--requirement".as_ref(), requirements.as_ref()];
            python::environment(&format!("interop-{name}"), &wanted)
        };
        Ok(Self { clients: install("client")?, browser: install("browser")? })
    }
}

fn stories() -> Result<PathBuf> {
    Ok(crate::workspace()?.join("xtask/src/interop"))
}

fn perform(
    terminal: &Terminal,
    interrupt: &Interrupt,
    directory: &Directory,
    programs: &Programs,
    database: Database,
) -> Result<Outcome> {
    let jobbergate = Jobbergate::at(target_directory()?.join("debug/jobbergate"));
    let mut world = World::start(terminal, interrupt, directory, jobbergate, database)?;
    terminal.passing("the clients at work\n");
    let running = STORIES.map(|story| start(story, &world, directory, programs));
    let mut outcome = Outcome::default();
    for (story, running) in STORIES.into_iter().zip(running) {
        let finished = running?.finish(interrupt);
        interrupt.check()?;
        world.check()?;
        outcome.add(story, &directory.logs().join(results(story)), finished)?;
    }
    Ok(outcome)
}

fn start(
    story: &str,
    world: &World,
    directory: &Directory,
    programs: &Programs,
) -> Result<Running> {
    let mut command = tied("timeout", &stories()?);
    command.args(["--kill-after=10", DEADLINE]).arg(programs.clients.join("python"));
    command.arg(format!("{story}.py"));
    world.describe(&mut command, directory, story)?;
    command.env("INTEROP_PROGRAMS", &programs.clients);
    command.env("INTEROP_OURS", target_directory()?.join("debug/jobbergate"));
    command.env("INTEROP_WORKFLOWS", crate::workspace()?.join(WORKFLOWS));
    command.env("INTEROP_BROWSER_PYTHON", programs.browser.join("python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdout(directory.log(&results(story))?).stderr(directory.log(story)?);
    Running::start(&mut command)
}

/// The file of a story's rows.
fn results(story: &str) -> String {
    format!("{story}-results")
}
