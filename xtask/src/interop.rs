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
const STORIES: [&str; 6] =
    ["cli_applications", "cli_jobs", "core", "python_agent", "sessions", "workflows"];
/// The workflow files that both command lines run.
const WORKFLOWS: &str = "crates/jobbergate/tests/workflows";
/// The page that says where both command lines differ.
const DIFFERENCES: &str = "docs/cli-differences.md";
/// Seconds that a story may take: it has a deadline for each of its steps, too.
const DEADLINE: &str = "1800";

/// With what they are tried
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Where the server keeps its data
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    database: Database,
    /// Stories to perform, all without it
    #[arg(long, value_delimiter = ',', value_name = "STORY", value_parser = STORIES)]
    only: Vec<String>,
    /// Write what was found into the documentation and the tests, instead of comparing it
    #[arg(long)]
    record: bool,
}

impl Options {
    /// All stories.
    pub(crate) fn all(database: Database) -> Self {
        Self { database, only: Vec::new(), record: false }
    }

    fn stories(&self) -> impl Iterator<Item = &'static str> {
        let only = &self.only;
        STORIES
            .into_iter()
            .filter(move |story| only.is_empty() || only.iter().any(|it| it == story))
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    Running::start(&mut cargo(&["build", "--locked", "--package", "jobbergate"])?)?
        .finish(&interrupt)?;
    let terminal = Terminal::new();
    let outcome = check(&terminal, &interrupt, options)?;
    outcome.print(&terminal);
    terminal.done(&outcome.verdict()?);
    Ok(())
}

/// Tries what cargo has built. Nothing that it starts is left running.
pub(crate) fn check(
    terminal: &Terminal,
    interrupt: &Interrupt,
    options: &Options,
) -> Result<Outcome> {
    ensure!(geteuid().is_root(), "Slurm's daemons need root: run this as root");
    let programs = Programs::install(terminal)?;
    let mut directory = Directory::open(DIRECTORY, false)?;
    let outcome = perform(terminal, interrupt, &directory, &programs, options);
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
        Ok(Self { clients: clients(terminal)?, browser: install("browser")? })
    }
}

/// The directory of today's Python clients, which are installed from PyPI.
pub(crate) fn clients(terminal: &Terminal) -> Result<PathBuf> {
    terminal.passing("installing the clients from PyPI\n");
    install("client")
}

fn install(name: &str) -> Result<PathBuf> {
    let requirements = stories()?.join(format!("{name}-requirements.txt"));
    let wanted = ["--requirement".as_ref(), requirements.as_ref()];
    python::environment(&format!("interop-{name}"), &wanted)
}

fn stories() -> Result<PathBuf> {
    Ok(crate::workspace()?.join("xtask/src/interop"))
}

fn perform(
    terminal: &Terminal,
    interrupt: &Interrupt,
    directory: &Directory,
    programs: &Programs,
    options: &Options,
) -> Result<Outcome> {
    let jobbergate = Jobbergate::at(target_directory()?.join("debug/jobbergate"));
    let mut world = World::start(terminal, interrupt, directory, jobbergate, options.database)?;
    terminal.passing("the clients at work\n");
    let begin = |story| (story, start(story, &world, directory, programs, options.record));
    let running: Vec<_> = options.stories().map(begin).collect();
    let mut outcome = Outcome::default();
    for (story, running) in running {
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
    is_recorded: bool,
) -> Result<Running> {
    let mut command = tied("timeout", &stories()?);
    command.args(["--kill-after=10", DEADLINE]).arg(programs.clients.join("python"));
    command.arg(format!("{story}.py")).args(is_recorded.then_some("--record"));
    world.describe(&mut command, directory, story)?;
    command.env("INTEROP_PROGRAMS", &programs.clients);
    command.env("INTEROP_OURS", target_directory()?.join("debug/jobbergate"));
    command.env("INTEROP_WORKFLOWS", crate::workspace()?.join(WORKFLOWS));
    command.env("INTEROP_DIFFERENCES", crate::workspace()?.join(DIFFERENCES));
    command.env("INTEROP_BROWSER_PYTHON", programs.browser.join("python"));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdout(directory.log(&results(story))?).stderr(directory.log(story)?);
    Running::start(&mut command)
}

/// The file of a story's rows.
fn results(story: &str) -> String {
    format!("{story}-results")
}
