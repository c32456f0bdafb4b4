//! Jobbergate: job-script templates, job scripts and job submissions to Slurm clusters.

mod admin;
mod command_line;
mod signals;
mod telemetry;

use std::process::ExitCode;

use clap::FromArgMatches;
use command_line::{Cli, Role};

fn main() -> ExitCode {
    // A `.env` that is absent is no fault; one that can't be read is reported.
    if let Err(error) = dotenvy::dotenv()
        && !error.not_found()
    {
        eprintln!("jobbergate: the file .env cannot be read: {error}");
        return ExitCode::FAILURE;
    }
    let matches = command_line::parser().get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    telemetry::start(&cli.logging);
    match run(cli.role) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("jobbergate: {error:#}");
            ExitCode::FAILURE
        }
    }
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
