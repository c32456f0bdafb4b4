//! `GET /job-submissions/agent/pending`

use jobbergate_api::permission::Permission;
use serde_json::{Value, json};

use crate::on_both;

on_both! {
    async fn an_agent_gets_all_that_it_needs_to_run_a_job(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let body = json!({
            "name": "j", "job_script_id": script, "client_id": "c",
            "execution_directory": "/tmp", "sbatch_arguments": ["-x"],
        });
        alice.post("/job-submissions", body).await.created();
        alice.has_submission(script, "c").await;
        let page = agent.get("/job-submissions/agent/pending").await.ok();
        let job_script = json!({
            "id": script,
            "name": "s",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "is_archived": false,
            "description": "",
            "files": [{
                "parent_id": script,
                "filename": "run.sh",
                "file_type": "ENTRYPOINT",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
            }],
        });
        let full = json!({
            "id": 1,
            "name": "j",
            "owner_email": "alice@example.com",
            "execution_directory": "/tmp",
            "execution_parameters": {},
            "job_script": job_script,
            "sbatch_arguments": ["-x"],
        });
        // What is null is left out.
        let plain = json!({
            "id": 2,
            "name": "job",
            "owner_email": "alice@example.com",
            "execution_parameters": {},
            "job_script": job_script,
        });
        let expected = json!({"items": [full, plain], "total": 2, "page": 1, "size": 50, "pages": 1});
        assert_eq!(page, expected);
    }

    async fn an_agent_gets_only_what_is_for_its_cluster(app: TestApp) {
        let (alice, one, two) =
            (app.user("alice").await, app.agent("one").await, app.agent("two").await);
        let script = alice.has_script("s", "echo").await;
        let first = alice.has_submission(script, "one").await;
        let second = alice.has_submission(script, "two").await;
        for (agent, id) in [(&one, first), (&two, second)] {
            let page = agent.get("/job-submissions/agent/pending").await.ok();
            assert_eq!((&page["total"], &page["items"][0]["id"]), (&json!(1), &json!(id)));
        }
    }

    async fn the_oldest_comes_first_however_many_there_are(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        for _ in 0..5 {
            alice.has_submission(script, "c").await;
        }
        alice.put("/job-submissions/1", json!({"name": "changed"})).await.ok();
        let mut seen = Vec::new();
        for page in 1..=3 {
            let path = format!("/job-submissions/agent/pending?size=2&page={page}");
            let items = agent.get(&path).await.ok()["items"].as_array().unwrap().clone();
            seen.extend(items.iter().map(|item| item["id"].as_i64().unwrap()));
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        agent.get("/job-submissions/agent/pending?size=101").await.expect(422);
    }

    async fn a_token_without_a_cluster_is_not_enough(app: TestApp) {
        let admin = app.somebody("root@example.com", None, &[Permission::Admin]).await;
        let words = "Checked expressions failed: Access token does not contain\n  1: client_id";
        for path in ["/job-submissions/agent/pending", "/job-submissions/agent/active"] {
            assert_eq!(admin.get(path).await.expect(400).detail(), words);
        }
        for path in ["/job-submissions/agent/submitted", "/job-submissions/agent/rejected"] {
            assert_eq!(admin.post(path, Value::Null).await.expect(400).detail(), words);
        }
    }
}
