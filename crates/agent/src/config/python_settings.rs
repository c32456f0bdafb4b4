//! All settings of the Python agent: their names, their defaults, and what may be given.

use clap::{CommandFactory, Parser};

use super::*;
use crate::{migrated, user_map::Mapping};

/// What a setting of the Python agent is here.
enum Here {
    /// The same, with the same default.
    Same,
    /// The same, with another default, of which `docs/operations.md` tells; empty for one that
    /// depends on something else, or none.
    Default(&'static str),
    /// Another variable.
    Renamed,
    /// Nothing, which is said at start.
    WithoutEffect,
    /// A variable without an option.
    Secret,
}
use Here::{Default, Renamed, Same, Secret as Variable, WithoutEffect};

struct Setting {
    /// Without the prefix.
    name: &'static str,
    /// Theirs; empty if there is none.
    default: &'static str,
    here: Here,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
}

const fn setting(
    name: &'static str,
    default: &'static str,
    here: Here,
    accepted: &'static [&'static str],
    refused: &'static [&'static str],
) -> Setting {
    Setting { name, default, here, accepted, refused }
}

const BOOL: &[&str] = &[
    "true", "false", "True", "FALSE", "1", "0", "yes", "no", "on", "off", "t", "f", "y", "n", "Y",
];
const NO_BOOL: &[&str] = &["2", "maybe"];
const PATH: &[&str] = &["/usr/bin/x", "/opt/slurm 24/bin/x"];
const NO_PATH: &[&str] = &["sbatch", "bin/sbatch"];
const TEXT: &[&str] = &["x", "a b", "ä"];

/// Of the packages 5.11.0 and 5.12.0.
const SETTINGS: [Setting; 38] = [
    setting(
        "BASE_API_URL",
        "https://apis.vantagehpc.io",
        Default("http://127.0.0.1:8000"),
        &["https://apis.vantagehpc.io", "http://h:8000/sub"],
        &[],
    ),
    setting(
        "OIDC_DOMAIN",
        "auth.vantagehpc.io/realms/vantage",
        Default(""),
        &["auth.vantagehpc.io/realms/vantage", "h:8080/realms/r"],
        &[],
    ),
    setting("OIDC_CLIENT_ID", "jobbergate-agent", Default(""), TEXT, &[]),
    setting("OIDC_CLIENT_SECRET", "CHANGE_ME", Variable, &[], &[]),
    setting("OIDC_USE_HTTPS", "true", Same, BOOL, NO_BOOL),
    setting("REQUESTS_TIMEOUT", "15", Default("30"), &["15", "1", "600", " 15 "], &["soon", "0"]),
    setting("CACHE_DIR", "~/.cache/jobbergate-agent", Default(""), PATH, &[]),
    setting("SBATCH_PATH", "/usr/bin/sbatch", Same, PATH, NO_PATH),
    setting("SCONTROL_PATH", "/usr/bin/scontrol", Default(""), PATH, NO_PATH),
    setting("SCANCEL_PATH", "/usr/bin/scancel", Default(""), PATH, NO_PATH),
    setting("X_SLURM_USER_NAME", "ubuntu", Default(""), &["ubuntu"], &[]),
    setting("SINGLE_USER_SUBMITTER", "", Same, &["ubuntu"], &[]),
    setting(
        "SLURM_USER_MAPPER",
        "",
        Same,
        &["single-user-mapper", "ldap-cached-mapper"],
        &["our-own-plugin"],
    ),
    setting(
        "DEFAULT_SLURM_WORK_DIR",
        "/home/{username}",
        Default(""),
        &["/home/{username}", "/scratch"],
        &["jobs"],
    ),
    setting("WRITE_SUBMISSION_FILES", "true", Same, BOOL, NO_BOOL),
    setting("GET_EXTRA_GROUPS", "false", WithoutEffect, &[], &[]),
    setting(
        "TASK_JOBS_INTERVAL_SECONDS",
        "60",
        Default("0.5"),
        &["10", "30", "60", "3600"],
        &["0", "-1", "soon"],
    ),
    setting("TASK_SELF_UPDATE_INTERVAL_SECONDS", "", WithoutEffect, &[], &[]),
    setting("MAX_PAGES_PER_CYCLE", "5", WithoutEffect, &[], &[]),
    setting("ITEMS_PER_PAGE", "100", WithoutEffect, &[], &[]),
    setting("SENTRY_DSN", "", Renamed, &[], &[]),
    setting("SENTRY_ENV", "local", Renamed, &[], &[]),
    setting("SENTRY_SAMPLE_RATE", "0.25", Renamed, &[], &[]),
    setting("SENTRY_TRACES_SAMPLE_RATE", "0.01", Renamed, &[], &[]),
    setting("SENTRY_PROFILING_SAMPLE_RATE", "0.01", WithoutEffect, &[], &[]),
    setting(
        "INFLUX_DSN",
        "",
        Same,
        &["influxdb://u:p@h:8086/db", "https+influxdb://h/db", "udp+influxdb://h/db"],
        &["http://h/db", "h"],
    ),
    setting("INFLUX_SSL", "false", Same, BOOL, NO_BOOL),
    setting("INFLUX_VERIFY_SSL", "false", Same, BOOL, NO_BOOL),
    setting("INFLUX_CERT_PATH", "", Same, PATH, &[]),
    setting("INFLUX_TIMEOUT", "", Default("30"), &["1", "3600"], &["0", "soon"]),
    setting("INFLUX_POOL_SIZE", "10", Same, &["1", "1000"], &["0"]),
    setting("INFLUX_UDP_PORT", "4444", Same, &["1", "65535"], &["0", "65536"]),
    setting("LDAP_DOMAIN", "", Same, &["ldap.x.org", "ldaps://ldap.x.org"], &[]),
    // 636 unless StartTLS is used, which the Python agent does not know.
    setting("LDAP_PORT", "636", Default(""), &["636", "3269"], &["0", "65536", "ldaps"]),
    setting("LDAP_BIND_DN", "", Same, &["cn=agent,dc=x", "agent@x.org"], &[]),
    setting("LDAP_PASSWORD", "", Same, TEXT, &[]),
    setting("LDAP_SEARCH_BASE", "", Same, &["ou=people,dc=x"], &[]),
    setting("LDAP_UID_ATTRIBUTE", "uid", Same, &["uid", "sAMAccountName"], &["(uid"]),
];

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    _agent: AgentConfig,
}

/// The option that reads this variable, and its default.
fn option(variable: &str) -> Option<(String, String)> {
    let command = Cli::command();
    let mut found =
        command.get_arguments().filter(|a| a.get_env().is_some_and(|name| name == variable));
    let argument = found.next()?;
    let default = argument.get_default_values().first();
    let default = default.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default();
    Some((format!("--{}", argument.get_long()?), default))
}

fn accepts(option: &str, value: &str) -> bool {
    let least = ["--oidc-domain=h/realms/r", "--oidc-client-id=lab"];
    let others = least.iter().filter(|other| !other.starts_with(&format!("{option}=")));
    let line = ["agent".to_owned(), format!("{option}={value}")];
    let line = line.into_iter().chain(others.map(|other| (*other).to_owned()));
    Cli::try_parse_from(line).is_ok()
}

#[test]
fn each_setting_of_the_python_agent_has_its_name_default_and_forms_or_is_accounted_for() {
    for Setting { name, default, here, accepted, refused } in &SETTINGS {
        let variable = format!("JOBBERGATE_AGENT_{name}");
        let expected = match here {
            Same => default,
            Default(ours) => ours,
            Renamed => {
                assert!(migrated::RENAMED.iter().any(|(theirs, _)| *theirs == variable), "{name}");
                continue;
            }
            WithoutEffect => {
                let said = migrated::doubts(|given| given == variable);
                assert!(said.len() == 1 && said[0].contains(name), "{name}: {said:?}");
                continue;
            }
            Variable => {
                assert_eq!(variable, SECRET_VARIABLE);
                continue;
            }
        };
        let (option, default) = option(&variable).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(default, *expected, "{name}");
        for value in *accepted {
            assert!(accepts(&option, value), "{name}={value}");
        }
        for value in *refused {
            assert!(!accepts(&option, value), "{name}={value}");
        }
    }
}

#[test]
fn what_the_snap_writes_is_accepted_as_a_whole() {
    let written = [
        "--base-api-url=https://apis.vantagehpc.io",
        "--oidc-domain=auth.vantagehpc.io/realms/vantage",
        "--oidc-client-id=lab",
        "--task-jobs-interval-seconds=30",
        "--cache-dir=/var/snap/jobbergate-agent/common/.cache",
        "--sbatch-path=/usr/bin/sbatch",
        "--scontrol-path=/usr/bin/scontrol",
        "--single-user-submitter=ubuntu",
        "--write-submission-files=true",
        "--influx-pool-size=10",
        "--influx-ssl=false",
        "--influx-verify-ssl=false",
        "--influx-udp-port=4444",
    ];
    let agent = Cli::try_parse_from(["agent"].iter().chain(&written)).unwrap()._agent;
    let map = agent.user_map().unwrap();
    assert!(matches!(map.mapping(), Mapping::Single(name) if name == "ubuntu"));
    assert_eq!(agent.doubts(&map), [""; 0]);
}

/// The operations guide has a row for each setting that is not simply the same.
#[test]
fn what_differs_is_documented() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operations.md");
    let guide = fs::read_to_string(path).unwrap();
    for Setting { name, here, .. } in &SETTINGS {
        let documented =
            guide.contains(&format!("`{name}`")) || guide.contains(&format!("`{name}="));
        assert!(matches!(here, Same) || documented, "{name}");
    }
}
