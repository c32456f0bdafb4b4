//! What the parser of options complains of, in the words of those who set variables.

use std::{env, ffi::OsString};

use clap::{
    Arg, Command, Error,
    error::{ContextKind, ContextValue, ErrorKind},
};

use jobbergate_api::settings::is_secret;

use crate::environment::is_blank;

/// A sentence for those whose variable is wrong or missing; `None` if the parser's own will do.
pub fn words(
    mut command: Command,
    error: &Error,
    from_file: &dyn Fn(&str) -> bool,
) -> Option<String> {
    command.build();
    let rendered = error.render().to_string();
    let text = without_settings(&command, &rendered);
    let changed = || (error.use_stderr() && text != rendered).then(|| text.clone());
    let Some(argument) = error.get(ContextKind::InvalidArg) else { return changed() };
    match (error.kind(), argument) {
        (ErrorKind::MissingRequiredArgument, ContextValue::Strings(missing)) => {
            Some(missing.iter().fold(text, |text, shown| match find(&command, shown) {
                Some(variable) => text.replace(
                    &format!("  {shown}\n"),
                    &format!("  {shown} or {}\n", name(variable)),
                ),
                None => text,
            }))
        }
        (ErrorKind::ValueValidation | ErrorKind::InvalidValue, ContextValue::String(shown)) => {
            match find(&command, shown) {
                Some(argument) => Some(wrong(argument, shown, text, error, from_file)),
                None => changed(),
            }
        }
        _ => changed(),
    }
}

/// The parser's words, without the settings that happen to be given in the usage of a command:
/// it needs none of them.
fn without_settings(command: &Command, text: &str) -> String {
    let lines = text.lines().map(|line| match line.strip_prefix("Usage: ") {
        Some(usage) => format!("Usage: {}", without_options(command, usage)),
        None => line.to_owned(),
    });
    lines.map(|line| line + "\n").collect()
}

fn without_options(command: &Command, usage: &str) -> String {
    let is_optional = |argument: &&Arg| argument.get_env().is_some() && !argument.is_required_set();
    let usage = command
        .get_arguments()
        .filter(is_optional)
        .fold(usage.to_owned(), |usage, argument| usage.replace(&format!(" {argument}"), ""));
    command.get_subcommands().fold(usage, |usage, below| without_options(below, &usage))
}

fn wrong(
    argument: &Arg,
    shown: &str,
    text: String,
    error: &Error,
    from_file: &dyn Fn(&str) -> bool,
) -> String {
    let mut text = text;
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue)
        // Addresses may have passwords in them.
        && (is_secret(argument) || value.contains(['@', ':', '/']))
    {
        text = text.replace(&format!("invalid value '{value}'"), "invalid value");
    }
    let variable = name(argument);
    if is_given(argument, env::args_os()) || env::var_os(&variable).is_none_or(|v| is_blank(&v)) {
        return text;
    }
    let origin = if from_file(&variable) { "the file .env" } else { "the environment" };
    text.replace(&format!("for '{shown}'"), &format!("for {variable} in {origin}"))
}

fn is_given(argument: &Arg, mut line: impl Iterator<Item = OsString>) -> bool {
    let option = format!("--{}", argument.get_long().unwrap_or_default());
    line.any(|word| {
        let word = word.to_string_lossy();
        word.strip_prefix(&option).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

fn name(argument: &Arg) -> String {
    argument.get_env().unwrap_or_default().to_string_lossy().into_owned()
}

/// The argument with a variable that the parser calls `shown`.
fn find<'a>(command: &'a Command, shown: &str) -> Option<&'a Arg> {
    let is_it = |argument: &&Arg| argument.get_env().is_some() && argument.to_string() == shown;
    let below = || command.get_subcommands().find_map(|command| find(command, shown));
    command.get_arguments().find(is_it).or_else(below)
}
