//! The server's settings as they are shown, and where each comes from.

use std::collections::BTreeSet;

use clap::{Arg, ArgMatches, Command, parser::ValueSource};
use serde::Serialize;
use url::Url;

/// Stands in place of a secret.
const HIDDEN: &str = "***";
/// Names of settings whose values nobody may read over a shoulder, however they are declared.
const SECRETS: [&str; 7] = ["PASSWORD", "PSWD", "SECRET", "API_KEY", "TOKEN", "DSN", "CREDENTIAL"];

/// A setting that may be shown: secrets are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The environment variable that it is known by.
    pub variable: String,
    /// Its option on the command line.
    pub option: String,
    pub value: Option<String>,
    /// Where the value comes from.
    pub source: &'static str,
}

/// The settings that a command takes; `from_file` are the variables that `.env` has set.
pub fn of_command(
    command: &Command,
    matches: &ArgMatches,
    from_file: &BTreeSet<String>,
) -> Vec<Setting> {
    command.get_arguments().filter_map(|argument| setting(argument, matches, from_file)).collect()
}

/// Whether somebody has set this variable or its option.
pub fn is_given(settings: &[Setting], variable: &str) -> bool {
    settings.iter().any(|setting| setting.variable == variable && setting.source != "default")
}

fn setting(argument: &Arg, matches: &ArgMatches, from_file: &BTreeSet<String>) -> Option<Setting> {
    let variable = argument.get_env()?.to_string_lossy().into_owned();
    let id = argument.get_id().as_str();
    let source = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => "command line",
        Some(ValueSource::EnvVariable) if from_file.contains(&variable) => ".env file",
        Some(ValueSource::EnvVariable) => "environment",
        _ => "default",
    };
    let values = matches.get_raw(id).map(|values| {
        let values: Vec<_> = values.map(|value| value.to_string_lossy().into_owned()).collect();
        values.join(",")
    });
    let value = values.map(|value| presentable(value, is_secret(argument)));
    let option = format!("--{}", argument.get_long()?);
    Some(Setting { variable, option, value, source })
}

/// Whether nobody may read the value over a shoulder.
pub fn is_secret(argument: &Arg) -> bool {
    let name = argument.get_env().unwrap_or_default().to_string_lossy();
    // A file with a secret has a name that is none.
    let names_secret = SECRETS.iter().any(|word| name.contains(word)) && !name.ends_with("_FILE");
    argument.is_hide_env_values_set() || names_secret
}

/// Of an address only its password, what follows the question mark and a user without a password,
/// who is a key, are secret.
fn presentable(value: String, secret: bool) -> String {
    match Url::parse(&value).ok().filter(Url::has_host) {
        Some(url) if secret || url.password().is_some() => {
            without_secrets(url).unwrap_or_else(|()| HIDDEN.to_owned())
        }
        None if secret => HIDDEN.to_owned(),
        _ => value,
    }
}

fn without_secrets(mut url: Url) -> Result<String, ()> {
    // A password that was cut short by a slash or a hash is in there.
    if url.path().contains('@') || url.fragment().is_some() {
        return Err(());
    }
    if url.password().is_some() {
        url.set_password(Some(HIDDEN))?;
    } else if !url.username().is_empty() {
        url.set_username(HIDDEN)?;
    }
    if url.query().is_some() {
        url.set_query(Some(HIDDEN));
    }
    Ok(url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_may_have_a_password_in_it_is_not_shown() {
        for url in ["postgres:joe:s3cret@h/n", "postgres://joe:12/s3cret@h/n", "s3cret"] {
            assert!(!presentable(url.to_owned(), true).contains("s3cret"), "{url}");
        }
    }
}
