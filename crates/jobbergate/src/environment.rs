//! Environment variables: those of the file `.env`, and those that nobody reads.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    ffi::{OsStr, OsString},
    fs,
    path::Path,
};

use clap::Command;
use jobbergate_agent::migrated;

use jobbergate_cli::dot_env;

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

/// Variables without an option: a secret, one of the tests', what the Python server read and has
/// no use here, and those of the users' command line.
const OTHERS: [&str; 8] = [
    "JOBBERGATE_AGENT_OIDC_CLIENT_SECRET",
    "JOBBERGATE_TESTKIT_DIR",
    "DEPLOY_ENV",
    "ARMASEC_DEBUG",
    "JOBBERGATE_CACHE_DIR",
    "JOBBERGATE_REQUESTS_TIMEOUT",
    "JOBBERGATE_COMPATIBILITY_MODE",
    "JOBBERGATE_LEGACY_NAME_CONVENTION",
];

/// The file, in the working directory, as the Python server has it.
const FILE: &str = ".env";
/// The one that the Python agent's snap writes, which the agent reads instead where it exists.
const FILE_OF_SNAP: &str = "/var/snap/jobbergate-agent/common/.env";

/// What was found beside the plain environment.
#[derive(Debug, Default)]
pub struct Found {
    pub from_file: BTreeSet<String>,
    /// What a person should know, once there is a log.
    pub doubts: Vec<String>,
}

/// Gives every setting its name in capitals, whichever way the environment or the file spells it,
/// as the Python programs take it; `command` knows the settings. The environment counts more than
/// the file; blank is unset.
pub fn prepare(command: &Command) -> anyhow::Result<Found> {
    let known = known_variables(command);
    let is_agent = env::args_os().nth(1).is_some_and(|role| role == "agent");
    let mut found = Found::default();
    let environment =
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value)));
    for (name, value) in in_capitals(environment, &known, "the environment", &mut found.doubts) {
        if !is_set(&name) {
            set_variable(&name, &value);
        }
    }
    load_file(is_agent, &known, &mut found)?;
    if is_agent {
        // The Python agent has its own names for what all roles share here.
        for (theirs, ours) in migrated::RENAMED {
            if let Some(value) = env::var_os(theirs).filter(|_| is_set(theirs) && !is_set(ours)) {
                set_variable(ours, &value);
            }
        }
    }
    Ok(found)
}

/// Sets the variables of the file that are not set yet, or set but blank.
fn load_file(is_agent: bool, known: &BTreeSet<String>, found: &mut Found) -> anyhow::Result<()> {
    // A directory of that name is somebody's virtual environment, and one that can't be looked
    // into has no such file for this user.
    let is_file = |path: &str| fs::metadata(path).is_ok_and(|found| !found.is_dir());
    let file = if is_agent && is_file(FILE_OF_SNAP) { FILE_OF_SNAP } else { FILE };
    if !is_file(file) {
        return Ok(());
    }
    let text = fs::read_to_string(Path::new(file))
        .map_err(|error| anyhow::Error::new(error).context(format!("the file {file}")))?;
    let set = |name: &str| env::var(name).ok().filter(|_| is_set(name));
    let parsed = dot_env::parse(&text, set)
        .map_err(|error| anyhow::Error::new(error).context(format!("the file {file}")))?;
    let values: BTreeMap<String, OsString> = parsed
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, OsString::from(value))))
        .collect();
    let spelt = in_capitals(values.clone(), known, "the file .env", &mut found.doubts);
    for (name, value) in values.into_iter().chain(spelt) {
        if !is_set(&name) && !is_blank(&value) {
            set_variable(&name, &value);
            found.from_file.insert(name);
        }
    }
    Ok(())
}

/// The settings that are not spelt in capitals, by their names in capitals. Two spellings of one
/// setting with different values are doubtful: capitals win, then the first in alphabetical order.
fn in_capitals(
    variables: impl IntoIterator<Item = (String, OsString)>,
    known: &BTreeSet<String>,
    origin: &str,
    doubts: &mut Vec<String>,
) -> BTreeMap<String, OsString> {
    let mut spellings: BTreeMap<String, BTreeMap<String, OsString>> = BTreeMap::new();
    for (name, value) in variables {
        let capitals = name.to_ascii_uppercase();
        if known.contains(&capitals) && !is_blank(&value) {
            spellings.entry(capitals).or_default().insert(name, value);
        }
    }
    let mut others = BTreeMap::new();
    for (capitals, spelt) in spellings {
        let Some((counts, value)) =
            spelt.get_key_value(&capitals).or_else(|| spelt.first_key_value())
        else {
            continue;
        };
        for (name, _) in spelt.iter().filter(|(_, other)| *other != value) {
            doubts.push(format!(
                "{name} and {counts} are one setting, and {origin} has both with different values: \
                 {counts} counts; remove the other"
            ));
        }
        if *counts != capitals {
            others.insert(capitals, value.clone());
        }
    }
    others
}

/// Whether a variable is set, and not blank.
pub fn is_set(name: &str) -> bool {
    env::var_os(name).is_some_and(|value| !is_blank(&value))
}

/// Whether a value counts as none, as on the Python server.
pub fn is_blank(value: &OsStr) -> bool {
    value.to_string_lossy().trim().is_empty()
}

#[expect(unsafe_code, reason = "the program begins with it, before there are threads")]
fn set_variable(name: &str, value: &OsStr) {
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
    own.chain(below).chain(OTHERS.map(str::to_owned)).chain(migrated::names()).collect()
}

/// Whether the variable is probably a mistake, and which one it probably stands for.
fn suspect<'a>(name: &str, value: &str, known: &'a BTreeSet<String>) -> Option<Option<&'a str>> {
    let name = name.to_ascii_uppercase();
    let name = name.as_str();
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
        // Of most it is seen at once, which hundreds of settings and of variables are worth.
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= tolerance)
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

    fn spelt(pairs: &[(&str, &str)]) -> (Vec<(String, String)>, Vec<String>) {
        let known = known_variables(&Cli::command());
        let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), OsString::from(value)));
        let mut doubts = Vec::new();
        let found = in_capitals(pairs, &known, "the environment", &mut doubts);
        let text = |(name, value): (String, OsString)| (name, value.into_string().unwrap());
        (found.into_iter().map(text).collect(), doubts)
    }

    #[test]
    fn settings_may_be_spelt_in_any_case_and_capitals_win() {
        let one = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let (found, doubts) = spelt(&[("database_host", "db"), ("path", "x"), ("Home", "y")]);
        assert_eq!((found, doubts), (one("DATABASE_HOST", "db"), vec![]));
        let (found, doubts) = spelt(&[("database_host", "a"), ("DATABASE_HOST", "b")]);
        assert_eq!(found, vec![]);
        assert!(doubts[0].contains("database_host and DATABASE_HOST"), "{doubts:?}");
        let (found, doubts) = spelt(&[("database_host", "a"), ("DATABASE_HOST", " ")]);
        assert_eq!((found, doubts), (one("DATABASE_HOST", "a"), vec![]));
        let (found, doubts) = spelt(&[("Database_Host", "a"), ("database_host", "b")]);
        assert_eq!((found, doubts.len()), (one("DATABASE_HOST", "a"), 1));
        let (found, doubts) = spelt(&[("Jobbergate_Agent_OIDC_Client_Secret", "s")]);
        assert_eq!(found, one("JOBBERGATE_AGENT_OIDC_CLIENT_SECRET", "s"));
        assert!(doubts.is_empty());
    }

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
            ("databse_host", "DATABASE_HOST"),
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
            "https_proxy",
            "no_proxy",
            "database_host",
            "JOBBERGATE_AGENT_CACHE_DIR",
        ] {
            assert_eq!(judged(name), None, "{name}");
        }
        assert_eq!(suspect("JOBBERGATE_PORT", "tcp://10.0.0.1:8000", &known), None);
    }
}
