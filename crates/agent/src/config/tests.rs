use clap::{CommandFactory, Parser};

use super::*;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    agent: AgentConfig,
}

fn parse(more: &[&str]) -> Result<AgentConfig, clap::Error> {
    let least = ["agent", "--oidc-domain=h/realms/r", "--oidc-client-id=lab"];
    Ok(Cli::try_parse_from(least.iter().chain(more))?.agent)
}

/// The user that everybody is.
fn everybody(options: &[&str]) -> String {
    let map = parse(options).unwrap().user_map().unwrap();
    let Mapping::Single(name) = map.mapping() else { panic!("{map}") };
    name.clone()
}

#[test]
fn the_options_are_consistent_and_show_no_secret() {
    Cli::command().debug_assert();
    let help = Cli::command().render_long_help().to_string();
    assert!(help.contains("--client-secret-file"));
    assert!(!help.contains("--oidc-client-secret"));
}

#[test]
fn other_commands_are_beside_sbatch() {
    let config = parse(&["--sbatch-path=/opt/slurm/bin/sbatch", "--sacct-path=/x/sacct"]);
    let paths = config.unwrap().slurm().paths;
    assert_eq!(paths.squeue, Path::new("/opt/slurm/bin/squeue"));
    assert_eq!(paths.sacct, Path::new("/x/sacct"));
}

#[test]
fn a_mapping_says_what_it_lacks() {
    let message = |more: &[&str]| parse(more).unwrap().user_map().unwrap_err().to_string();
    assert!(message(&["--slurm-user-mapper=file"]).contains("--user-map-file"));
    assert_eq!(everybody(&["--single-user-submitter=ann"]), "ann");
    assert!(message(&["--slurm-user-mapper=command"]).contains("--user-map-command"));
    let ldap = message(&["--slurm-user-mapper=ldap-cached-mapper"]);
    assert!(ldap.contains("needs JOBBERGATE_AGENT_LDAP_DOMAIN"), "{ldap}");
}

#[test]
fn the_secret_comes_from_a_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, "s3cret\n").unwrap();
    let option = format!("--client-secret-file={}", file.path().display());
    assert_eq!(parse(&[&option]).unwrap().secret().unwrap().reveal(), "s3cret");
    let missing = parse(&["--client-secret-file=/nonexistent/s"]).unwrap();
    assert!(missing.client().unwrap_err().to_string().contains("/nonexistent/s"));
}

#[test]
fn settings_of_the_python_agent_mean_what_they_meant() {
    let theirs = ["--slurm-user-mapper=single-user-mapper", "--x-slurm-user-name=ubuntu"];
    assert_eq!(everybody(&theirs), "ubuntu");
    let both = ["--x-slurm-user-name=ubuntu", "--single-user-submitter=ann"];
    assert_eq!(everybody(&both), "ann");
    let own = Account::own().unwrap();
    let directory = parse(&["--default-slurm-work-dir=/work/{username}/jobs"]).unwrap();
    let expected = format!("/work/{}/jobs", own.name);
    assert_eq!(directory.default_directory(&own), Path::new(&expected));
    assert_eq!(parse(&[]).unwrap().default_directory(&own), own.home);
    for spelling in ["True", "1", "YES", "on", "t", "Y"] {
        let option = format!("--write-submission-files={spelling}");
        assert!(parse(&[&option]).unwrap().write_submission_files, "{spelling}");
    }
    for relative in ["--default-slurm-work-dir=jobs", "--sbatch-path=sbatch"] {
        assert!(parse(&[relative]).is_err(), "{relative}");
    }
}

#[test]
fn intervals_have_bounds() {
    assert!(parse(&["--task-jobs-interval-seconds=0.25"]).is_ok());
    for wrong in ["0", "-1", "NaN", "1e9", "soon"] {
        assert!(parse(&[&format!("--task-jobs-interval-seconds={wrong}")]).is_err(), "{wrong}");
    }
}

/// All settings of the Python agent, each without the prefix.
const OF_PYTHON: [&str; 38] = [
    "BASE_API_URL",
    "OIDC_DOMAIN",
    "OIDC_CLIENT_ID",
    "OIDC_CLIENT_SECRET",
    "OIDC_USE_HTTPS",
    "REQUESTS_TIMEOUT",
    "CACHE_DIR",
    "SBATCH_PATH",
    "SCONTROL_PATH",
    "SCANCEL_PATH",
    "X_SLURM_USER_NAME",
    "SINGLE_USER_SUBMITTER",
    "SLURM_USER_MAPPER",
    "DEFAULT_SLURM_WORK_DIR",
    "WRITE_SUBMISSION_FILES",
    "GET_EXTRA_GROUPS",
    "TASK_JOBS_INTERVAL_SECONDS",
    "TASK_SELF_UPDATE_INTERVAL_SECONDS",
    "MAX_PAGES_PER_CYCLE",
    "ITEMS_PER_PAGE",
    "SENTRY_DSN",
    "SENTRY_ENV",
    "SENTRY_SAMPLE_RATE",
    "SENTRY_TRACES_SAMPLE_RATE",
    "SENTRY_PROFILING_SAMPLE_RATE",
    "INFLUX_DSN",
    "INFLUX_SSL",
    "INFLUX_VERIFY_SSL",
    "INFLUX_CERT_PATH",
    "INFLUX_TIMEOUT",
    "INFLUX_POOL_SIZE",
    "INFLUX_UDP_PORT",
    "LDAP_DOMAIN",
    "LDAP_PORT",
    "LDAP_BIND_DN",
    "LDAP_PASSWORD",
    "LDAP_SEARCH_BASE",
    "LDAP_UID_ATTRIBUTE",
];

#[test]
fn no_setting_of_the_python_agent_is_unknown() {
    let command = Cli::command();
    let own = command.get_arguments().filter_map(|argument| argument.get_env());
    let mut known: Vec<String> = own.map(|name| name.to_string_lossy().into_owned()).collect();
    known.extend(crate::migrated::names());
    known.push(SECRET_VARIABLE.to_owned());
    for name in OF_PYTHON {
        let name = format!("JOBBERGATE_AGENT_{name}");
        assert!(known.contains(&name), "{name}");
    }
}

#[test]
fn what_a_migrated_installation_has_is_accepted() {
    // As the snap writes it, and as the Python agent's default has it.
    for option in [
        "--task-jobs-interval-seconds=30",
        "--task-jobs-interval-seconds=3600",
        "--requests-timeout=15",
        "--cache-dir=/var/snap/jobbergate-agent/common/.cache",
        "--write-submission-files=true",
        "--oidc-use-https=True",
        "--default-slurm-work-dir=/home/{username}",
        "--single-user-submitter=ubuntu",
    ] {
        assert!(parse(&[option]).is_ok(), "{option}");
    }
}
