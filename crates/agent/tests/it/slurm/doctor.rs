//! What the doctor finds beside a real Slurm, and of broken parts.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::PathBuf,
};

use jobbergate_agent::{Agent, config::AgentConfig, doctor};
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::Scene,
    server::Fault,
    support::{account, wrapper},
};

const SCRIPT: &str = "#!/bin/sh\n#SBATCH -p compute\ntrue\n";

type Findings = BTreeMap<&'static str, (bool, String)>;

async fn findings(config: &AgentConfig, email: Option<&str>) -> Findings {
    let found = doctor::examine(config, email).await;
    let line = |f: jobbergate_doctor::Finding| (f.check, (f.outcome.is_ok(), f.to_string()));
    found.into_iter().map(line).collect()
}

fn failed(findings: &Findings) -> Vec<&'static str> {
    findings.iter().filter(|(_, (good, _))| !good).map(|(check, _)| *check).collect()
}

/// A healthy agent's settings; alice's jobs run in a directory of hers.
async fn scene() -> (Scene, AgentConfig) {
    let scene = Scene::new(SlurmLab::start().unwrap(), SCRIPT).await;
    let mut config = scene.config();
    config.default_slurm_work_dir = Some(scene.home.path().to_owned());
    (scene, config)
}

#[tokio::test]
async fn what_works_is_said_line_by_line_and_nothing_is_left_behind() {
    let (scene, config) = scene().await;
    let before = fs::read_dir(scene.state.path()).unwrap().count();
    let found = findings(&config, Some("alice@lab.org")).await;
    assert_eq!(failed(&found), [""; 0], "{found:#?}");
    assert!(found["Slurm's commands"].1.contains("slurm-wlm 22.05"), "{found:#?}");
    assert!(found["Slurm's controller"].1.contains("cluster lab"), "{found:#?}");
    assert!(found["accounting"].1.contains("there is none"), "{found:#?}");
    assert!(found["owner's user"].1.contains("alice@lab.org is alice"), "{found:#?}");
    assert!(found["agent's user"].1.contains("root"), "{found:#?}");
    assert!(found["permissions"].1.contains("all that an agent needs"), "{found:#?}");
    assert_eq!(fs::read_dir(scene.state.path()).unwrap().count(), before);
    assert_eq!(fs::read_dir(scene.home.path()).unwrap().count(), 0);
    assert_eq!(scene.server.world().reports.len(), 0);
    assert!(found.values().all(|(_, line)| line.starts_with("ok      ")), "{found:#?}");
}

#[tokio::test]
async fn it_may_be_asked_while_an_agent_runs() {
    let (_scene, config) = scene().await;
    let agent = Agent::open(config.clone()).await.unwrap();
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), [""; 0], "{found:#?}");
    assert!(found["journal"].1.contains("an agent is using it"), "{found:#?}");
    assert!(found["owner's user"].1.contains("--email"), "{found:#?}");
    drop(agent);
}

#[tokio::test]
async fn a_server_or_a_provider_that_is_away_is_told_with_the_setting_to_check() {
    let (_scene, mut config) = scene().await;
    config.base_api_url = "http://127.0.0.1:9".to_owned();
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["clock", "permissions", "server"], "{found:#?}");
    assert!(found["server"].1.contains("JOBBERGATE_AGENT_BASE_API_URL"), "{found:#?}");
    let (_scene, mut config) = scene().await;
    config.oidc_domain = "127.0.0.1:9/realms/r".to_owned();
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["permissions", "token"], "{found:#?}");
    assert!(found["token"].1.contains("OIDC_DOMAIN"), "{found:#?}");
    assert!(!format!("{found:?}").contains("the-agents-secret"));
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named() {
    let (scene, config) = scene().await;
    for (path, permission) in [
        ("agent/pending", "jobbergate:job-submissions:read"),
        ("agent/0", "jobbergate:job-submissions:update"),
        ("job-scripts", "jobbergate:job-scripts:read"),
        ("clusters/status", "jobbergate:clusters:update"),
    ] {
        scene.server.world().fault = Some((path, Fault::Forbids));
        let found = findings(&config, None).await;
        assert_eq!(failed(&found), ["permissions"], "{found:#?}");
        assert!(found["permissions"].1.contains(&format!("lacks {permission};")), "{found:#?}");
    }
}

#[tokio::test]
async fn a_clock_that_is_wrong_is_told_with_the_difference() {
    let (scene, config) = scene().await;
    scene.server.world().date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["clock"], "{found:#?}");
    assert!(
        found["clock"].1.contains("ahead of the server's") && found["clock"].1.contains("NTP"),
        "{found:#?}"
    );
    scene.server.world().date = Some("Fri, 06 Nov 2093 08:49:37 GMT");
    let found = findings(&config, None).await;
    assert!(found["clock"].1.contains("behind the server's"), "{found:#?}");
    scene.server.world().date = Some("half past nine");
    assert_eq!(failed(&findings(&config, None).await), [""; 0]);
}

#[tokio::test]
async fn commands_that_are_missing_or_something_else_are_named_with_their_setting() {
    let (scene, mut config) = scene().await;
    config.squeue_path = Some(PathBuf::from("/nonexistent/squeue"));
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["Slurm's commands", "Slurm's controller"], "{found:#?}");
    let said = &found["Slurm's commands"].1;
    assert!(
        said.contains("/nonexistent/squeue") && said.contains("JOBBERGATE_AGENT_SQUEUE_PATH"),
        "{said}"
    );
    config.squeue_path = None;
    let plain = wrapper(&scene.lab, &scene.state, "exit 0");
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).unwrap();
    config.sacct_path = Some(plain);
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["Slurm's commands"], "{found:#?}");
    assert!(found["Slurm's commands"].1.contains("may not run it"), "{found:#?}");
}

#[tokio::test]
async fn a_controller_that_is_away_is_told() {
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), SCRIPT).await;
    let config = scene.config();
    scene.lab.stop_controller();
    let found = findings(&config, None).await;
    scene.lab.up().unwrap();
    assert_eq!(failed(&found), ["Slurm's controller", "accounting"], "{found:#?}");
    assert!(found["Slurm's controller"].1.contains("slurmctld"), "{found:#?}");
    assert!(found["Slurm's commands"].0);
}

#[tokio::test]
async fn an_owner_without_a_user_or_a_place_to_write_is_told() {
    let (scene, mut config) = scene().await;
    let found = findings(&config, Some("nobody-here@lab.org")).await;
    assert_eq!(failed(&found), ["owner's user"], "{found:#?}");
    assert!(found["owner's user"].1.contains("does not exist on the cluster"), "{found:#?}");
    let found = findings(&config, Some("bob@lab.org")).await;
    assert_eq!(failed(&found), ["work directory"], "it is alice's: {found:#?}");
    assert!(found["work directory"].1.contains("DEFAULT_SLURM_WORK_DIR"), "{found:#?}");
    config.default_slurm_work_dir = Some(scene.home.path().join("missing"));
    let found = findings(&config, Some("alice@lab.org")).await;
    assert_eq!(failed(&found), ["work directory"], "{found:#?}");
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_and_a_mapping_that_lacks_something_are_told() {
    let (scene, mut config) = scene().await;
    config.state_dir = Some(PathBuf::from("/proc/jobbergate"));
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["journal"], "{found:#?}");
    assert!(found["journal"].1.contains("JOBBERGATE_AGENT_STATE_DIR"), "{found:#?}");
    config.state_dir = Some(scene.home.path().join("new"));
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), [""; 0], "{found:#?}");
    assert!(found["journal"].1.contains("not there yet"), "{found:#?}");
    assert!(!scene.home.path().join("new").exists());
    config.slurm_user_mapper = Some(jobbergate_agent::config::Mapper::File);
    let found = findings(&config, Some("alice@lab.org")).await;
    assert_eq!(failed(&found), ["owner's user", "settings"], "{found:#?}");
    assert!(found["settings"].1.contains("--user-map-file"), "{found:#?}");
    chown(scene.home.path(), Some(account("alice").uid.as_raw()), None).unwrap();
}

#[tokio::test]
async fn what_the_agent_would_refuse_at_its_start_is_told_before() {
    let (scene, mut config) = scene().await;
    config.sbatch_limit.sbatch_at_once_min = 20;
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["settings"], "{found:#?}");
    assert!(found["settings"].1.contains("SBATCH_AT_ONCE_MIN (20)"), "{found:#?}");
    config.sbatch_limit.sbatch_at_once_min = 1;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.prometheus.metrics_listen = Some(taken.local_addr().unwrap());
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["figures"], "{found:#?}");
    assert!(found["figures"].1.contains("METRICS_LISTEN"), "{found:#?}");
    drop(taken);
    chown(scene.state.path(), Some(account("alice").uid.as_raw()), None).unwrap();
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["journal"], "{found:#?}");
    assert!(found["journal"].1.contains("chown -R -h root:"), "{found:#?}");
    config.separation.run_as = Some("bob".to_owned());
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["journal"], "{found:#?}");
    assert!(found["journal"].1.contains("chown -R -h bob:"), "{found:#?}");
}

#[tokio::test]
async fn files_that_the_agents_user_could_not_use_are_told() {
    let (scene, mut config) = scene().await;
    config.separation.run_as = Some("bob".to_owned());
    let map = scene.state.path().join("map");
    fs::write(&map, "alice@lab.org alice\n").unwrap();
    fs::set_permissions(scene.state.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&map, fs::Permissions::from_mode(0o600)).unwrap();
    config.slurm_user_mapper = Some(jobbergate_agent::config::Mapper::File);
    config.user_map_file = Some(map.clone());
    let found = findings(&config, None).await;
    assert_eq!(failed(&found), ["files of settings"], "{found:#?}");
    assert!(found["files of settings"].1.contains("bob may not read"), "{found:#?}");
    fs::set_permissions(&map, fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(failed(&findings(&config, None).await), [""; 0]);
}
