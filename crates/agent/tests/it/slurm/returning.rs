//! Jobs that Slurm queues again, and numbers that it gives away again.

use std::time::Duration;

use chrono::Utc;
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::Scene,
    support::{agent, eventually},
    whole_agent::LONG,
};

/// What was reported last of a submission's job: its state and the reason.
fn last(scene: &Scene, id: i64) -> Option<(String, Option<String>)> {
    scene.server.with(id, |submission| submission.states.last().cloned())
}

async fn comes_to(scene: &Scene, id: i64, state: &str) {
    let is = |(last, _): &(String, Option<String>)| last == state;
    eventually(40, state, || async { last(scene, id).as_ref().is_some_and(is) }).await;
}

/// A submission whose job runs; the job's number.
async fn running(scene: &Scene, id: i64) -> String {
    scene.submit(id, &["--requeue"]);
    comes_to(scene, id, "RUNNING").await;
    scene.server.with(id, |submission| submission.jobs[0]).to_string()
}

#[tokio::test]
async fn a_job_that_is_queued_again_has_not_ended_and_one_that_is_held_says_why() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let agent = scene.agent();
    let requeued = running(&scene, 1).await;
    scene.lab.run("scontrol", &["requeue", &requeued]).unwrap();
    comes_to(&scene, 1, "PENDING").await;
    let held = running(&scene, 2).await;
    scene.lab.run("scontrol", &["requeuehold", "State=SpecialExit", &held]).unwrap();
    comes_to(&scene, 2, "SPECIAL_EXIT").await;
    let reason = last(&scene, 2).unwrap().1.unwrap();
    assert!(reason.contains("held"), "{reason}");
    for id in [1, 2] {
        assert_eq!(scene.server.status(id), "SUBMITTED");
        scene.server.with(id, |submission| submission.status = "CANCELLED");
        comes_to(&scene, id, "CANCELLED").await;
    }
    agent.stop().await;
}

#[tokio::test]
async fn a_number_that_is_another_users_now_is_neither_believed_nor_cancelled() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let wrap = ["--parsable", "-p", "compute", "-D", "/tmp", "-o", "/dev/null", "--uid=bob"];
    let others = scene.lab.run("sbatch", &[&wrap[..], &["--wrap=sleep 300"]].concat()).unwrap();
    let number: i64 = String::from_utf8(others.stdout).unwrap().trim().parse().unwrap();
    let job = super::support::Job::new("alice", &scene.home, LONG);
    {
        // What is left of a job whose number a controller without memory gave away again.
        let before = agent(&scene.lab, &scene.state, &[]).await;
        let origin = "1@2026-01-02T03:04:05Z";
        before.journal.attempt(1, origin, &job.tag, "alice", Utc::now()).await.unwrap();
        before.journal.submitted(1, number, Utc::now()).await.unwrap();
        before.journal.settle(1, Utc::now()).await.unwrap();
    }
    scene.submit(1, &[]);
    scene.server.with(1, |submission| {
        submission.status = "CANCELLED";
        submission.jobs.push(number);
    });
    let agent = scene.agent();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let shown = scene.lab.run("squeue", &["-h", "-j", &number.to_string(), "-o", "%T"]).unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(["PENDING", "RUNNING"].contains(&shown.trim()), "{shown:?}");
    assert_eq!(last(&scene, 1), None);
    agent.stop().await;
    scene.lab.run("scancel", &[&number.to_string()]).unwrap();
}
