//! What is told of jobs that wait and of arrays.

use std::time::Duration;

use jobbergate_testkit::slurm::SlurmLab;
use serde_json::{Value, json};

use super::{scene::Scene, support::eventually};

async fn report(scene: &Scene, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let find = || scene.server.world().reports.iter().find(|report| wanted(report)).cloned();
    eventually(40, what, || async { find().is_some() }).await;
    find().unwrap()
}

async fn cancel(scene: &Scene, id: i64) {
    scene.server.with(id, |submission| submission.status = "CANCELLED");
    eventually(30, "the job is cancelled", || async {
        scene.server.with(id, |s| s.states.last().is_some_and(|state| state.0 == "CANCELLED"))
    })
    .await;
}

#[tokio::test]
async fn a_job_that_waits_says_why_and_when_it_is_expected_to_start() {
    let script = "#!/bin/sh\n#SBATCH -p compute -o /dev/null --begin=now+1hour\ntrue\n";
    let scene = Scene::new(SlurmLab::start().unwrap(), script).await;
    let agent = scene.agent();
    eventually(20, "facts", || async { !scene.server.world().facts.is_empty() }).await;
    scene.submit(1, &[]);
    let told =
        report(&scene, "an expected start", |report| !report["slurm_expected_start"].is_null());
    let told = told.await;
    assert_eq!(
        (&told["slurm_job_state"], &told["slurm_pending_reason"]),
        (&json!("PENDING"), &json!("BeginTime"))
    );
    let start =
        chrono::DateTime::parse_from_rfc3339(told["slurm_expected_start"].as_str().unwrap());
    let minutes = (start.unwrap().to_utc() - chrono::Utc::now()).num_minutes();
    assert!((55..=60).contains(&minutes), "{minutes}");
    assert_eq!(told.get("slurm_task_counts"), None);
    if told["keeps_slurm_job_info"] == true {
        assert_eq!(told["slurm_job_info"], "{}", "what the server has is not sent again");
    }
    let reports = scene.server.world().reports.len();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(scene.server.world().reports.len(), reports, "only changes are told");
    cancel(&scene, 1).await;
    agent.stop().await;
}

#[tokio::test]
async fn an_array_says_how_many_tasks_do_what_until_the_end() {
    let script = "#!/bin/sh\n#SBATCH -p compute -o /dev/null -a 0-4%2\n\
                  sleep 3; exit $((SLURM_ARRAY_TASK_ID == 4))\n";
    let scene = Scene::new(SlurmLab::start().unwrap(), script).await;
    let agent = scene.agent();
    eventually(20, "facts", || async { !scene.server.world().facts.is_empty() }).await;
    scene.submit(1, &[]);
    let counts = |report: &Value| {
        let counts = report["slurm_task_counts"].as_object();
        counts.map_or(0, |counts| counts.values().filter_map(Value::as_u64).sum())
    };
    let some = report(&scene, "counts", |report| counts(report) > 0).await;
    assert_eq!(counts(&some), 5, "{some}");
    scene.becomes(1, "ABORTED").await;
    let last = scene.server.world().reports.last().unwrap().clone();
    assert_eq!(last["slurm_task_counts"], json!({"COMPLETED": 4, "FAILED": 1}));
    assert_eq!(
        (&last["slurm_job_state"], last.get("slurm_pending_reason")),
        (&json!("FAILED"), None)
    );
    let reports = scene.server.world().reports.clone();
    let fields = |report: &Value| {
        let names = ["slurm_job_state", "slurm_job_state_reason", "slurm_pending_reason"];
        let more = ["slurm_expected_start", "slurm_task_counts"];
        names.iter().chain(&more).map(|name| report[*name].clone()).collect::<Vec<_>>()
    };
    let repeated = reports.windows(2).filter(|two| fields(&two[0]) == fields(&two[1])).count();
    assert_eq!(repeated, 0, "{:#?}", reports);
    let halfway = |report: &Value| {
        let counts = &report["slurm_task_counts"];
        counts["COMPLETED"].is_u64() && counts["RUNNING"].is_u64()
    };
    assert!(reports.iter().any(halfway), "{:#?}", reports);
    agent.stop().await;
}
