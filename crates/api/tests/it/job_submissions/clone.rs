//! `POST /job-submissions/clone/{id}`

use reqwest::Method;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_job_that_ran_is_submitted_once_more(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let agent = app.agent("c").await;
        alice.has_script("s", "echo").await;
        let body = json!({
            "name": "j", "description": "d", "job_script_id": 1, "client_id": "c",
            "slurm_job_id": 77, "execution_directory": "/tmp", "sbatch_arguments": ["-x"],
        });
        alice.post("/job-submissions", body).await.created();
        let request = bob.request(Method::POST, "/job-submissions/clone/1");
        let clone = bob.send(request).await.created();
        for (field, value) in [
            ("id", json!(2)),
            ("cloned_from_id", json!(1)),
            ("owner_email", json!("bob@example.com")),
            ("status", json!("CREATED")),
            ("slurm_job_id", json!(null)),
            ("name", json!("j")),
            ("description", json!("d")),
            ("execution_directory", json!("/tmp")),
            ("sbatch_arguments", json!(["-x"])),
        ] {
            assert_eq!(clone[field], value, "{field}");
        }
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 1);
    }

    async fn to_a_cluster_that_is_gone_nothing_is_submitted_once_more(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        app.provider().delete_client("c").await.unwrap();
        let refused = alice.post("/job-submissions/clone/1", json!(null)).await.expect(422).detail();
        assert!(refused.starts_with("There is no cluster c; registered are: none yet."), "{refused}");
        assert_eq!(alice.get("/job-submissions").await.ok()["total"], 1);
    }

    async fn the_original_and_its_script_must_be_there(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let words = "job_submissions entry was not found by locator=9999";
        let refused = alice.post("/job-submissions/clone/9999", json!(null)).await.expect(404);
        assert_eq!(refused.detail(), words);
        alice.delete("/job-scripts/1").await.expect(204);
        let words = "Cannot resubmit a job submission without a parent job script";
        let refused = alice.post("/job-submissions/clone/1", json!(null)).await.expect(400);
        assert_eq!(refused.detail(), words);
    }
}
