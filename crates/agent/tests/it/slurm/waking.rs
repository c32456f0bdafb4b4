//! An agent that the server tells what is new.

use std::time::Duration;

use jobbergate_agent::config::AgentConfig;
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::{Running, Scene},
    server::Fault,
    support::eventually,
    whole_agent::LONG,
};

/// Longer than any test.
const NEVER: Duration = Duration::from_hours(1);

/// An agent that asks by itself once an hour.
fn patient(scene: &Scene) -> AgentConfig {
    let mut config = scene.config();
    config.task_jobs_interval_seconds = NEVER;
    config.task_follow_interval_seconds = NEVER;
    config.task_recheck_interval_seconds = NEVER;
    config
}

/// How often the server was asked what is pending, what is active and what is new.
fn asked(scene: &Scene) -> [usize; 3] {
    scene.server.world().asked
}

/// Stops the agent, and ends the jobs: others use the same Slurm.
async fn leave(scene: &Scene, agent: Running) {
    agent.stop().await;
    scene.cancel_jobs();
}

#[tokio::test]
async fn neither_a_job_nor_its_end_waits_for_an_interval() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    scene.server.world().lets_wait = true;
    let agent = Running::start(patient(&scene));
    eventually(10, "it waits", || async { asked(&scene)[2] >= 2 }).await;
    for id in 1..=3 {
        scene.submit(id, &[]);
        scene.becomes(id, "SUBMITTED").await;
    }
    scene.server.with(2, |submission| submission.status = "CANCELLED");
    let number = scene.server.with(2, |submission| submission.jobs[0]).to_string();
    let ended = || async {
        let left = scene.lab.run("squeue", &["-h", "-j", &number, "-t", "R,PD"]).unwrap();
        left.stdout.is_empty()
    };
    eventually(20, "the job is cancelled", ended).await;
    assert_eq!(scene.jobs_in(scene.home.path()), 3);
    leave(&scene, agent).await;
}

#[tokio::test]
async fn an_old_server_is_asked_at_intervals() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let agent = scene.agent();
    eventually(10, "ten questions", || async { asked(&scene)[0] >= 10 }).await;
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    assert_eq!(asked(&scene)[2], 1, "what it can't do is not asked for again and again");
    leave(&scene, agent).await;
}

#[tokio::test]
async fn a_server_that_says_what_is_new_is_asked_less_often() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    scene.server.world().lets_wait = true;
    let agent = scene.agent();
    eventually(10, "it waits", || async { asked(&scene)[2] >= 2 }).await;
    let before = asked(&scene);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let after = asked(&scene);
    assert!(after[0] - before[0] <= 2 && after[1] - before[1] <= 2, "{before:?} {after:?}");
    leave(&scene, agent).await;
}

#[tokio::test]
async fn a_connection_that_died_unnoticed_delays_a_job_by_seconds() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    scene.server.world().lets_wait = true;
    let mut config = scene.config();
    config.task_recheck_interval_seconds = Duration::from_secs(2);
    let agent = Running::start(config);
    eventually(10, "it waits", || async { asked(&scene)[2] >= 2 }).await;
    scene.server.world().fault = Some(("agent/changes", Fault::Hangs));
    let before = asked(&scene)[0];
    // The request that is under way ends, the next one hangs.
    tokio::time::sleep(Duration::from_secs(6)).await;
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    assert!(asked(&scene)[0] > before);
    leave(&scene, agent).await;
}

#[tokio::test]
async fn a_server_that_fails_is_asked_at_intervals_until_it_works_again() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    scene.server.world().lets_wait = true;
    scene.server.world().fault = Some(("agent/changes", Fault::Unavailable));
    let agent = scene.agent();
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    scene.server.world().fault = None;
    eventually(40, "it waits again", || async { asked(&scene)[2] >= 2 }).await;
    let before = asked(&scene)[0];
    scene.submit(2, &[]);
    scene.becomes(2, "SUBMITTED").await;
    assert!(asked(&scene)[0] > before);
    leave(&scene, agent).await;
}

#[tokio::test]
async fn what_is_withdrawn_is_asked_for_before_the_lease_is_renewed_by_the_clock() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    {
        let mut world = scene.server.world();
        (world.lets_wait, world.shares) = (true, true);
    }
    let agent = Running::start(patient(&scene));
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    let before = scene.server.world().claims;
    eventually(10, "the lease is renewed", || async { scene.server.world().claims > before }).await;
    let before = scene.server.world().claims;
    scene.server.with(1, |submission| submission.status = "CANCELLED");
    // By the clock it would be in five seconds.
    eventually(3, "it is renewed again", || async { scene.server.world().claims > before }).await;
    leave(&scene, agent).await;
}
