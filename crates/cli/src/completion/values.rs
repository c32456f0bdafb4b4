//! Which arguments have values that the server knows.

use std::ffi::OsStr;

use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::offers::{self, Kind, Offer};

/// The parser, with what completes such arguments.
pub fn completed(program: clap::Command) -> clap::Command {
    program.mut_args(|argument| with_values(argument, "", "")).mut_subcommands(|group| {
        let name = group.get_name().to_owned();
        let group = group.mut_args(|argument| with_values(argument, &name, ""));
        group.mut_subcommands(|command| {
            let command_name = command.get_name().to_owned();
            command.mut_args(|argument| with_values(argument, &name, &command_name))
        })
    })
}

fn with_values(argument: clap::Arg, group: &str, command: &str) -> clap::Arg {
    let Some(kind) = kind(group, command, argument.get_id().as_str()) else { return argument };
    argument.add(ArgValueCompleter::new(move |typed: &OsStr| candidates(kind, typed)))
}

/// What a value names.
fn kind(group: &str, command: &str, argument: &str) -> Option<Kind> {
    Some(match (group, command, argument) {
        (_, _, "id_or_identifier") => Kind::Application,
        ("applications", "create", _) => return None,
        ("applications", _, "identifier")
        | ("job-scripts" | "run", _, "application_identifier") => Kind::ApplicationIdentifier,
        ("applications", _, "id") | (_, _, "application_id" | "from_application_id") => {
            Kind::ApplicationId
        }
        ("job-scripts", _, "positional_id" | "id")
        | ("job-submissions", "create", "positional_id")
        | (_, _, "job_script_id" | "from_job_script_id") => Kind::JobScript,
        ("job-submissions", _, "positional_id" | "id" | "ids") => Kind::JobSubmission,
        (_, _, "cluster_name") => Kind::Cluster,
        ("", _, "profile") | ("config", "use" | "delete", "name") => Kind::Profile,
        ("config", _, "name") => Kind::Setting,
        _ => return None,
    })
}

fn candidates(kind: Kind, typed: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = typed.to_str() else { return Vec::new() };
    let offers = offers::all(kind).into_iter().filter(|offer| offer.value.starts_with(typed));
    offers.filter(|offer| is_plain(&offer.value)).map(candidate).collect()
}

fn candidate(offer: Offer) -> CompletionCandidate {
    let help = offer.help.chars().map(|c| if c.is_control() { ' ' } else { c });
    let help: String = help.take(80).collect();
    let help = Some(help).filter(|help| !help.trim().is_empty());
    CompletionCandidate::new(offer.value).help(help.map(Into::into))
}

/// Whether a shell takes it for a word as it is: the scripts that ask put it in the line so.
fn is_plain(value: &str) -> bool {
    value.chars().all(|c| c.is_alphanumeric() || "-_.@+/".contains(c))
}
