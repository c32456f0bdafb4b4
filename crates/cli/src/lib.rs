//! The command line of Jobbergate's users: applications, job scripts and job submissions.
//!
//! It understands what the Python command line understands and shares its settings and tokens.

#![warn(missing_docs)]

mod api;
mod application;
mod auth;
mod command_line;
mod commands;
mod completion;
pub mod dot_env;
pub mod failure;
mod files;
mod injection;
mod log;
mod old_names;
mod output;
mod paging;
pub mod questions;
mod select;
mod settings;
mod yaml;

use std::{ffi::OsString, process::ExitCode};

use clap::error::ErrorKind;

use command_line::{Cli, Command};
pub use command_line::{groups, is_for_users};
use commands::Session;
use failure::{Failure, Result};
use settings::{Settings, Variables};

/// Runs the command that `words` name, the program's own name among them.
pub fn main(words: Vec<OsString>) -> ExitCode {
    let variables = Variables::read();
    let is_compatible = variables.as_ref().is_ok_and(|all| all.is_compatible().unwrap_or(false));
    let words = if is_compatible { old_names::translated(words) } else { words };
    let command = command_line::command_of(&words);
    let cli = match command_line::parse(words, is_compatible) {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    match variables.and_then(|variables| run(cli, &command, &variables)) {
        Ok(code) => code,
        Err(failure) => {
            output::tell_of(&failure);
            failure.exit_code()
        }
    }
}

/// Says what the parser says; it may be its help, too.
fn refused(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Where programs have always found it.
        return match output::print(&error.render().to_string()) {
            Ok(()) => ExitCode::from(2),
            Err(failure) => failure.exit_code(),
        };
    }
    // Nobody can be told that nobody can be told.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn run(cli: Cli, name: &str, variables: &Variables) -> Result<ExitCode> {
    if cli.version.says() {
        return output::print(concat!(env!("CARGO_PKG_VERSION"), "\n")).map(|()| ExitCode::SUCCESS);
    }
    if cli.completion.show_completion {
        return completion::show().map(|()| ExitCode::SUCCESS);
    }
    if cli.completion.install_completion {
        return completion::install().map(|()| ExitCode::SUCCESS);
    }
    let Some(command) = cli.command else {
        return output::print(&command_line::help()).map(|()| ExitCode::from(2));
    };
    let settings = Settings::new(variables)?;
    let session = Session::new(settings, &cli.appearance)?;
    session.log.write(&format!("{name} ({})", env!("CARGO_PKG_VERSION")));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new("Start failed", error.to_string()))?;
    let done = runtime.block_on(async {
        let work = std::pin::pin!(execute(&session, command));
        tokio::select! {
            // First, as a question has its own answer to Ctrl-C.
            biased;
            done = work => done,
            _ = tokio::signal::ctrl_c() => Err(Failure::Interrupted),
        }
    });
    // Somebody may still be waited for at the terminal.
    runtime.shutdown_background();
    session.log.write(&format!("{name}: {}", done.as_ref().err().map_or("done", Failure::title)));
    done.map(|()| ExitCode::SUCCESS)
}

async fn execute(session: &Session, command: Command) -> Result<()> {
    match command {
        Command::Applications { command } => commands::applications::run(session, command).await,
        Command::JobScripts { command } => commands::job_scripts::run(session, command).await,
        Command::JobSubmissions { command } => {
            commands::job_submissions::run(session, command).await
        }
        Command::Login => commands::login::log_in(session).await,
        Command::Logout => commands::login::log_out(session),
        Command::ShowToken(arguments) => commands::login::show(session, &arguments).await,
    }
}
