use clap::{CommandFactory, Parser};

use super::*;
use crate::user_map::Mapping;

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

#[tokio::test]
async fn an_agent_that_gives_up_root_makes_no_jobs_as_root_whoever_is_allowed() {
    let root = ["--slurm-user-mapper=single-user", "--single-user-submitter=root"];
    let allowed = [&root[..], &["--allowed-system-users=root"]].concat();
    let objection = async |options: &[&str]| {
        parse(options).unwrap().user_map().unwrap().everybodys_objection().await
    };
    assert_eq!(objection(&allowed).await, None);
    let separated = [&allowed[..], &["--run-as=nobody"]].concat();
    let why = objection(&separated).await.unwrap();
    assert!(why.contains("JOBBERGATE_AGENT_RUN_AS does nothing as root"), "{why}");
    assert!(!why.contains("ALLOWED_SYSTEM_USERS"), "{why}");
}
