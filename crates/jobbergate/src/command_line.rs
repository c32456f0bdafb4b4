//! The command line.

use clap::{Arg, Command, CommandFactory, Parser, Subcommand};
use jobbergate_agent::{helper::policy::Policy, separate::SUBCOMMAND};
use jobbergate_api::config::ServeConfig;

use crate::{
    admin::Admin, agent::Agent, environment::is_blank, fault_reports::FaultReports,
    telemetry::Logging,
};

/// Job-script templates, job scripts and job submissions to Slurm clusters
#[derive(Debug, Parser)]
#[command(name = "jobbergate", version)]
pub struct Cli {
    /// What to be.
    #[command(subcommand)]
    pub role: Role,

    /// Logs.
    #[command(flatten)]
    pub logging: Logging,

    /// Reports of faults.
    #[command(flatten)]
    pub fault_reports: FaultReports,
}

/// What the program can be.
#[derive(Debug, Subcommand)]
pub enum Role {
    /// Serve the REST API
    Serve(Box<ServeConfig>),
    /// Run beside Slurm: submit jobs, follow them, report
    Agent(Box<Agent>),
    /// The part of an agent that stays root; started by the agent
    #[command(name = SUBCOMMAND, hide = true)]
    AgentHelper(Box<Policy>),
    /// Manage a server's clients and tokens, or clean its data
    Admin(Box<Admin>),
}

/// What the program can be beside the command line of users.
pub fn roles() -> Vec<Command> {
    Cli::command().get_subcommands().cloned().collect()
}

/// The parser. Variables that are set but blank count as unset, as on the Python server.
pub fn parser() -> Command {
    let with_settings_anywhere = |admin: Command| admin.mut_args(anywhere);
    let roles = Cli::command().mut_subcommand("admin", with_settings_anywhere);
    // Their own parser reads them; here they are for the help, and to be suggested.
    without_blank_variables(roles)
        .subcommands(jobbergate_cli::groups())
        .after_help(jobbergate_cli::options())
}

/// A server's setting may stand behind the name of an administrator's command, too.
fn anywhere(argument: Arg) -> Arg {
    match argument.get_env() {
        Some(_) => argument.global(true).help_heading("Settings of the server"),
        None => argument,
    }
}

fn without_blank_variables(command: Command) -> Command {
    command
        .mut_args(|arg| {
            let blank =
                arg.get_env().and_then(std::env::var_os).is_some_and(|value| is_blank(&value));
            // The help is no place for values: any may have a password in it.
            let arg = arg.hide_env_values(true);
            if blank { arg.env(None::<&str>) } else { arg }
        })
        .mut_subcommands(without_blank_variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_administrator_names_settings_anywhere() {
        parser().debug_assert();
        for line in [
            "jobbergate admin config --database-user x --listen localhost:0",
            "jobbergate admin client create c --organization o --database-user x",
            "jobbergate admin --data-dir /d token --email a@example.com",
            "jobbergate admin token --email a@example.com --data-dir /d",
        ] {
            assert!(parser().try_get_matches_from(line.split(' ')).is_ok(), "{line}");
        }
    }
}
