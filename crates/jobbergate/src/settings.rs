//! `jobbergate admin config`: the server's settings and where each comes from.

use std::collections::BTreeSet;

use clap::{Arg, ArgMatches, Command, parser::ValueSource};
use serde::Serialize;
use url::Url;

/// Stands in place of a secret.
const HIDDEN: &str = "***";
/// Names of settings whose values nobody may read over a shoulder, however they are declared.
const SECRETS: [&str; 7] = ["PASSWORD", "PSWD", "SECRET", "API_KEY", "TOKEN", "DSN", "CREDENTIAL"];

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    variable: String,
    option: String,
    value: Option<String>,
    source: &'static str,
}

/// The settings of the subcommand `name`; `from_file` are the variables that `.env` has set.
pub fn of_subcommand(
    command: &mut Command,
    name: &str,
    matches: &ArgMatches,
    from_file: &BTreeSet<String>,
) -> Vec<Setting> {
    command.build();
    let (Some(command), Some(matches)) =
        (command.find_subcommand(name), matches.subcommand_matches(name))
    else {
        return Vec::new();
    };
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

pub fn as_text(settings: &[Setting]) -> String {
    let width = |of: fn(&Setting) -> usize| settings.iter().map(of).max().unwrap_or_default();
    let (names, sources) = (width(|s| s.variable.len()), width(|s| s.source.len()));
    let line = |setting: &Setting| {
        let Setting { variable, value, source, .. } = setting;
        let value = value.as_deref().unwrap_or("(not set)");
        format!("{variable:names$}  {source:sources$}  {value}\n")
    };
    settings.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::command_line::{Cli, parser};

    fn listed(line: &str, from_file: &[&str]) -> Vec<Setting> {
        let matches = parser().try_get_matches_from(line.split(' ')).unwrap();
        let from_file = from_file.iter().map(|name| (*name).to_owned()).collect();
        of_subcommand(&mut Cli::command(), "admin", &matches, &from_file)
    }

    fn shown<'a>(settings: &'a [Setting], variable: &str) -> (Option<&'a str>, &'static str) {
        let found = settings.iter().find(|setting| setting.variable == variable).unwrap();
        (found.value.as_deref(), found.source)
    }

    #[test]
    fn a_setting_says_where_it_comes_from() {
        let line = "jobbergate admin --database-port 7 config --data-dir /d --log-level debug";
        let all = listed(line, &[]);
        assert_eq!(shown(&all, "DATABASE_PORT"), (Some("7"), "command line"));
        assert_eq!(shown(&all, "JOBBERGATE_DATA_DIR"), (Some("/d"), "command line"));
        assert_eq!(shown(&all, "LOG_LEVEL"), (Some("debug"), "command line"));
        assert_eq!(shown(&all, "MAX_UPLOAD_FILE_SIZE"), (Some("5242880"), "default"));
        assert_eq!(shown(&all, "MULTI_TENANCY_ENABLED"), (Some("false"), "default"));
        let all = listed("jobbergate admin config --database-user x", &[]);
        assert_eq!(shown(&all, "DATABASE_USER"), (Some("x"), "command line"));
    }

    #[test]
    fn where_a_secret_is_kept_is_shown() {
        let line = "jobbergate admin --ldap-bind-password s3cret \
                    --ldap-bind-password-file /etc/jobbergate/ldap-password config";
        let all = listed(line, &[]);
        let file = Some("/etc/jobbergate/ldap-password");
        assert_eq!(shown(&all, "JOBBERGATE_LDAP_BIND_PASSWORD_FILE").0, file);
        assert_eq!(shown(&all, "JOBBERGATE_LDAP_BIND_PASSWORD").0, Some("***"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let line = "jobbergate admin --database-url postgres://joe:s3cret@h/db?password=x \
                    --aws-secret-access-key s3cret --sendgrid-api-url http://joe:s3cret@h/ \
                    --sentry-dsn https://s3cret@sentry.example.com/7 config";
        let all = listed(line, &[]);
        assert_eq!(shown(&all, "SENTRY_DSN").0, Some("https://***@sentry.example.com/7"));
        assert_eq!(shown(&all, "DATABASE_URL").0, Some("postgres://joe:***@h/db?***"));
        assert_eq!(shown(&all, "AWS_SECRET_ACCESS_KEY").0, Some("***"));
        assert_eq!(shown(&all, "SENDGRID_API_URL").0, Some("http://joe:***@h/"));
        assert_eq!(shown(&all, "DATABASE_PSWD").0, Some("***"));
        let text = as_text(&all);
        assert!(!text.contains("s3cret") && !text.contains("compose-db-pswd"), "{text}");
        for url in ["postgres:joe:s3cret@h/n", "postgres://joe:12/s3cret@h/n", "s3cret"] {
            assert!(!presentable(url.to_owned(), true).contains("s3cret"), "{url}");
        }
    }
}
