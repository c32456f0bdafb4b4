//! Environment variables: those of the file `.env`, and those that nobody reads.

use std::{collections::BTreeSet, env, io::ErrorKind};

use clap::Command;

/// What unknown variables begin with that were probably meant for us.
const PREFIXES: [&str; 11] = [
    "ARMASEC_",
    "AUTO_CLEAN_",
    "DATABASE_",
    "JOBBERGATE_",
    "METADATA_",
    "MULTI_TENANCY_",
    "RABBITMQ_",
    "S3_",
    "SENDGRID_",
    "SENTRY_",
    "SMTP_",
];

/// Variables without an option: a secret, one of the tests', and what the Python server read and
/// has no use here.
const OTHERS: [&str; 4] = [
    "JOBBERGATE_AGENT_OIDC_CLIENT_SECRET",
    "JOBBERGATE_TESTKIT_DIR",
    "DEPLOY_ENV",
    "ARMASEC_DEBUG",
];

/// Sets the variables of `.env` that are not set yet. Returns their names.
pub fn load_dot_env() -> Result<BTreeSet<String>, dotenvy::Error> {
    let before = names();
    match dotenvy::dotenv() {
        Err(error) if !is_absent(&error) => Err(error),
        _ => Ok(names().difference(&before).cloned().collect()),
    }
}

/// A directory that can't be looked into has no `.env` for this user.
fn is_absent(error: &dotenvy::Error) -> bool {
    let denied =
        matches!(error, dotenvy::Error::Io(io) if io.kind() == ErrorKind::PermissionDenied);
    error.not_found() || denied
}

fn names() -> BTreeSet<String> {
    env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
}

/// Warns of variables that look like a setting but are none: a typing error would otherwise be
/// a default that nobody wanted.
pub fn warn_of_unknown_variables(command: &Command) {
    let known = known_variables(command);
    for (name, value) in env::vars_os() {
        let (Ok(name), value) = (name.into_string(), value.to_string_lossy()) else { continue };
        match suspect(&name, &value, &known) {
            Some(Some(meant)) => tracing::warn!(
                variable = name,
                "this environment variable is not known and has no effect; is {meant} meant?"
            ),
            Some(None) => tracing::warn!(
                variable = name,
                "this environment variable is not known and has no effect"
            ),
            None => {}
        }
    }
}

fn known_variables(command: &Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_env());
    let own = own.map(|name| name.to_string_lossy().into_owned());
    let below = command.get_subcommands().flat_map(known_variables);
    own.chain(below).chain(OTHERS.map(str::to_owned)).collect()
}

/// Whether the variable is probably a mistake, and which one it probably stands for.
fn suspect<'a>(name: &str, value: &str, known: &'a BTreeSet<String>) -> Option<Option<&'a str>> {
    if known.contains(name) || is_service_link(name, value) {
        return None;
    }
    let prefix = PREFIXES.iter().find(|prefix| name.starts_with(**prefix));
    // Two errors in a long name are an accident, in a short one they make another word.
    let tolerance = match name.len() {
        0..6 => 0,
        6..10 => 1,
        _ => 2,
    };
    let meant = known
        .iter()
        .map(|candidate| (strsim::osa_distance(name, candidate), candidate.as_str()))
        .filter(|(distance, _)| *distance <= tolerance)
        .min();
    match (meant, prefix) {
        (Some((_, meant)), _) => Some(Some(meant)),
        (None, Some(_)) => Some(None),
        (None, None) => None,
    }
}

/// What Kubernetes sets for a service called `jobbergate` or `database`.
fn is_service_link(name: &str, value: &str) -> bool {
    let of_a_port = |protocol: &str| {
        name.split_once("_PORT_").is_some_and(|(_, rest)| {
            rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(protocol)
        })
    };
    name.ends_with("_SERVICE_HOST")
        || name.contains("_SERVICE_PORT")
        || of_a_port("_TCP")
        || of_a_port("_UDP")
        || (name.ends_with("_PORT") && (value.starts_with("tcp://") || value.starts_with("udp://")))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::command_line::Cli;

    #[test]
    fn typing_errors_are_suspected_and_others_variables_are_not() {
        let known = known_variables(&Cli::command());
        let judged = |name: &str| suspect(name, "x", &known);
        for (name, meant) in [
            ("DATABASE_HOTS", "DATABASE_HOST"),
            ("DATABSE_URL", "DATABASE_URL"),
            ("LOGLEVEL", "LOG_LEVEL"),
            ("S3_BUCKETNAME", "S3_BUCKET_NAME"),
            ("JOBBERGATE_AGENT_OIDC_CLIENT_ID_", "JOBBERGATE_AGENT_OIDC_CLIENT_ID"),
            ("MULTITENANCY_ENABLED", "MULTI_TENANCY_ENABLED"),
            ("AWS_ACESS_KEY_ID", "AWS_ACCESS_KEY_ID"),
        ] {
            assert_eq!(judged(name), Some(Some(meant)), "{name}");
        }
        assert_eq!(judged("ARMASEC_BANANAS_PER_HOUR"), Some(None));
        for name in [
            "PATH",
            "HOME",
            "TERM",
            "LANG",
            "USER",
            "DATABASE_URL",
            "DEPLOY_ENV",
            "AWS_REGION",
            "TEST_DATABASE_HOST",
            "TEST_S3_BUCKET_NAME",
            "JOBBERGATE_SERVICE_HOST",
            "LISTEN_FDS",
            "JOBBERGATE_PORT_8000_TCP_ADDR",
            "JOBBERGATE_AGENT_OIDC_CLIENT_SECRET",
            "HTTPS_PROXY",
        ] {
            assert_eq!(judged(name), None, "{name}");
        }
        assert_eq!(suspect("JOBBERGATE_PORT", "tcp://10.0.0.1:8000", &known), None);
    }
}
