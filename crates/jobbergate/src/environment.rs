//! Environment variables: those of the file `.env`, and those that nobody reads.

use std::{collections::BTreeSet, env, ffi::OsStr, fs};

use clap::Command;

use crate::dot_env;

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

/// The file, in the working directory, as the Python server has it.
const FILE: &str = ".env";

/// Sets the variables of `.env` that are not set yet, or set but blank. Returns their names.
pub fn load_dot_env() -> anyhow::Result<BTreeSet<String>> {
    // A directory of that name is somebody's virtual environment, and one that can't be looked
    // into has no such file for this user.
    if !fs::metadata(FILE).is_ok_and(|found| !found.is_dir()) {
        return Ok(BTreeSet::new());
    }
    let text = fs::read_to_string(FILE)?;
    let missing = |name: &str| env::var_os(name).is_none_or(|value| is_blank(&value));
    let set = |name: &str| env::var(name).ok().filter(|_| !missing(name));
    let wanted = dot_env::parse(&text, set)?.into_iter().filter_map(|(name, value)| {
        value.filter(|value| missing(&name) && !is_blank(value.as_ref())).map(|value| (name, value))
    });
    Ok(wanted
        .map(|(name, value)| {
            set_variable(&name, &value);
            name
        })
        .collect())
}

/// Whether a value counts as none, as on the Python server.
pub fn is_blank(value: &OsStr) -> bool {
    value.to_string_lossy().trim().is_empty()
}

#[expect(unsafe_code, reason = "the program begins with it, before there are threads")]
fn set_variable(name: &str, value: &str) {
    // SAFETY: nothing reads the environment meanwhile: there is this thread only.
    unsafe { env::set_var(name, value) }
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
