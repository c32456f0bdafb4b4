use serde_json::json;

use super::{super::ending::tests::submission, *};

fn now() -> DateTime<Utc> {
    "2026-11-29T20:10:00Z".parse().unwrap()
}

fn cluster(more: Value) -> Cluster {
    let mut object = json!({
        "client_id": "c1", "created_at": "2026-11-01T00:00:00Z",
        "updated_at": "2026-11-29T20:09:50Z", "last_reported": "2026-11-29T20:09:50Z",
        "interval": 60, "is_healthy": true, "slurm_answered_at": "2026-11-29T20:09:59Z",
    });
    object.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Cluster::Known(serde_json::from_value(object).unwrap())
}

/// All that is said.
fn said(more: Value, cluster: &Cluster) -> String {
    let explanation = Explanation::of(&submission(more), cluster, now());
    [explanation.because, explanation.advice].concat().join("\n")
}

#[track_caller]
fn says(more: Value, cluster: &Cluster, expected: &[&str]) {
    let said = said(more, cluster);
    for words in expected {
        assert!(said.contains(words), "{words:?} is not in: {said}");
    }
}

#[test]
fn a_submission_that_waits_for_its_agent() {
    let created = |more: Value| {
        let mut created = json!({"status": "CREATED", "slurm_job_id": null});
        created.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        created
    };
    let well = cluster(json!({}));
    let just_now = json!({"created_at": "2026-11-29T20:09:58Z"});
    says(created(just_now), &well, &["waits for the agent of cluster c1", "(2s)", "a moment"]);
    says(created(json!({})), &well, &["(10m)", "neither submitted it nor said", "doctor"]);
    let old = cluster(json!({"slurm_answered_at": null}));
    says(created(json!({})), &old, &["it is the Python agent, or an old one", "doctor"]);
    let limited = json!({"slurm_pending_reason": "AssocMaxSubmitJobLimit"});
    says(created(limited), &well, &["does not let it in", "(AssocMaxSubmitJobLimit)"]);
    says(created(json!({})), &Cluster::Silent, &["has never reported", "administrators"]);
    let away = json!({"is_healthy": false, "last_reported": "2026-11-29T19:10:00Z"});
    says(created(json!({})), &cluster(away), &["is away", "1h ago", "every 1m"]);
    let no_slurm = json!({"slurm_answered_at": "2026-11-29T20:05:00Z"});
    says(created(json!({})), &cluster(no_slurm), &["has not answered it since", "5m ago"]);
    let told = json!({"slurm_problem": "squeue failed: no route."});
    says(
        created(json!({})),
        &cluster(told),
        &["has not answered it since", "ago): squeue failed: no route."],
    );
    let hidden = Cluster::Hidden("you may not see clusters".to_owned());
    says(created(json!({})), &hidden, &["can't be seen: you may not see clusters."]);
}

/// What an agent says of what it has not submitted yet.
#[test]
fn an_agents_own_words_are_not_taken_for_slurms() {
    for words in [
        "The home directory /home/ann of the user ann does not exist: it is waited for",
        "It cannot be found out for the moment which user of the cluster its owner is: the user map \
         does not answer or cannot be read",
        "The execution directory cannot be used for the moment: Input/output error",
        "Slurm's controller does not answer: it is submitted when it does",
        "It is uncertain whether Slurm has a job of it: one is looked for before it is submitted \
         again (sbatch was killed)",
        "Something is wrong at the cluster's agent, which tries again: the cause is in its log",
        "Another agent of the cluster may have begun it: its job is looked for first",
        "Others of its owner's submissions take long: it is begun when one of them is done",
    ] {
        let waits = json!({"status": "CREATED", "slurm_job_id": null,
            "slurm_pending_reason": words});
        let said = said(waits, &cluster(json!({})));
        assert!(said.contains(&format!("the cluster's agent: {words}.")), "{said}");
        assert!(said.contains("administrators") && said.contains("by itself"), "{said}");
        for wrong in ["man squeue", "does not let it in"] {
            assert!(!said.contains(wrong), "{said}");
        }
    }
    // Slurm's own.
    for words in
        ["MaxSubmitJobsPerAccount", "Slurm temporarily unable to accept job", "Rate limit exceeded"]
    {
        let waits = json!({"status": "CREATED", "slurm_job_id": null,
            "slurm_pending_reason": words});
        says(waits, &cluster(json!({})), &["Slurm does not let it in yet: ", "t is submitted"]);
    }
}

#[test]
fn a_job_that_waits_in_slurm() {
    let well = cluster(json!({}));
    let pending = json!({"slurm_job_state": "PENDING", "slurm_pending_reason": "Resources",
        "slurm_expected_start": "2026-11-29T21:00:00Z"});
    let words = ["job 12 is PENDING", "in use (Resources).", "to start at ", "by itself"];
    says(pending.clone(), &well, &words);
    let away = cluster(json!({"is_healthy": false}));
    says(pending, &away, &["is away", "may be out of date"]);
    let new = json!({"slurm_job_state": "PENDING", "slurm_pending_reason": "Whim"});
    says(new, &well, &["Slurm's words: Whim", "man squeue"]);
    let python = cluster(json!({"slurm_answered_at": null}));
    let bare = json!({"slurm_job_state": "PENDING"});
    says(bare, &python, &["does not say why jobs wait", "squeue --start --jobs 12"]);
    let info = json!({"slurm_job_state": "PENDING",
        "slurm_job_info": "{\"state_reason\": \"Priority\"}"});
    says(info, &python, &["higher priority"]);
    let array = json!({"slurm_job_state": "RUNNING",
        "slurm_task_counts": {"RUNNING": 2, "PENDING": 3}});
    says(array, &well, &["3 PENDING, 2 RUNNING"]);
}

#[test]
fn a_submission_that_came_to_nothing() {
    let well = cluster(json!({}));
    let rejected = |message: &str| json!({"status": "REJECTED", "slurm_job_id": null, "report_message": message});
    let partition = rejected("sbatch: error: invalid partition specified: nosuch");
    says(partition, &well, &["never ran: sbatch", "Choose a partition"]);
    let uncertain = rejected("It is uncertain whether Slurm ran this job: the agent …");
    says(uncertain, &well, &["uncertain", "Look into the execution directory first"]);
    let ended = |state: &str, info: &str, report: &str| {
        json!({"status": "ABORTED", "slurm_job_state": state, "slurm_job_info": info,
            "report_message": report})
    };
    let failed = ended("FAILED", "{\"exit_code\": 768}", "NonZeroExitCode");
    says(failed, &well, &["ended as FAILED", "exit code 3", "NonZeroExitCode", "logs 7"]);
    says(ended("TIMEOUT", "{}", "TimeLimit"), &well, &["--time"]);
    says(ended("OUT_OF_MEMORY", "{}", "OutOfMemory"), &well, &["--mem"]);
    let cancelled = json!({"status": "CANCELLED", "slurm_job_state": "RUNNING"});
    says(cancelled, &well, &["still RUNNING", "within seconds"]);
    let before = json!({"status": "CANCELLED", "slurm_job_id": null});
    says(before, &well, &["before it had a job"]);
    says(json!({"status": "DONE", "slurm_job_state": "COMPLETED"}), &well, &["completed"]);
}
