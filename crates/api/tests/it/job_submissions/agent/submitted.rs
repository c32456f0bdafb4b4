//! `POST /job-submissions/agent/submitted`

use serde_json::{Value, json};

use crate::on_both;

const PATH: &str = "/job-submissions/agent/submitted";

/// The report that Slurm took submission 1 as this job.
fn report(job: i64) -> Value {
    json!({
        "id": 1,
        "slurm_job_id": job,
        "slurm_job_state": "PENDING",
        "slurm_job_info": "{\"a\": 1}",
        "slurm_job_state_reason": "Priority",
    })
}

on_both! {
    async fn the_job_is_noted(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        assert_eq!(agent.post(PATH, report(100)).await.expect(202).text, "");
        let view = alice.get("/job-submissions/1").await.ok();
        for (field, value) in [
            ("status", json!("SUBMITTED")),
            ("slurm_job_id", json!(100)),
            ("slurm_job_state", json!("PENDING")),
            ("slurm_job_info", json!("{\"a\": 1}")),
            ("report_message", json!("Priority")),
        ] {
            assert_eq!(view[field], value, "{field}");
        }
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
    }

    async fn saying_it_twice_changes_nothing(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        agent.post(PATH, report(100)).await.expect(202);
        agent.post(PATH, report(100)).await.expect(202);
        assert_eq!(alice.get("/job-submissions/1/progress").await.ok()["total"], 1);
        let refused = agent.post(PATH, report(101)).await.expect(400);
        let words = "Only CREATED Job Submissions can be marked as SUBMITTED";
        assert_eq!(refused.detail(), words);
    }

    async fn saying_it_again_after_the_job_went_on_takes_nothing_back(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        agent.post(PATH, report(100)).await.expect(202);
        let body =
            json!({"slurm_job_id": 100, "slurm_job_state": "RUNNING", "slurm_job_info": "{}"});
        agent.put("/job-submissions/agent/1", body).await.expect(202);
        agent.post(PATH, report(100)).await.expect(202);
        assert_eq!(alice.get("/job-submissions/1").await.ok()["slurm_job_state"], "RUNNING");
    }

    async fn a_submission_that_was_cancelled_meanwhile_stays_so_but_has_a_job(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        alice.put("/job-submissions/cancel/1", Value::Null).await.ok();
        for _ in 0..2 {
            agent.post(PATH, report(100)).await.expect(202);
            let view = alice.get("/job-submissions/1").await.ok();
            assert_eq!((&view["status"], &view["slurm_job_id"]), (&json!("CANCELLED"), &json!(100)));
        }
        let active = agent.get("/job-submissions/agent/active").await.ok();
        assert_eq!(active["items"][0]["status"], "CANCELLED");
        assert_eq!(alice.get("/job-submissions/1/progress").await.ok()["total"], 2);
    }

    async fn only_the_agent_of_its_cluster_may_say_so(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let other = app.agent("other").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let refused = other.post(PATH, report(100)).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): client_id");
        let mut body = report(100);
        for id in [9999_i64, 99_999_999_999, -1] {
            body["id"] = json!(id);
            let words = format!("job_submissions entry was not found by locator={id}");
            assert_eq!(agent.post(PATH, body.clone()).await.expect(404).detail(), words);
        }
        alice.post(PATH, report(100)).await.expect(400);
    }

    async fn odd_reports_are_refused_and_odd_words_kept(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        for (field, value) in [
            ("slurm_job_state", json!("NOPE")),
            ("slurm_job_id", json!(-1)),
            ("slurm_job_id", json!(99_999_999_999_i64)),
            ("slurm_job_id", json!(null)),
            ("slurm_job_info", json!(null)),
        ] {
            let mut body = report(100);
            body[field] = value;
            let refused = agent.post(PATH, body).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["body", field]));
        }
        let mut body = report(100);
        body["slurm_job_info"] = json!("☃".repeat(100_000));
        agent.post(PATH, body).await.expect(202);
    }
}
