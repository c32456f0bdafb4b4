//! Jobs that another cluster of a federation takes.

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::Value;

use super::{scene::Scene, support::eventually};

fn squeue(lab: &SlurmLab, number: &str) -> String {
    let shown = lab.run("squeue", &["--local", "-h", "-a", "-t", "all", "-o", "%i %T"]).unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    let job = shown.lines().find_map(|line| line.strip_prefix(number));
    job.unwrap_or_default().trim().to_owned()
}

#[tokio::test]
async fn a_job_that_a_sibling_takes_is_followed_there_and_ends_as_it_ends_there() {
    let [origin, sibling] = SlurmLab::start_federation().unwrap();
    // What an attempt left behind that failed would take the room.
    for (lab, user) in [(&origin, "alice"), (&origin, "root"), (&sibling, "alice")] {
        lab.run("scancel", &["-u", user]).unwrap();
    }
    let full = ["--parsable", "--clusters=lab", "-pcompute", "-c4", "-D/tmp", "-o/dev/null"];
    origin.run("sbatch", &[&full[..], &["--wrap=sleep 100"]].concat()).unwrap();
    eventually(30, "the cluster is full", || async {
        let shown = origin.run("squeue", &["--local", "-h", "-t", "R"]).unwrap();
        !shown.stdout.is_empty()
    })
    .await;
    let scene = Scene::new(origin, "").await;
    let agent = scene.agent();
    // The first one ends when it is told to: what it did before must be seen, however busy the machine.
    let told = format!("/tmp/jobbergate-federation-{}", std::process::id());
    let waits = format!("while [ ! -e {told} ]; do sleep 0.2; done; exit 3");
    for (id, end) in [(1, waits.as_str()), (2, "sleep 300")] {
        scene.submit(id, &[]);
        let script = format!("#!/bin/sh\n#SBATCH -p compute -c 2 -o /dev/null\n{end}\n");
        scene.server.with(id, |submission| submission.script = Some(script));
    }
    let last = |id: i64| {
        scene.server.with(id, |s| s.states.last().map(|last| last.0.clone()).unwrap_or_default())
    };
    for id in [1, 2] {
        eventually(40, "it runs there", || async { last(id) == "RUNNING" }).await;
        let number = scene.server.with(id, |submission| submission.jobs[0]).to_string();
        assert_eq!(squeue(&scene.lab, &number), "REVOKED");
        assert_eq!(squeue(&sibling, &number), "RUNNING");
    }
    std::fs::write(&told, "").unwrap();
    eventually(40, "it fails there", || async { last(1) == "FAILED" }).await;
    std::fs::remove_file(&told).unwrap();
    let told = scene.server.world().reports.last().cloned().unwrap();
    let info: Value = serde_json::from_str(told["slurm_job_info"].as_str().unwrap()).unwrap();
    assert_eq!((&info["job_state"], &info["exit_code"]), (&"FAILED".into(), &768.into()));
    assert_eq!(scene.server.status(2), "SUBMITTED");
    scene.server.with(2, |submission| submission.status = "CANCELLED");
    eventually(40, "it is cancelled there", || async { last(2) == "CANCELLED" }).await;
    let number = scene.server.with(2, |submission| submission.jobs[0]).to_string();
    assert_eq!(squeue(&sibling, &number), "CANCELLED");
    agent.stop().await;
    scene.lab.run("scancel", &["-u", "root"]).unwrap();
}
