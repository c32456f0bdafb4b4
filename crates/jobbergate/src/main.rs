//! Jobbergate: job-script templates, job scripts and job submissions to Slurm clusters.

mod admin;
mod command_line;
mod fault_reports;
mod signals;
mod telemetry;

use std::{io::ErrorKind, process::ExitCode};

use clap::FromArgMatches;
use command_line::{Cli, Role};

fn main() -> ExitCode {
    if let Err(error) = dotenvy::dotenv()
        && !is_absent(&error)
    {
        eprintln!("jobbergate: the file .env cannot be read: {error}");
        return ExitCode::FAILURE;
    }
    let matches = command_line::parser().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    // Reports what is on its way when it is dropped.
    let _reporting = match cli.fault_reports.start() {
        Ok(reporting) => reporting,
        Err(error) => return failed(&error),
    };
    telemetry::start(&cli.logging);
    match run(cli.role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("jobbergate: {error:#}");
    ExitCode::FAILURE
}

/// A directory that can't be looked into has no `.env` for this user.
fn is_absent(error: &dotenvy::Error) -> bool {
    let denied =
        matches!(error, dotenvy::Error::Io(io) if io.kind() == ErrorKind::PermissionDenied);
    error.not_found() || denied
}

fn run(role: Role) -> anyhow::Result<()> {
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
            Role::Admin(admin) => admin::run(*admin).await,
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    result
}
