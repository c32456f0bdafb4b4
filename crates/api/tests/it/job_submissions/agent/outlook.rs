//! How a job waits and its tasks stand, as agents report it and users read it.

use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, TestApp},
};

const PATH: &str = "/job-submissions/agent/1";
const FIELDS: [&str; 3] = ["slurm_pending_reason", "slurm_expected_start", "slurm_task_counts"];

/// A user and an agent with submission 1.
async fn scene(app: &TestApp) -> (Actor, Actor) {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    (alice, agent)
}

/// A report of job 100, with more fields.
fn report(state: &str, more: Value) -> Value {
    let mut body = json!({"id": 1, "slurm_job_id": 100, "slurm_job_state": state,
        "slurm_job_info": "i", "slurm_job_state_reason": "Priority"});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn outlook() -> Value {
    json!({"slurm_pending_reason": "Resources", "slurm_expected_start": "2026-01-01T12:00:00Z",
        "slurm_task_counts": {"PENDING": 8, "RUNNING": 2}})
}

fn shown(view: &Value) -> Value {
    FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), view.get(*name)?.clone()))).collect()
}

on_both! {
    async fn a_user_sees_why_a_job_waits_until_when_and_how_its_tasks_stand(app: TestApp) {
        let (alice, agent) = scene(&app).await;
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), json!({}));
        let first = json!({"slurm_pending_reason": "Priority"});
        let body = report("PENDING", first.clone());
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), first);
        agent.put(PATH, report("PENDING", outlook())).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), outlook());
        let list = alice.get("/job-submissions").await.ok();
        assert_eq!(shown(&list["items"][0]), outlook());
        let steps = alice.get("/job-submissions/1/progress").await.ok();
        assert_eq!(steps["total"], 1, "it is no step in the submission's life");
    }

    async fn what_a_report_leaves_out_is_not_known_any_more(app: TestApp) {
        let (alice, agent) = scene(&app).await;
        let body = report("PENDING", outlook());
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), outlook());
        let counts = json!({"slurm_task_counts": {"RUNNING": 10}});
        agent.put(PATH, report("RUNNING", counts.clone())).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), counts);
        // As a Python agent reports.
        agent.put(PATH, report("RUNNING", json!({}))).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), json!({}));
    }

    async fn a_job_that_is_over_waits_for_nothing_and_its_tasks_have_ended_somehow(app: TestApp) {
        let (alice, agent) = scene(&app).await;
        let body = report("PENDING", outlook());
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let mut end = outlook();
        end["slurm_task_counts"] = json!({"COMPLETED": 9, "FAILED": 1, "DREAMING": 3});
        agent.put(PATH, report("FAILED", end)).await.expect(202);
        let counts = json!({"slurm_task_counts": {"COMPLETED": 9, "FAILED": 1}});
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), counts);
    }

    async fn an_agent_that_only_tells_the_outlook_need_not_repeat_what_slurm_says(app: TestApp) {
        let (alice, agent) = scene(&app).await;
        let body = report("PENDING", json!({"slurm_job_info": "{\"long\": 1}"}));
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let mut brief = outlook();
        brief["keeps_slurm_job_info"] = json!(true);
        brief["slurm_job_info"] = json!("{}");
        agent.put(PATH, report("PENDING", brief)).await.expect(202);
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!(view["slurm_job_info"], "{\"long\": 1}");
        assert_eq!(shown(&view), outlook());
        assert_eq!(view.get("keeps_slurm_job_info"), None);
    }

    async fn an_outlook_that_makes_no_sense_is_refused_by_name(app: TestApp) {
        let (_alice, agent) = scene(&app).await;
        let body = report("PENDING", json!({}));
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        for (field, value) in [
            ("slurm_expected_start", json!("soon")),
            ("slurm_task_counts", json!([1])),
            ("slurm_pending_reason", json!("x".repeat(256))),
        ] {
            let more = json!({field: value});
            let body = agent.put(PATH, report("PENDING", more)).await.expect(422).json();
            assert_eq!(body["detail"][0]["loc"], json!(["body", field]));
        }
        let more = json!({"slurm_task_counts": {"PENDING": -1}});
        let body = agent.put(PATH, report("PENDING", more)).await.expect(422).json();
        assert_eq!(body["detail"][0]["loc"], json!(["body", "slurm_task_counts", "PENDING"]));
    }

    async fn an_owner_sees_why_a_submission_waits_that_is_no_job_yet(app: TestApp) {
        const WAITING: &str = "/job-submissions/agent/waiting";
        let (alice, agent) = scene(&app).await;
        let limit = "AssocMaxSubmitJobLimit";
        let reason = json!({"slurm_pending_reason": limit});
        let body = json!({"submissions": [{"id": 1, "slurm_pending_reason": limit},
            {"id": 99, "slurm_pending_reason": "it was deleted"}]});
        agent.post(WAITING, body.clone()).await.expect(202);
        let shown_now = alice.get("/job-submissions/1").await.ok();
        assert_eq!((shown(&shown_now), &shown_now["status"]), (reason.clone(), &json!("CREATED")));
        assert_eq!(shown(&alice.get("/job-submissions").await.ok()["items"][0]), reason);
        let steps = alice.get("/job-submissions/1/progress").await.ok();
        assert_eq!(steps["total"], 0, "it is no step in the submission's life");
        // It got in, and nothing waits any more.
        let taken = report("RUNNING", json!({}));
        agent.post("/job-submissions/agent/submitted", taken).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), json!({}));
        agent.post(WAITING, body).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), json!({}), "too late");
    }

    async fn a_submission_that_is_rejected_or_cancelled_does_not_wait(app: TestApp) {
        let (alice, agent) = scene(&app).await;
        let waits = |id| json!({"submissions": [{"id": id, "slurm_pending_reason": "full"}]});
        agent.post("/job-submissions/agent/waiting", waits(1)).await.expect(202);
        let no = json!({"id": 1, "report_message": "no"});
        agent.post("/job-submissions/agent/rejected", no).await.expect(202);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), json!({}));
        let second = alice.has_submission(1, "c").await;
        agent.post("/job-submissions/agent/waiting", waits(second)).await.expect(202);
        let view = alice.put(&format!("/job-submissions/cancel/{second}"), json!({})).await.ok();
        assert_eq!((shown(&view), &view["status"]), (json!({}), &json!("CANCELLED")));
    }

    async fn another_clusters_agent_says_nothing_of_it(app: TestApp) {
        let (alice, _) = scene(&app).await;
        let other = app.agent("d").await;
        let body = json!({"submissions": [{"id": 1, "slurm_pending_reason": "full"}]});
        other.post("/job-submissions/agent/waiting", body).await.expect(403);
        assert_eq!(shown(&alice.get("/job-submissions/1").await.ok()), json!({}));
        let many = vec![json!({"id": 1, "slurm_pending_reason": "full"}); 101];
        let many = json!({"submissions": many});
        other.post("/job-submissions/agent/waiting", many).await.expect(422);
    }
}
