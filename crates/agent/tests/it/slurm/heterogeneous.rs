//! Jobs of several components, each with resources of its own.

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::Value;

use super::{scene::Scene, support::eventually};

const TWO: &str = "#!/bin/sh\n#SBATCH -p compute -o /dev/null\n#SBATCH hetjob\n\
                   #SBATCH -p compute -n 2\nsleep 300\n";

/// What each component of a job does.
fn components(lab: &SlurmLab, number: i64) -> Vec<String> {
    let shown = lab.run("squeue", &["-h", "-a", "-t", "all", "-o", "%i %T"]).unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let prefix = format!("{number}+");
    let of_job = shown
        .lines()
        .filter(|line| line.starts_with(&prefix))
        .filter_map(|line| line.split_once(' '));
    of_job.map(|(_, state)| state.to_owned()).collect()
}

#[tokio::test]
async fn a_heterogeneous_job_is_followed_and_cancelled_as_one() {
    let scene = Scene::new(SlurmLab::start().unwrap(), TWO).await;
    let agent = scene.agent();
    scene.submit(1, &[]);
    let reported = |state: &'static str| {
        let scene = &scene;
        async move {
            eventually(40, state, || async {
                scene.server.with(1, |s| s.states.last().is_some_and(|last| last.0 == state))
            })
            .await;
        }
    };
    reported("RUNNING").await;
    let number = scene.server.with(1, |submission| submission.jobs[0]);
    assert_eq!(components(&scene.lab, number), ["RUNNING", "RUNNING"]);
    let told = scene.server.world().reports.last().cloned().unwrap();
    let info: Value = serde_json::from_str(told["slurm_job_info"].as_str().unwrap()).unwrap();
    assert_eq!((&info["job_id"], &info["het_job_id"]), (&number.into(), &number.into()));
    assert_eq!(info["het_job_offset"], 0);
    scene.server.with(1, |submission| submission.status = "CANCELLED");
    reported("CANCELLED").await;
    assert_eq!(components(&scene.lab, number), ["CANCELLED", "CANCELLED"]);
    agent.stop().await;
}
