//! The agent as a whole, with a server that fails and a Slurm that is real.

use std::{fs, time::Duration};

use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::{Running, Scene},
    server::Fault,
    support::eventually,
};

const QUICK: &str = "#!/bin/sh\n#SBATCH -p compute -o out.txt\nhostname\n";
pub(super) const LONG: &str = "#!/bin/sh\n#SBATCH -p compute -o /dev/null\nsleep 300\n";

#[tokio::test]
async fn a_submission_becomes_a_job_at_once_and_is_followed_to_its_end() {
    let scene = Scene::new(SlurmLab::start().unwrap(), QUICK).await;
    let agent = scene.agent();
    eventually(10, "a heartbeat", || async { scene.server.world().heartbeats > 0 }).await;
    scene.submit(1, &["--comment=mine"]);
    scene.becomes(1, "SUBMITTED").await;
    let taken = scene.server.with(1, |submission| submission.created_at.elapsed());
    assert!(taken < Duration::from_secs(2), "{taken:?}");
    scene.becomes(1, "DONE").await;
    let states: Vec<String> =
        scene.server.with(1, |s| s.states.iter().map(|(state, _)| state.clone()).collect());
    assert_eq!(states.last().map(String::as_str), Some("COMPLETED"));
    // The first one, of which Slurm was not asked, and what Slurm says.
    let told = &states[1..];
    let mut once = told.to_vec();
    once.dedup();
    assert_eq!(told, once, "only changes are reported");
    assert_eq!(fs::read_to_string(scene.home.path().join("job.sh")).unwrap(), QUICK);
    agent.stop().await;
}

#[tokio::test]
async fn what_cannot_be_run_is_rejected_with_cause_and_remedy() {
    let scene = Scene::new(SlurmLab::start().unwrap(), QUICK).await;
    let agent = scene.agent();
    scene.server.add(1, "/nonexistent/place", &[]);
    scene.server.add(2, "/root", &[]);
    scene.submit(3, &["--uid=root"]);
    scene.submit(4, &["--partition=nosuch"]);
    for (id, cause, remedy) in [
        (1, "/nonexistent/place does not exist", "create it"),
        (2, "alice may not write to the execution directory /root", "permissions"),
        (3, "--uid=root", "mapped"),
        (4, "invalid partition specified: nosuch", "Invalid partition name specified"),
    ] {
        scene.becomes(id, "REJECTED").await;
        let message = scene.server.with(id, |submission| submission.message.clone()).unwrap();
        assert!(message.contains(cause) && message.contains(remedy), "{message}");
    }
    agent.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_that_is_lost_makes_no_second_job() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    scene.server.world().fault = Some(("agent/submitted", Fault::Unavailable));
    let agent = scene.agent();
    scene.submit(1, &[]);
    eventually(10, "a job", || async { scene.jobs_in(scene.home.path()) == 1 }).await;
    agent.stop().await;
    assert_eq!(scene.server.status(1), "CREATED", "the server does not know");
    scene.server.world().fault = Some(("agent/submitted", Fault::LosesAnswers));
    let agent = scene.agent();
    scene.becomes(1, "SUBMITTED").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    scene.server.world().fault = None;
    scene.server.with(1, |submission| submission.status = "CANCELLED");
    let cancelled = |state: &(String, Option<String>)| state.0 == "CANCELLED";
    eventually(30, "the job is cancelled", || async {
        scene.server.with(1, |submission| submission.states.last().is_some_and(cancelled))
    })
    .await;
    assert_eq!(scene.server.with(1, |submission| submission.jobs.len()), 1);
    assert_eq!(scene.jobs_in(scene.home.path()), 1);
    agent.stop().await;
}

#[tokio::test]
async fn the_heartbeat_does_not_wait_for_a_server_that_hangs_elsewhere() {
    let scene = Scene::new(SlurmLab::start().unwrap(), QUICK).await;
    scene.server.world().fault = Some(("job-submissions", Fault::Hangs));
    let agent = scene.agent();
    eventually(10, "three heartbeats", || async { scene.server.world().heartbeats >= 3 }).await;
    drop(agent);
}

#[tokio::test]
async fn a_deleted_submission_leaves_no_job_behind() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    scene.server.world().fault = Some(("agent/submitted", Fault::Unavailable));
    let agent = scene.agent();
    scene.submit(1, &[]);
    eventually(10, "a job", || async { scene.jobs_in(scene.home.path()) == 1 }).await;
    scene.server.world().submissions.remove(&1);
    scene.server.world().fault = None;
    let running = || async {
        let list = scene.lab.run("squeue", &["-h", "-o", "%Z"]).unwrap();
        String::from_utf8(list.stdout).unwrap().contains(scene.home.path().to_str().unwrap())
    };
    eventually(30, "the job is cancelled", || async { !running().await }).await;
    agent.stop().await;
}

#[tokio::test]
async fn a_slurm_that_hangs_aborts_no_job_and_doubles_none() {
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), LONG).await;
    let mut config = scene.config();
    config.sbatch_timeout_seconds = Duration::from_secs(3);
    config.slurm_timeout_seconds = Duration::from_secs(3);
    config.vanished_seconds = Duration::from_secs(1);
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    scene.lab.pause();
    scene.submit(2, &[]);
    tokio::time::sleep(Duration::from_secs(8)).await;
    scene.lab.resume();
    scene.becomes(2, "SUBMITTED").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(scene.jobs_in(scene.home.path()), 2);
    for id in [1, 2] {
        assert_eq!(scene.server.status(id), "SUBMITTED");
        let numbers = scene.server.with(id, |submission| submission.jobs.clone());
        assert_eq!(numbers.len(), 1);
        scene.lab.run("scancel", &[&numbers[0].to_string()]).unwrap();
    }
    agent.stop().await;
}
