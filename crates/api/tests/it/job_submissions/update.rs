//! `PUT /job-submissions/{id}`

use chrono::TimeDelta;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn only_what_is_mentioned_changes(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let id = alice.has_submission(script, "c").await;
        let path = format!("/job-submissions/{id}");
        app.clock.advance(TimeDelta::seconds(1));
        let before = alice.get(&path).await.ok();
        let body = json!({"execution_directory": "/scratch", "client_id": "x", "slurm_job_id": 1});
        let changed = alice.put(&path, body).await.ok();
        let mut expected = before;
        expected["execution_directory"] = json!("/scratch");
        expected["updated_at"] = json!("2026-01-01T00:00:01Z");
        assert_eq!(changed, expected);
    }

    async fn null_is_stored_where_there_may_be_none(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let path = format!("/job-submissions/{}", alice.has_submission(script, "c").await);
        let body = json!({"description": null, "execution_directory": "", "name": ""});
        let changed = alice.put(&path, body).await.ok();
        assert_eq!(changed["description"], json!(null));
        assert_eq!(changed["execution_directory"], json!(null));
        assert_eq!(changed["name"], "");
        for field in ["name", "status", "is_archived"] {
            let refused = alice.put(&path, json!({field: null})).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["body", field]));
        }
    }

    async fn the_status_can_be_set_right(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let path = format!("/job-submissions/{}", alice.has_submission(script, "c").await);
        assert_eq!(alice.put(&path, json!({"status": "DONE"})).await.ok()["status"], "DONE");
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
        let refused = alice.put(&path, json!({"status": "nope"})).await.expect(422).json();
        assert_eq!(refused["detail"][0]["type"], "enum");
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        let path = format!("/job-submissions/{}", alice.has_submission(script, "c").await);
        let refused = bob.put(&path, json!({"name": "x"})).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        app.maintainer().await.put(&path, json!({"name": "x"})).await.ok();
        bob.put("/job-submissions/9999", json!({"name": "x"})).await.expect(404);
    }
}
