//! Jobbergate: job-script templates, job scripts and job submissions to Slurm clusters.

mod admin;
mod command_line;
mod dot_env;
mod environment;
mod fault_reports;
mod settings;
mod signals;
mod telemetry;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};
use command_line::{Cli, Role};
use settings::Setting;

fn main() -> ExitCode {
    let from_file = match environment::load_dot_env() {
        Ok(names) => names,
        Err(error) => {
            return failed(&error.context("the file .env in the working directory"));
        }
    };
    let matches = command_line::parser().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Reports what is on its way when it is dropped.
    let _reporting = match cli.fault_reports.start() {
        Ok(reporting) => reporting,
        Err(error) => return failed(&error),
    };
    telemetry::start(&cli.logging);
    let settings = match &cli.role {
        Role::Serve(_) | Role::Agent(_) => {
            environment::warn_of_unknown_variables(&Cli::command());
            Vec::new()
        }
        Role::Admin(_) => {
            settings::of_subcommand(&mut Cli::command(), "admin", &matches, &from_file)
        }
    };
    match run(cli.role, &settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("jobbergate: {error:#}");
    ExitCode::FAILURE
}

fn run(role: Role, settings: &[Setting]) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        match role {
            Role::Serve(config) => {
                let stop = signals::stop()?;
                jobbergate_api::server::serve(*config, stop).await.map_err(Into::into)
            }
            Role::Agent(config) => {
                let stop = signals::stop()?;
                jobbergate_agent::run(*config, stop).await.map_err(Into::into)
            }
            Role::Admin(admin) => admin::run(*admin, settings).await,
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
