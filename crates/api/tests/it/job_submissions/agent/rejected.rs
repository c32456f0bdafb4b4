//! `POST /job-submissions/agent/rejected`

use serde_json::{Value, json};

use crate::on_both;

const PATH: &str = "/job-submissions/agent/rejected";

on_both! {
    async fn the_user_reads_why(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let body = json!({"id": 1, "report_message": "invalid partition ☃"});
        assert_eq!(agent.post(PATH, body.clone()).await.expect(202).text, "");
        let again = agent.post(PATH, body).await.expect(400).detail();
        assert_eq!(again, "Only CREATED Job Submissions can be marked as REJECTED");
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!(view["status"], "REJECTED");
        assert_eq!(view["report_message"], "invalid partition ☃");
        let progress = alice.get("/job-submissions/1/progress").await.ok();
        assert_eq!(progress["total"], 1);
        assert_eq!(progress["items"][0]["slurm_job_state"], "REJECTED");
        assert_eq!(progress["items"][0]["additional_info"], "invalid partition ☃");
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
    }

    async fn what_runs_or_was_cancelled_is_not_rejected(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        alice.has_submission(script, "c").await;
        let body = json!({
            "id": 1, "slurm_job_id": 7, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let refused = agent.post(PATH, json!({"id": 1, "report_message": "bad"})).await.expect(400);
        let words = "Only CREATED Job Submissions can be marked as REJECTED";
        assert_eq!(refused.detail(), words);
        alice.put("/job-submissions/cancel/2", Value::Null).await.ok();
        let refused = agent.post(PATH, json!({"id": 2, "report_message": "bad"})).await.expect(400);
        assert_eq!(refused.detail(), words);
        assert_eq!(alice.get("/job-submissions/2").await.ok()["status"], "CANCELLED");
    }

    async fn only_the_agent_of_its_cluster_may_say_so_and_says_why(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let other = app.agent("other").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let refused = other.post(PATH, json!({"id": 1, "report_message": "bad"})).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): client_id");
        agent.post(PATH, json!({"id": 9999, "report_message": "bad"})).await.expect(404);
        let refused = agent.post(PATH, json!({"id": 1})).await.expect(422).json();
        let missing = json!({
            "type": "missing",
            "loc": ["body", "report_message"],
            "msg": "Field required",
            "input": {"id": 1},
        });
        assert_eq!(refused["detail"], json!([missing]));
    }

    async fn words_with_nul_are_refused(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        agent.post(PATH, json!({"id": 1, "report_message": "a\0b"})).await.expect(422);
    }
}
