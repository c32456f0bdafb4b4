//! `POST /job-scripts/clone/{id}`

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_clone_has_another_owner_and_its_own_files(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let body = json!({"name": "s", "description": "d"});
        alice.post("/job-scripts", body).await.created();
        alice.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", "echo").await.ok();
        alice.upload("/job-scripts/1/upload/SUPPORT", "d/x.txt", "x").await.ok();
        app.clock.advance(TimeDelta::seconds(1));
        let request = bob.request(Method::POST, "/job-scripts/clone/1");
        let clone = bob.send(request).await.created();
        for (field, value) in [
            ("id", json!(2)),
            ("name", json!("s")),
            ("description", json!("d")),
            ("owner_email", json!("bob@example.com")),
            ("cloned_from_id", json!(1)),
            ("created_at", json!("2026-01-01T00:00:01Z")),
        ] {
            assert_eq!(clone[field], value, "{field}");
        }
        assert_eq!(clone["files"].as_array().unwrap().len(), 2);
        assert_eq!(clone["files"][0]["parent_id"], 2);
        alice.delete("/job-scripts/1").await.expect(204);
        assert_eq!(bob.get("/job-scripts/2/upload/d/x.txt").await.expect(200).text, "x");
    }

    async fn what_is_mentioned_differs(app: TestApp) {
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s", "description": "d"})).await.created();
        let named = json!({"name": "other", "description": "new"});
        let clone = alice.post("/job-scripts/clone/1", named).await.created();
        assert_eq!((&clone["name"], &clone["description"]), (&json!("other"), &json!("new")));
        // As on the Python server, null means the original's here.
        let clone = alice.post("/job-scripts/clone/1", json!({"description": null})).await.created();
        assert_eq!(clone["description"], "d");
        for body in [json!(null), json!({}), json!({"name": null})] {
            assert_eq!(alice.post("/job-scripts/clone/1", body).await.created()["name"], "s");
        }
    }

    async fn there_must_be_an_original(app: TestApp) {
        let alice = app.user("alice").await;
        let refused = alice.post("/job-scripts/clone/9999", json!(null)).await.expect(404);
        assert_eq!(refused.detail(), "job_scripts entry was not found by locator=9999");
    }
}
