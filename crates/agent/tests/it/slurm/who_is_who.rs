//! An agent that asks a directory or a program whose user somebody is, while one question goes wrong.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use jobbergate_agent::config::{AgentConfig, Mapper};
use jobbergate_testkit::{
    slapd::{BASE, SEARCHER, SEARCHER_PASSWORD, Slapd},
    slurm::SlurmLab,
};
use serde_json::json;

use super::{
    scene::{Running, Scene},
    support::{use_sbatch, wrapper},
};

const LONG: &str = "#!/bin/sh\n#SBATCH -p compute -o /dev/null\nsleep 300\n";

async fn scene() -> Scene {
    Scene::new(SlurmLab::start().unwrap(), LONG).await
}

impl Scene {
    /// A submission of somebody.
    fn submit_as(&self, id: i64, owner: &'static str) {
        self.submit(id, &[]);
        self.server.with(id, |submission| submission.owner = owner);
    }

    fn message(&self, id: i64) -> String {
        self.server.with(id, |submission| submission.message.clone()).unwrap_or_default()
    }
}

fn ask_ldap(config: &mut AgentConfig, slapd: &Slapd) {
    config.slurm_user_mapper = Some(Mapper::Ldap);
    let ldap = &mut config.users.ldap;
    ldap.ldap_domain = Some("localhost".to_owned());
    ldap.ldap_port = Some(slapd.tls_port);
    ldap.ldap_bind_dn = Some(SEARCHER.to_owned());
    ldap.ldap_password = Some(SEARCHER_PASSWORD.into());
    ldap.ldap_search_base = Some(BASE.to_owned());
    ldap.ldap_ca_file = Some(slapd.ca_file());
    ldap.ldap_timeout_seconds = 2;
}

#[tokio::test]
async fn one_e_mail_with_several_entries_is_rejected_and_all_others_go_on() {
    let (scene, slapd) = (scene().await, Slapd::start().unwrap());
    let mut config = scene.config();
    ask_ldap(&mut config, &slapd);
    let agent = Running::start(config);
    scene.submit_as(1, "office@example.com");
    scene.submit_as(2, "alice@example.com");
    scene.submit_as(3, "stranger@example.com");
    scene.submit_as(4, "A.Liddell@example.com");
    for (id, words) in [(1, "several entries of the directory"), (3, "no entry of the directory")] {
        scene.becomes(id, "REJECTED").await;
        let message = scene.message(id);
        assert!(message.contains(words) && message.contains("Ask its admin"), "{message}");
    }
    for id in [2, 4] {
        scene.becomes(id, "SUBMITTED").await;
    }
    scene.cancel_jobs();
    agent.stop().await;
}

#[tokio::test]
async fn one_that_the_directory_does_not_answer_waits_and_all_others_go_on() {
    let (scene, slapd) = (scene().await, Slapd::start().unwrap());
    let mut config = scene.config();
    ask_ldap(&mut config, &slapd);
    let agent = Running::start(config);
    scene.submit_as(1, "alice@example.com");
    scene.becomes(1, "SUBMITTED").await;
    slapd.hang().unwrap();
    for id in 2..=9 {
        scene.submit_as(id, "office@example.com");
    }
    for id in 10..=13 {
        scene.submit_as(id, "Alice@example.com");
    }
    for id in 10..=13 {
        scene.becomes(id, "SUBMITTED").await;
    }
    tokio::time::sleep(Duration::from_secs(5)).await;
    for id in 2..=9 {
        assert_eq!(scene.server.status(id), "CREATED", "it waits");
    }
    slapd.go_on().unwrap();
    for id in 2..=9 {
        scene.becomes(id, "REJECTED").await;
    }
    scene.cancel_jobs();
    agent.stop().await;
    // The next agent knows alice though the directory is away from the start.
    slapd.hang().unwrap();
    let mut config = scene.config();
    ask_ldap(&mut config, &slapd);
    let agent = Running::start(config);
    scene.submit_as(14, "alice@example.com");
    scene.becomes(14, "SUBMITTED").await;
    scene.cancel_jobs();
    agent.stop().await;
    slapd.go_on().unwrap();
}

#[tokio::test]
async fn a_program_of_the_centre_says_who_is_who() {
    let scene = scene().await;
    let mut config = scene.config();
    let program = scene.state.path().join("who");
    let lines = "#!/bin/sh\ncase \"$1\" in a@x.org) echo alice;; slow@x.org) sleep 100;; \
                 odd@x.org) exit 3;; root@x.org) echo root;; *) exit 67;; esac\n";
    fs::write(&program, lines).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    config.slurm_user_mapper = Some(Mapper::Command);
    config.users.user_map_command = Some(program);
    config.users.user_map_command_timeout_seconds = Duration::from_secs(2);
    let people = scene.state.path().join("people");
    fs::write(&people, "b@x.org alice # by hand\n").unwrap();
    config.user_map_file = Some(people);
    let agent = Running::start(config);
    for (id, owner) in ["slow@x.org", "odd@x.org", "a@x.org", "b@x.org", "no@x.org", "root@x.org"]
        .iter()
        .enumerate()
    {
        scene.submit_as(id as i64 + 1, owner);
    }
    for id in [3, 4] {
        scene.becomes(id, "SUBMITTED").await;
    }
    for (id, words) in [(5, "knows nobody"), (6, "jobs never run as root")] {
        scene.becomes(id, "REJECTED").await;
        assert!(scene.message(id).contains(words), "{}", scene.message(id));
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    for id in [1, 2] {
        assert_eq!(scene.server.status(id), "CREATED", "it waits");
    }
    scene.cancel_jobs();
    agent.stop().await;
}

#[tokio::test]
async fn one_pending_item_that_cannot_be_read_keeps_nobody_waiting() {
    let scene = scene().await;
    scene.server.world().odd_pending = vec![
        json!({"id": 90, "name": "n", "owner_email": "alice@lab.org", "job_script": null}),
        json!({"id": "ninety-one"}),
        json!(null),
    ];
    let agent = scene.agent();
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    scene.cancel_jobs();
    agent.stop().await;
}

#[tokio::test]
async fn one_sbatch_that_hangs_keeps_nobody_else_waiting() {
    let scene = scene().await;
    let mut config = scene.config();
    let lines = r#"case "$*" in *hang-here*) exec sleep 100;; esac; exec $real "$@""#;
    let sbatch: PathBuf = wrapper(&scene.lab, &scene.state, lines);
    use_sbatch(&mut config, &scene.lab, sbatch);
    config.sbatch_timeout_seconds = Duration::from_secs(8);
    let agent = Running::start(config);
    scene.submit(1, &["--job-name=hang-here"]);
    for id in 2..=12 {
        scene.submit(id, &[]);
    }
    for id in 2..=12 {
        scene.becomes(id, "SUBMITTED").await;
    }
    assert_eq!(scene.server.status(1), "CREATED");
    scene.cancel_jobs();
    agent.stop().await;
}

#[tokio::test]
async fn a_home_that_is_not_there_is_waited_for_and_then_the_reason_is_told() {
    let scene = scene().await;
    let mut config = scene.config();
    // Debian's nobody lives in /nonexistent.
    config.slurm_user_mapper = Some(Mapper::SingleUser);
    config.single_user_submitter = Some("nobody".to_owned());
    config.users.home_wait_seconds = Duration::from_secs(4);
    let agent = Running::start(config);
    scene.server.add(1, "~/project", &[]);
    scene.server.add(2, "/nonexistent-either", &[]);
    scene.becomes(2, "REJECTED").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.server.status(1), "CREATED", "it may be mounted late");
    scene.becomes(1, "REJECTED").await;
    let message = scene.message(1);
    assert!(message.contains("home directory /nonexistent of the user nobody"), "{message}");
    assert!(message.contains("it has been missing since"), "{message}");
    agent.stop().await;
}

#[tokio::test]
async fn an_agent_that_would_run_everybodys_jobs_as_root_does_not_start() {
    let scene = scene().await;
    let mut config = scene.config();
    config.slurm_user_mapper = Some(Mapper::SingleUser);
    config.single_user_submitter = Some("root".to_owned());
    let end = jobbergate_agent::run(config, std::future::pending()).await;
    let words = end.unwrap_err().to_string();
    assert!(words.contains("JOBBERGATE_AGENT_ALLOWED_SYSTEM_USERS=root"), "{words}");
}
