//! What an agent says of its cluster.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use jobbergate_agent::config::AgentConfig;
use jobbergate_testkit::slurm::SlurmLab;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    scene::{Running, Scene},
    server::Fault,
    support::eventually,
    whole_agent::LONG,
};

async fn facts_of(scene: &Scene) -> Value {
    let there = || async { !scene.server.world().facts.is_empty() };
    eventually(20, "facts", there).await;
    scene.server.world().facts.last().unwrap().clone()
}

#[tokio::test]
async fn an_agent_says_at_its_start_what_its_cluster_offers_and_is_doing() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let agent = scene.agent();
    let facts = facts_of(&scene).await;
    assert!(facts["slurm_version"].as_str().unwrap().starts_with("22.05"), "{facts}");
    let partitions = facts["partitions"].as_array().unwrap();
    let compute = partitions.iter().find(|partition| partition["name"] == "compute").unwrap();
    assert_eq!((&compute["total_nodes"], &compute["state"]), (&json!(4), &json!("UP")));
    assert_eq!(compute["default_time_minutes"], 60);
    let nodes: u64 = facts["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| group["count"].as_u64().unwrap())
        .sum();
    assert_eq!(nodes, 4);
    assert_eq!(facts["accounting"], Value::Null);
    let remark = facts["remarks"][0].as_str().unwrap();
    assert!(remark.contains("no accounting database"), "{remark}");
    agent.stop().await;
}

#[tokio::test]
async fn jobs_are_counted_by_state_with_each_task() {
    let script = "#!/bin/sh\n#SBATCH -p compute -a 0-6 --begin=now+1hour\ntrue\n";
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), script).await;
    let mut config = scene.config();
    config.task_facts_interval_seconds = Duration::from_secs(1);
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    eventually(20, "seven tasks", || async {
        let world = scene.server.world();
        world.facts.last().is_some_and(|facts| facts["jobs"]["PENDING"].as_u64() >= Some(7))
    })
    .await;
    scene.server.with(1, |submission| submission.status = "CANCELLED");
    eventually(20, "cancelled", || async {
        scene.server.with(1, |s| s.states.last().is_some_and(|state| state.0 == "CANCELLED"))
    })
    .await;
    agent.stop().await;
}

#[tokio::test]
async fn a_server_that_knows_no_facts_is_served_as_before() {
    let quick = "#!/bin/sh\n#SBATCH -p compute -o /dev/null\ntrue\n";
    let scene = Scene::new(SlurmLab::start().unwrap(), quick).await;
    scene.server.world().fault = Some(("clusters/facts", Fault::Unknown));
    let agent = scene.agent();
    scene.submit(1, &[]);
    scene.becomes(1, "DONE").await;
    let reports = scene.server.world().reports.clone();
    assert!(reports.iter().all(|report| report.get("keeps_slurm_job_info").is_none()));
    assert!(scene.server.world().facts.is_empty());
    agent.stop().await;
}

#[tokio::test]
async fn heartbeats_say_how_long_slurm_has_been_silent() {
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), LONG).await;
    let agent = scene.agent();
    let silence = || scene.server.world().slurm_silence;
    eventually(20, "a short silence", || async { silence().is_some_and(|s| s < 5) }).await;
    let problem = || scene.server.world().slurm_problem.clone();
    assert_eq!(problem(), None);
    scene.lab.pause();
    eventually(60, "a long silence", || async { silence().is_some_and(|s| s > 8) }).await;
    eventually(60, "why", || async {
        problem().is_some_and(|why| why.contains("scontrol") || why.contains("squeue"))
    })
    .await;
    scene.lab.resume();
    eventually(90, "no reason any more", || async { problem().is_none() }).await;
    eventually(90, "a short silence again", || async { silence().is_some_and(|s| s < 8) }).await;
    agent.stop().await;
}

/// A program in the place of one of Slurm's.
fn program(directory: &TempDir, name: &str, lines: &str) -> PathBuf {
    let path = directory.path().join(name);
    fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// Settings of an agent of a site whose slurmdbd answers unless there is a file `down` in the
/// directory.
fn with_accounting(scene: &Scene, directory: &TempDir) -> AgentConfig {
    let real = scene.lab.command("scontrol");
    let scontrol = format!("{} \"$@\" | sed s,storage/none,storage/slurmdbd,", real.display());
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data");
    let sacctmgr = format!(
        "[ -e {}/down ] && {{ echo 'sacctmgr: error: Connection refused' >&2; exit 1; }}\n\
         case \"$*\" in *assoc*cluster=lab*) cat {data}/sacctmgr.assoc.22.05.txt;;\n\
         *qos*) cat {data}/sacctmgr.qos.22.05.txt;;\n\
         *user*) cat {data}/sacctmgr.user.22.05.txt;; esac",
        directory.path().display()
    );
    let mut config = scene.config();
    config.task_facts_interval_seconds = Duration::from_secs(1);
    config.scontrol_path = Some(program(directory, "scontrol", &scontrol));
    config.sacctmgr_path = Some(program(directory, "sacctmgr", &sacctmgr));
    config
}

#[tokio::test]
async fn accounting_that_does_not_answer_is_shown_as_it_was_and_said() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let directory = tempfile::tempdir().unwrap();
    let agent = Running::start(with_accounting(&scene, &directory));
    let facts = facts_of(&scene).await;
    let accounting = &facts["accounting"];
    assert_eq!(accounting["accounts"][2], json!({"name": "particle", "parent": "physics"}));
    assert_eq!(accounting["associations"].as_array().unwrap().len(), 4);
    assert_eq!(facts["remarks"], json!([]));
    fs::write(directory.path().join("down"), "").unwrap();
    let said = || {
        let world = scene.server.world();
        world.facts.last().is_some_and(|facts| facts["remarks"].to_string().contains("said last"))
    };
    eventually(20, "a remark", || async { said() }).await;
    assert_eq!(scene.server.world().facts.last().unwrap()["accounting"], *accounting);
    agent.stop().await;
    let agent = Running::start(with_accounting(&scene, &directory));
    let unknown = || {
        let world = scene.server.world();
        let last = world.facts.last().unwrap();
        last["accounting"].is_null() && last["remarks"].to_string().contains("are not known")
    };
    eventually(20, "nothing known", || async { unknown() }).await;
    agent.stop().await;
}

#[tokio::test]
async fn what_slurm_keeps_private_is_told_nobody() {
    let lab = SlurmLab::start_alone().unwrap();
    lab.restart_with("PrivateData=users,nodes").unwrap();
    let scene = Scene::new(lab, LONG).await;
    let directory = tempfile::tempdir().unwrap();
    let agent = Running::start(with_accounting(&scene, &directory));
    let facts = facts_of(&scene).await;
    agent.stop().await;
    scene.lab.restart_with("").unwrap();
    assert_eq!(facts["nodes"], json!([]));
    assert_eq!(facts["accounting"]["associations"], json!([]));
    assert_eq!(facts["accounting"]["accounts"].as_array().unwrap().len(), 3);
    let remarks = facts["remarks"].to_string();
    assert!(
        remarks.contains("keeps nodes private") && remarks.contains("keeps users private"),
        "{remarks}"
    );
}
