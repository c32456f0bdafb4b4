//! Jobs that only accounting still knows.

use std::{fs, time::Duration};

use chrono::TimeDelta;
use jobbergate_testkit::slurm::SlurmLab;
use serde_json::Value;

use super::{
    scene::Scene,
    support::{Job, accepted, agent, eventually, submitted},
};

/// Waits for a file, not for ever.
const WAIT: &str = "for second in $(seq 90); do [ -e go ] && break; sleep 1; done";

/// Waits, then does something.
fn script(options: &str, end: &str) -> String {
    format!(
        "#!/bin/sh\n#SBATCH -p compute -o /dev/null {options}\n\
         {WAIT}\n{end}\n"
    )
}

fn number(scene: &Scene, id: i64) -> i64 {
    scene.server.with(id, |submission| submission.jobs[0])
}

async fn forgotten(scene: &Scene) {
    let gone = || async { scene.jobs_in(scene.home.path()) == 0 };
    eventually(150, "the controller forgets all jobs", gone).await;
}

/// What was reported last of the job of this number.
fn last(scene: &Scene, number: i64) -> Value {
    let world = scene.server.world();
    let of_job = |report: &&Value| report["slurm_job_id"] == number;
    world.reports.iter().rev().find(of_job).cloned().unwrap_or_default()
}

#[tokio::test]
async fn jobs_that_slurm_forgot_while_the_agent_was_away_end_as_accounting_says() {
    let scene = Scene::new(SlurmLab::start_accounting().unwrap(), "").await;
    let agent = scene.agent();
    let het = script("\n#SBATCH hetjob\n#SBATCH -p compute", "true");
    let cases = [
        (1, script("", "true"), "COMPLETED"),
        (2, script("", "exit 3"), "FAILED"),
        (3, script("", "sleep 300"), "CANCELLED"),
        (4, script("-t 1", "sleep 300"), "TIMEOUT"),
        (5, script("--requeue", "[ $SLURM_RESTART_COUNT ] || sleep 300"), "COMPLETED"),
        (6, script("-a 0-2", "exit $((SLURM_ARRAY_TASK_ID == 1))"), "FAILED"),
        (7, het, "COMPLETED"),
    ];
    for (id, script, _) in &cases {
        scene.submit(*id, &[]);
        scene.server.with(*id, |submission| submission.script = Some(script.clone()));
    }
    for (id, script, _) in &cases {
        // Backfill starts components, and looks every half minute.
        eventually(60, script, || async {
            scene.server.with(*id, |s| s.states.last().is_some_and(|(state, _)| state == "RUNNING"))
        })
        .await;
    }
    agent.stop().await;
    fs::write(scene.home.path().join("go"), "").unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    scene.lab.run("scancel", &[&number(&scene, 3).to_string()]).unwrap();
    let requeued = number(&scene, 5).to_string();
    scene.lab.run("scontrol", &["requeue", &requeued]).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let update = ["update", &format!("JobId={requeued}"), "StartTime=now"];
    scene.lab.run("scontrol", &update).unwrap();
    forgotten(&scene).await;
    let agent = scene.agent();
    for (id, script, state) in &cases {
        let number = number(&scene, *id);
        let is_told = || async { last(&scene, number)["slurm_job_state"] == *state };
        eventually(30, script, is_told).await;
        let told = last(&scene, number);
        let info: Value = serde_json::from_str(told["slurm_job_info"].as_str().unwrap()).unwrap();
        assert_eq!(info["current_working_directory"], scene.home.path().to_str().unwrap());
        assert_eq!(info["user_name"], "alice");
        match id {
            2 => assert_eq!(info["exit_code"], 768),
            4 => assert_eq!(info["time_limit"], 1),
            6 => {
                let counts = serde_json::json!({"COMPLETED": 2, "FAILED": 1});
                assert_eq!(
                    (&told["slurm_task_counts"], &info["array_job_id"]),
                    (&counts, &number.into())
                );
            }
            7 => {
                assert_eq!((&info["het_job_id"], &info["job_id"]), (&number.into(), &number.into()))
            }
            _ => assert_eq!(info["job_id"], number),
        }
    }
    agent.stop().await;
}

#[tokio::test]
async fn accounting_that_is_away_is_waited_for() {
    let scene = Scene::new(SlurmLab::start_accounting().unwrap(), &script("", "exit 3")).await;
    let agent = scene.agent();
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    agent.stop().await;
    scene.lab.stop_slurmdbd();
    fs::write(scene.home.path().join("go"), "").unwrap();
    forgotten(&scene).await;
    let mut config = scene.config();
    config.vanished_seconds = Duration::from_secs(2);
    let agent = super::scene::Running::start(config);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(scene.server.status(1), "SUBMITTED", "what is not answered is no denial");
    agent.stop().await;
    // The controller has kept what accounting does not know yet, and tells it when it may.
    scene.lab.up().unwrap();
    let agent = scene.agent();
    eventually(60, "accounting tells", || async { scene.server.status(1) == "ABORTED" }).await;
    assert_eq!(last(&scene, number(&scene, 1))["slurm_job_state"], "FAILED");
    agent.stop().await;
}

#[tokio::test]
async fn a_job_whose_number_was_lost_is_found_by_its_tag_when_only_accounting_knows_it() {
    let scene = Scene::new(SlurmLab::start_accounting().unwrap(), "").await;
    let agent = agent(&scene.lab, &scene.state, &[]).await;
    let comment = "--comment='9|COMPLETED|x'";
    let mut job = Job::new("alice", &scene.home, "#!/bin/sh\n#SBATCH -p compute -o out\nexit 3\n");
    job.arguments.push(comment);
    job.intend(&agent).await;
    let lost = accepted(job.sbatch(&agent).await);
    assert_eq!(submitted(&job.entry(&agent).await), None);
    forgotten(&scene).await;
    let found = || async {
        let since = agent.slurm.sacct_since(TimeDelta::minutes(5), rand::random()).await;
        let mut since = since.unwrap().unwrap();
        since.retain(|record| job.tag.is_in(&record.comment));
        since
    };
    // The controller tells accounting when it has time.
    eventually(30, "accounting has the comment", || async { found().await.len() == 1 }).await;
    let found = found().await.remove(0);
    assert_eq!(found.job, lost);
    assert!(found.comment.starts_with("9|COMPLETED|x"), "{:?}", found.comment);
    let job = agent.slurm.sacct_job(lost, rand::random()).await.unwrap().unwrap();
    assert_eq!(job[0].record, found);
}
