//! What an agent says of its cluster.

use std::time::Duration;

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::{Value, json};

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
    let world = scene.server.world();
    assert!(world.reports.iter().all(|report| report.get("keeps_slurm_job_info").is_none()));
    assert_eq!(world.facts, [Value::Null; 0]);
    drop(world);
    agent.stop().await;
}

#[tokio::test]
async fn heartbeats_say_how_long_slurm_has_been_silent() {
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), LONG).await;
    let agent = scene.agent();
    let silence = || scene.server.world().slurm_silence;
    eventually(20, "a short silence", || async { silence().is_some_and(|s| s < 5) }).await;
    scene.lab.pause();
    eventually(60, "a long silence", || async { silence().is_some_and(|s| s > 8) }).await;
    scene.lab.resume();
    eventually(90, "a short silence again", || async { silence().is_some_and(|s| s < 8) }).await;
    agent.stop().await;
}
