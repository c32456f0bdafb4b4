//! `jobbergate admin env-file`: all settings of the server or the agent, as a file to fill in.

use clap::{Arg, Command, CommandFactory, ValueEnum};
use jobbergate_api::settings::is_secret;

use crate::{command_line::Cli, output};

/// Whose settings.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Role {
    /// The server's
    Server,
    /// The agent's
    Agent,
}

impl Role {
    /// Its command on the command line.
    fn command(self) -> &'static str {
        match self {
            Self::Server => "serve",
            Self::Agent => "agent",
        }
    }

    /// Settings that are no options: a secret that others would see there, and what the library
    /// for S3 reads.
    fn without_option(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Server => &[("AWS_DEFAULT_REGION", "The region of the bucket")],
            Self::Agent => &[(
                "JOBBERGATE_AGENT_OIDC_CLIENT_SECRET",
                "The client's secret; better kept in a file",
            )],
        }
    }
}

const HEAD: &str = "\
# Each setting is shown with its default; take the # away to change it. What holds blanks or signs
# stands in single quotes.
";

/// The widest comment, in characters.
const WIDTH: usize = 98;

/// Prints the file.
pub fn print(role: Role) -> anyhow::Result<()> {
    output::print(format_args!("{}", text(role)))
}

fn text(role: Role) -> String {
    let mut program = Cli::command();
    program.build();
    let settings = program.find_subcommand(role.command()).into_iter();
    let settings = settings.flat_map(Command::get_arguments).filter_map(setting);
    let others = role.without_option().iter();
    let others = others.map(|(name, help)| lines(help, name, ""));
    let all: Vec<String> = settings.chain(others).collect();
    format!("{HEAD}\n{}", all.join("\n"))
}

fn setting(argument: &Arg) -> Option<String> {
    let name = argument.get_env()?.to_string_lossy();
    let help = argument.get_long_help().or(argument.get_help());
    let mut help = help.map(ToString::to_string).unwrap_or_default();
    let values: Vec<String> = argument
        .get_possible_values()
        .iter()
        .filter(|value| !value.is_hide_set())
        .map(|value| value.get_name().to_owned())
        .collect();
    if !values.is_empty() {
        help = format!("{help} [{}]", values.join(", "));
    }
    let defaults = argument.get_default_values().iter().map(|value| value.to_string_lossy());
    let default = match is_secret(argument) {
        true => String::new(),
        false => defaults.collect::<Vec<_>>().join(","),
    };
    Some(lines(&help, &name, &default))
}

fn lines(help: &str, name: &str, default: &str) -> String {
    format!("{}#{name}={}\n", comment(help), quoted(default))
}

/// The words, in lines that are not too wide.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() > 1 && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push_str(&line);
            lines.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    format!("{lines}{line}\n")
}

/// As systemd, shells and this program read it alike.
fn quoted(value: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._:/,@+".contains(c);
    if value.chars().all(is_plain) { value.to_owned() } else { format!("'{value}'") }
}
