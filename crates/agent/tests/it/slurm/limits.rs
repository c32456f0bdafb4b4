//! Slurm's limits on how many jobs there may be: submissions wait for them, their owners see why,
//! and nobody else waits.

use std::{fs, time::Duration};

use jobbergate_agent::config::AgentConfig;
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::{Running, Scene},
    support::{eventually, use_sbatch, wrapper},
};

const HELD: &str = "#!/bin/sh\n#SBATCH --hold -o /dev/null\nhostname\n";
const FULL: &str = "Slurm temporarily unable to accept job, sleeping and retrying";

/// Settings with which a test does not take minutes.
fn impatient(scene: &Scene) -> AgentConfig {
    let mut config = scene.config();
    config.sbatch_timeout_seconds = Duration::from_secs(4);
    config.doubt_seconds = Duration::from_secs(1);
    config.refusal_seconds = Duration::from_secs(3);
    config
}

async fn is_empty(lab: &SlurmLab) -> bool {
    lab.run("squeue", &["-h", "-a", "-t", "all"]).unwrap().stdout.is_empty()
}

#[tokio::test]
async fn a_cluster_that_is_full_is_waited_for_and_a_job_that_can_never_fit_is_not() {
    let lab = SlurmLab::start_alone().unwrap();
    lab.restart_with("MaxJobCount=5").unwrap();
    lab.run("scancel", &["--state=PENDING"]).unwrap();
    eventually(120, "an empty queue", || is_empty(&lab)).await;
    for _ in 0..4 {
        let others = ["--hold", "-o", "/dev/null", "--wrap", "true"];
        assert!(lab.run("sbatch", &others).unwrap().status.success());
    }
    let scene = Scene::new(lab, HELD).await;
    let agent = Running::start(impatient(&scene));
    (1..=3).for_each(|id| scene.submit(id, &[]));
    for id in 1..=3 {
        eventually(30, "the reason", || async { scene.server.waits_for(id) == Some(FULL.into()) })
            .await;
    }
    // Longer than anything that is refused.
    tokio::time::sleep(Duration::from_secs(12)).await;
    (1..=3).for_each(|id| assert_eq!(scene.server.status(id), "CREATED"));
    scene.lab.run("scancel", &["-u", "root"]).unwrap();
    for id in 1..=3 {
        eventually(150, "room", || async { scene.server.status(id) == "SUBMITTED" }).await;
    }
    assert_eq!(scene.jobs_in(scene.home.path()), 3, "one of each");

    scene.lab.run("scancel", &["-u", "alice"]).unwrap();
    eventually(120, "an empty queue", || is_empty(&scene.lab)).await;
    scene.submit(4, &["--array=0-9"]);
    eventually(90, "an end", || async { scene.server.status(4) == "REJECTED" }).await;
    let message = scene.server.with(4, |submission| submission.message.clone()).unwrap();
    assert!(message.contains(FULL), "{message}");
    agent.stop().await;
    scene.lab.restart_with("").unwrap();
}

/// Slurm's words, as 22.05 with slurmdbd says them.
fn refusing(name: &str) -> String {
    format!(
        "case $USER in alice) if [ -e {{full}} ]; then\n\
         echo 'sbatch: error: {name}' >&2\n\
         echo 'sbatch: error: Batch job submission failed: Job violates accounting/QOS policy \
         (job submit limit, user'\"'\"'s size and/or time limits)' >&2\n\
         exit 1; fi;; esac\nexec $real \"$@\""
    )
}

#[tokio::test]
async fn a_limit_of_one_user_is_waited_for_as_long_as_that_user_has_jobs_and_holds_up_nobody_else()
{
    // All jobs of its users have to end: others must not have any there.
    let scene = Scene::new(SlurmLab::start_alone().unwrap(), HELD).await;
    let bin = tempfile::tempdir().unwrap();
    fs::set_permissions(bin.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let full = bin.path().join("full");
    let lines = refusing("AssocMaxSubmitJobLimit").replace("{full}", full.to_str().unwrap());
    let mut config = impatient(&scene);
    use_sbatch(&mut config, &scene.lab, wrapper(&scene.lab, &bin, &lines));
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    fs::write(&full, "").unwrap();
    (2..=40).for_each(|id| scene.submit(id, &[]));
    let homes = super::support::workdir("bob");
    scene.server.add(41, homes.path().to_str().unwrap(), &[]);
    scene.server.with(41, |submission| submission.owner = "bob@lab.org");
    scene.becomes(41, "SUBMITTED").await;
    let reason = "AssocMaxSubmitJobLimit\nBatch job submission failed: Job violates accounting/QOS \
                  policy (job submit limit, user's size and/or time limits)";
    for id in [2, 40] {
        let waits = || async { scene.server.waits_for(id) == Some(reason.to_owned()) };
        eventually(30, "the reason", waits).await;
    }
    assert!((2..=40).all(|id| scene.server.status(id) == "CREATED"));
    fs::remove_file(&full).unwrap();
    for id in 2..=40 {
        eventually(60, "room", || async { scene.server.status(id) == "SUBMITTED" }).await;
    }
    assert_eq!(scene.jobs_in(scene.home.path()), 40, "one of each");

    // Without a job that can end, there never is room.
    scene.lab.run("scancel", &["-u", "alice"]).unwrap();
    fs::write(&full, "").unwrap();
    scene.submit(50, &[]);
    scene.becomes(50, "REJECTED").await;
    let message = scene.server.with(50, |submission| submission.message.clone()).unwrap();
    assert!(message.contains("AssocMaxSubmitJobLimit"), "{message}");
    agent.stop().await;
    scene.lab.run("scancel", &["-u", "bob"]).unwrap();
}

#[tokio::test]
async fn what_a_job_asks_for_does_not_become_less_and_is_refused_at_once() {
    let scene = Scene::new(SlurmLab::start().unwrap(), HELD).await;
    let bin = tempfile::tempdir().unwrap();
    fs::set_permissions(bin.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let lines = refusing("QOSMaxWallDurationPerJobLimit").replace("{full}", "/");
    let mut config = impatient(&scene);
    use_sbatch(&mut config, &scene.lab, wrapper(&scene.lab, &bin, &lines));
    let agent = Running::start(config);
    scene.submit(1, &[]);
    scene.becomes(1, "REJECTED").await;
    agent.stop().await;
}
