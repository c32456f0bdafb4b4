//! Owners read why their submissions wait that are no jobs yet, and nothing when they go on.

use std::{fs, time::Duration};

use jobbergate_agent::config::Mapper;
use jobbergate_testkit::slurm::SlurmLab;

use super::{
    scene::{Running, Scene},
    support::{eventually, use_sbatch, wrapper},
    whole_agent::LONG,
};

async fn waits_for(scene: &Scene, id: i64, words: &str) {
    eventually(40, words, || async {
        scene.server.waits_for(id).is_some_and(|reason| reason.contains(words))
    })
    .await;
    assert_eq!(scene.server.status(id), "CREATED");
}

fn reports(scene: &Scene, id: i64) -> usize {
    scene.server.with(id, |submission| submission.reason_reports)
}

async fn ends(scene: Scene, agent: Running) {
    agent.stop().await;
    scene.cancel_jobs();
}

#[tokio::test]
async fn a_user_map_that_cannot_be_read_is_told_once_without_what_is_in_it() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let people = scene.state.path().join("people");
    fs::create_dir(&people).unwrap();
    let mut config = scene.config();
    config.slurm_user_mapper = Some(Mapper::File);
    config.user_map_file = Some(people.clone());
    let agent = Running::start(config);
    scene.submit(1, &[]);
    waits_for(&scene, 1, "which user of the cluster its owner is").await;
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(reports(&scene, 1), 1, "it is no news");
    fs::remove_dir(&people).unwrap();
    fs::write(&people, "alice@lab.org alice\n").unwrap();
    scene.becomes(1, "SUBMITTED").await;
    ends(scene, agent).await;
}

#[tokio::test]
async fn a_controller_that_is_away_is_told_for_all_that_wait() {
    let lab = SlurmLab::start_alone().unwrap();
    let scene = Scene::new(lab, LONG).await;
    let agent = scene.agent();
    // So that it has seen Slurm.
    scene.submit(1, &[]);
    scene.becomes(1, "SUBMITTED").await;
    scene.lab.stop_controller();
    for id in 2..=4 {
        scene.submit(id, &[]);
    }
    for id in 2..=4 {
        waits_for(&scene, id, "Slurm's controller does not answer").await;
        assert_eq!(reports(&scene, id), 1);
    }
    scene.lab.up().unwrap();
    for id in 2..=4 {
        scene.becomes(id, "SUBMITTED").await;
    }
    ends(scene, agent).await;
}

#[tokio::test]
async fn what_is_uncertain_is_told_with_what_sbatch_said() {
    let scene = Scene::new(SlurmLab::start().unwrap(), LONG).await;
    let bin = tempfile::tempdir().unwrap();
    fs::set_permissions(bin.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let broken = bin.path().join("broken");
    fs::write(&broken, "").unwrap();
    let lines = format!(
        "[ -e {} ] && echo 'quota server unreachable' >&2 && exit 1\nexec $real \"$@\"",
        broken.display()
    );
    let mut config = scene.config();
    config.doubt_seconds = Duration::from_secs(2);
    use_sbatch(&mut config, &scene.lab, wrapper(&scene.lab, &bin, &lines));
    let agent = Running::start(config);
    scene.submit(1, &[]);
    waits_for(&scene, 1, "It is uncertain whether Slurm has a job of it").await;
    waits_for(&scene, 1, "quota server unreachable").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(reports(&scene, 1), 1, "it is the same as before");
    fs::remove_file(&broken).unwrap();
    scene.becomes(1, "SUBMITTED").await;
    ends(scene, agent).await;
}
