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
mod filter;
mod follow;
mod injection;
mod log;
mod old_names;
mod output;
mod paging;
pub mod questions;
mod select;
mod settings;
mod suggestion;
mod workflow;

use std::{ffi::OsString, process::ExitCode};

use clap::error::ErrorKind;

use command_line::{Cli, Command};
pub use command_line::{groups, is_for_users, options};
use commands::Session;
pub use completion::complete;
use failure::{Failure, Result};
use output::Output;
use settings::{Settings, Variables};

/// Runs the command that `words` name, the program's own name among them. `others` are commands of
/// the program that are not of this command line, for its manual.
pub fn main(words: Vec<OsString>, others: fn() -> Vec<clap::Command>) -> ExitCode {
    let variables = Variables::read();
    let is_compatible = variables.as_ref().is_ok_and(|all| all.is_compatible().unwrap_or(false));
    let words = if is_compatible { old_names::translated(words) } else { words };
    let command = command_line::command_of(&words);
    let cli = match command_line::parse(words, is_compatible) {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    match variables.and_then(|variables| run(cli, &command, variables, others)) {
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

fn run(
    cli: Cli,
    name: &str,
    variables: Variables,
    others: fn() -> Vec<clap::Command>,
) -> Result<ExitCode> {
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
    let asked = cli.choice.profile.as_deref();
    match &command {
        Command::Config { command: config } => {
            Output::new(&cli.appearance)?.check(&command.resources())?;
            return commands::config::run(config, variables, asked, &cli.appearance)
                .map(|()| ExitCode::SUCCESS);
        }
        Command::Man(man) => {
            let program = command_line::parser().subcommands(others());
            return commands::man::run(man, program).map(|()| ExitCode::SUCCESS);
        }
        _ => {}
    }
    let variables = variables.with_profile(asked)?;
    if let (Some(profile), [first, ..]) = (asked, variables.overridden().as_slice()) {
        let text =
            format!("{first} is not as in the profile {profile}: the environment counts more");
        output::tell(&format!("note: {text}\n"));
    }
    let settings = Settings::new(&variables)?;
    let mut session = Session::new(settings, &cli.appearance)?;
    session.log.write(&format!("{name} ({})", env!("CARGO_PKG_VERSION")));
    // Its standard output is the job's.
    session.output.keeps_asides_away |= matches!(command, Command::Run(_));
    session.output.check(&command.resources())?;
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
        Command::Run(arguments) => commands::run::run(session, &arguments).await,
        Command::Login(arguments) => commands::login::log_in(session, &arguments).await,
        Command::Logout => commands::login::log_out(session),
        Command::ShowToken(arguments) => commands::login::show(session, &arguments).await,
        // They need no server, and are done.
        Command::Config { .. } | Command::Man(_) => Ok(()),
    }
}
