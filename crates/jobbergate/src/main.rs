//! Jobbergate: job-script templates, job scripts and job submissions to Slurm clusters.

mod admin;
mod agent;
mod allocator;
mod command_line;
mod complaint;
mod environment;
mod fault_reports;
mod findings;
mod output;
mod program_pages;
mod service_manager;
mod settings;
mod signals;
mod telemetry;

use std::{collections::BTreeSet, env, ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, error::ErrorKind};
use command_line::{Cli, Role};
use jobbergate_api::{config::ServeConfig, open_files, settings::Setting};

fn main() -> ExitCode {
    let words: Vec<OsString> = env::args_os().collect();
    // First of all: it has settings of its own, and is to be quick.
    if jobbergate_cli::complete(command_line::roles) {
        return ExitCode::SUCCESS;
    }
    if jobbergate_cli::is_for_users(&words) {
        return jobbergate_cli::main(words, command_line::roles);
    }
    let found = match environment::prepare(&Cli::command()) {
        Ok(found) => found,
        Err(error) => return failed(&error),
    };
    let matches = match command_line::parser().try_get_matches() {
        Ok(matches) => matches,
        Err(error) => return refused(&error, &found.from_file),
    };
    let mut cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Before there is any other thread or a connection.
    if let Role::Agent(agent) = &mut cli.role
        && let Err(error) = agent.separate(&cli.logging.arguments())
    {
        return failed(&error);
    }
    allocator::begin_giving_back();
    // Reports what is on its way when it is dropped.
    let reporting = match cli.fault_reports.start() {
        Ok(reporting) => reporting,
        Err(error) => return failed(&error),
    };
    telemetry::start(&cli.logging, reporting.is_some());
    for doubt in &found.doubts {
        tracing::warn!("{doubt}");
    }
    let settings =
        |name| settings::of_subcommand(&mut Cli::command(), name, &matches, &found.from_file);
    let settings = match &mut cli.role {
        Role::Agent(_) | Role::AgentHelper(_) => Vec::new(),
        Role::Serve(config) => {
            config.settings = settings("serve");
            Vec::new()
        }
        Role::Admin(_) => settings("admin"),
    };
    if !matches!(&cli.role, Role::Admin(admin) if !admin.examines()) {
        environment::warn_of_unknown_variables(&Cli::command());
    }
    match run(cli.role, &settings) {
        Ok(status) => status,
        Err(error) => failed(&error),
    }
}

/// What the parser says, with the names of variables; it may be its help, too.
fn refused(error: &clap::Error, from_file: &BTreeSet<String>) -> ExitCode {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        && env::args_os().len() < 2
    {
        // Where the Python command line has it.
        return match output::print(format_args!("{}", error.render())) {
            Ok(()) => ExitCode::from(2),
            Err(error) => failed(&error),
        };
    }
    match complaint::words(Cli::command(), error, &|name| from_file.contains(name)) {
        Some(words) => {
            eprint!("{words}");
            ExitCode::from(2)
        }
        None => error.exit(),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("jobbergate: {error:#}");
    ExitCode::FAILURE
}

/// It waits for others most of the time, on hosts with very many processors.
const AGENT_THREADS: usize = 2;

fn run(role: Role, settings: &[Setting]) -> anyhow::Result<ExitCode> {
    match role {
        Role::Serve(config) => wait_for(for_long(serve(*config)), None)?,
        Role::Agent(agent) => wait_for(for_long(agent::run(*agent)), Some(AGENT_THREADS))?,
        Role::AgentHelper(policy) => agent::help(*policy)?,
        Role::Admin(admin) => return wait_for(admin::run(*admin, settings), None),
    }
    Ok(ExitCode::SUCCESS)
}

async fn serve(config: ServeConfig) -> anyhow::Result<()> {
    config.check()?;
    for doubt in config.doubts() {
        tracing::warn!("{doubt}");
    }
    match open_files::raise_limit() {
        Ok(limit) => {
            if let Some(complaint) = open_files::complaint(&config, limit) {
                tracing::warn!("{complaint}");
            }
        }
        Err(error) => tracing::warn!(%error, "the limit of open files could not be raised"),
    }
    let stop = signals::stop()?;
    jobbergate_api::server::serve(config, stop).await.map_err(Into::into)
}

/// Something that goes on after its start.
async fn for_long(work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::spawn(program_pages::let_go_after_start());
    work.await
}

/// On so many threads, or on one for each processor.
fn wait_for<T>(
    work: impl Future<Output = anyhow::Result<T>>,
    threads: Option<usize>,
) -> anyhow::Result<T> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    let runtime = builder.enable_all().build()?;
    runtime.spawn(service_manager::say_alive());
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
