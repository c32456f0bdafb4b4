//! `jobbergate admin config`: the server's settings and where each comes from.

use std::collections::BTreeSet;

use clap::{ArgMatches, Command};
use jobbergate_api::settings::{self, Setting};

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
    settings::of_command(command, matches, from_file)
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
    }
}
