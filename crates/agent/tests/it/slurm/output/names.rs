//! The names of files, with patterns as Slurm really replaces them.

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::json;

use super::{output, scene, submitted};
use crate::slurm::support::eventually;

const FOUND: [&str; 26] = [
    "p_%j",
    "p_%A",
    "p_%a",
    "p_%J",
    "p_%n",
    "p_%s",
    "p_%t",
    "p_%u",
    "p_%x",
    "p_%8j",
    "p_%08j",
    "p_%99J",
    "p_%0j",
    "p_%5A",
    "p_%5a",
    "p_%5n",
    "p_%5t",
    "p_%5s",
    "p_%5u",
    "p_%3x",
    "p_%.o",
    "p_%",
    "./p_%j",
    "p %j  x=y",
    "100%%_%J",
    "p_%12j_%x_%s",
];

/// Slurm does not show these in a way that would tell the file for sure.
const UNTOLD: [&str; 6] = ["q_%%j", "q_%%%%j", r"q_\%j", r"\q_%j", "q_%b", "q_%3%.o"];

/// The option, quoted as in a line after `#SBATCH`.
fn named(pattern: &str) -> String {
    format!("--output='{}'", pattern.replace('\\', r"\\"))
}

#[tokio::test]
async fn each_pattern_leads_to_the_file_that_slurm_writes() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    for (id, pattern) in (1..).zip(FOUND.into_iter().chain(UNTOLD)) {
        let own = format!("echo {id}");
        let own_name = pattern.replace("p_", &format!("p{id}_"));
        submitted(&scene, id, &own, &["--job-name=nm", &named(&own_name)]).await;
    }
    for (id, pattern) in (1..).zip(FOUND) {
        scene.becomes(id, "DONE").await;
        let answer = output(&scene, id, json!({})).await;
        assert_eq!(answer.refusal, None, "{pattern}");
        assert_eq!(answer.text, format!("{id}\n"), "{pattern}");
    }
    for (id, pattern) in (FOUND.len() as i64 + 1..).zip(UNTOLD) {
        scene.becomes(id, "DONE").await;
        let (kind, words) = output(&scene, id, json!({})).await.refused();
        assert!(kind == "unsuitable" && words.contains("for sure"), "{pattern}: {kind} {words}");
    }
    agent.stop().await;
}

#[tokio::test]
async fn patterns_of_arrays_lead_to_the_files_of_their_tasks() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let patterns = ["r_%A_%a", "r_%j_%4a.o", "r_%J.%t", "sub/../r%a_%x"];
    std::fs::create_dir(scene.home.path().join("sub")).unwrap();
    for (id, pattern) in (1..).zip(patterns) {
        let own = format!("echo {id} $SLURM_ARRAY_TASK_ID");
        let arguments = ["--array=2-3", "--job-name=nm", &named(pattern)];
        submitted(&scene, id, &own, &arguments).await;
    }
    for (id, pattern) in (1..).zip(patterns) {
        scene.becomes(id, "DONE").await;
        for task in [2, 3] {
            let answer = output(&scene, id, json!({"task": task})).await;
            assert_eq!(answer.refusal, None, "{pattern}");
            assert_eq!(answer.text, format!("{id} {task}\n"), "{pattern}");
        }
    }
    agent.stop().await;
}

#[tokio::test]
async fn what_a_job_is_called_leads_to_no_other_file() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    std::fs::write(scene.home.path().join("other"), "another's").unwrap();
    let other = scene.home.path().join("other").display().to_string();
    let name = format!("--job-name='two  words StdOut={other} Comment=x WorkDir=/'");
    submitted(&scene, 1, "echo own", &[&name]).await;
    submitted(&scene, 2, "echo own", &[&name, "--output='n  %j StdErr=x'"]).await;
    for id in [1, 2] {
        scene.becomes(id, "DONE").await;
        assert_eq!(output(&scene, id, json!({})).await.shown(), "own\n");
    }
    agent.stop().await;
}

#[tokio::test]
async fn the_first_component_of_a_heterogeneous_job_writes_for_all() {
    let scene = scene(SlurmLab::start().unwrap()).await;
    let agent = scene.agent();
    let script = "#SBATCH -p compute -o h_%j_%x -J nm --mem=10\n#SBATCH hetjob\n\
                  #SBATCH -p compute -o second_%j -J nm --mem=10\necho of both";
    submitted(&scene, 1, script, &[]).await;
    assert_eq!(output(&scene, 1, json!({"wait": 30})).await.shown(), "of both\n");
    scene.becomes(1, "DONE").await;
    let answer = output(&scene, 1, json!({})).await;
    let job = scene.server.with(1, |submission| submission.jobs[0]);
    assert!(answer.part["path"].as_str().unwrap().ends_with(&format!("/h_{job}_nm")));
    assert_eq!(answer.shown(), "of both\n");
    agent.stop().await;
}

#[tokio::test]
async fn a_node_is_called_as_it_calls_itself() {
    let scene = scene(SlurmLab::start_alone().unwrap()).await;
    let agent = scene.agent();
    // What the host of the lab's nodes is called, Slurm is not told.
    submitted(&scene, 1, "hostname -s; sleep 2", &[]).await;
    let host = output(&scene, 1, json!({"wait": 30})).await.shown();
    let named = format!("nodehostname={}", host.trim());
    let named = scene.lab.run("scontrol", &["update", "nodename=node1", &named]);
    assert!(named.unwrap().status.success());
    submitted(&scene, 2, "echo here; sleep 60", &["--output=n_%N_%j"]).await;
    let runs = || async {
        scene.server.with(2, |submission| submission.states.iter().any(|(s, _)| s == "RUNNING"))
    };
    eventually(30, "the job runs", runs).await;
    assert_eq!(output(&scene, 2, json!({"wait": 10})).await.shown(), "here\n");
    let number = scene.server.with(2, |submission| submission.jobs[0]).to_string();
    scene.lab.run("scancel", &[&number]).unwrap();
    agent.stop().await;
}
