//! `POST /job-submissions`

use jobbergate_api::permission::Permission;
use serde_json::json;

use crate::on_both;

const SUBMISSIONS: &str = "/job-submissions";

on_both! {
    async fn a_script_is_submitted_to_a_cluster(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let body = json!({
            "name": "j",
            "description": "d",
            "job_script_id": script,
            "execution_directory": "/tmp",
            "client_id": "c",
            "sbatch_arguments": ["--x", "-y"],
        });
        let submission = alice.post(SUBMISSIONS, body).await.created();
        let expected = json!({
            "id": 1,
            "name": "j",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "is_archived": false,
            "description": "d",
            "job_script_id": script,
            "slurm_job_id": null,
            "client_id": "c",
            "status": "CREATED",
            "slurm_job_state": null,
            "cloned_from_id": null,
            "execution_directory": "/tmp",
            "report_message": null,
            "slurm_job_info": null,
            "sbatch_arguments": ["--x", "-y"],
        });
        assert_eq!(submission, expected);
        assert_eq!(alice.get("/job-submissions/1").await.ok(), expected);
    }

    async fn the_cluster_of_the_token_is_used_unless_another_is_named(app: TestApp) {
        let _agents = (app.agent("mine").await, app.agent("other").await);
        let permissions = [Permission::Admin];
        let alice = app.somebody("alice@example.com", Some("mine"), &permissions).await;
        alice.has_script("s", "echo").await;
        for (client_id, cluster) in [(json!(null), "mine"), (json!(""), "mine"), (json!("other"), "other")] {
            let body = json!({"name": "j", "job_script_id": 1, "client_id": client_id});
            assert_eq!(alice.post(SUBMISSIONS, body).await.created()["client_id"], cluster);
        }
        let nowhere = app.user("bob").await;
        let refused = nowhere.post(SUBMISSIONS, json!({"name": "j", "job_script_id": 1})).await;
        assert!(refused.expect(400).detail().contains("client_id"));
    }

    async fn a_cluster_that_nobody_registered_is_refused(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("known").await);
        alice.has_script("s", "echo").await;
        let body = json!({"name": "j", "job_script_id": 1, "client_id": "unknown"});
        let refused = alice.post(SUBMISSIONS, body).await.expect(422).detail();
        assert!(refused.starts_with("There is no cluster unknown; registered are: known."));
    }

    async fn a_job_that_runs_already_is_submitted_from_the_start(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        alice.has_script("s", "echo").await;
        for number in [0, 77, i64::from(i32::MAX)] {
            let body = json!({"name": "j", "job_script_id": 1, "client_id": "c", "slurm_job_id": number});
            let submission = alice.post(SUBMISSIONS, body).await.created();
            assert_eq!((&submission["status"], &submission["slurm_job_id"]), (&json!("SUBMITTED"), &json!(number)));
        }
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
        assert_eq!(agent.get("/job-submissions/agent/active").await.ok()["total"], 3);
        for number in [json!(-1), json!(99_999_999_999_i64), json!("x")] {
            let body = json!({"name": "j", "job_script_id": 1, "client_id": "c", "slurm_job_id": number});
            alice.post(SUBMISSIONS, body).await.expect(422);
        }
    }

    async fn the_script_must_exist_and_have_one_entrypoint(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        alice.post("/job-scripts", json!({"name": "empty"})).await.created();
        let submit = async |script: serde_json::Value| {
            let body = json!({"name": "j", "job_script_id": script, "client_id": "c"});
            alice.post(SUBMISSIONS, body).await
        };
        let words = "Job script 1 has 0 entrypoint files, one and only one is required";
        assert_eq!(submit(json!(1)).await.expect(400).detail(), words);
        for missing in [9999_i64, 99_999_999_999] {
            let words = format!("job_scripts entry was not found by locator={missing}");
            assert_eq!(submit(json!(missing)).await.expect(404).detail(), words);
        }
        let refused = submit(json!(1.5)).await.expect(422).json();
        assert_eq!(refused["detail"][0]["type"], "int_from_float");
        submit(json!(-1)).await.expect(422);
        alice.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", "echo").await.ok();
        for same in [json!("1"), json!(1.0), json!(true)] {
            assert_eq!(submit(same).await.created()["job_script_id"], 1);
        }
    }

    async fn empty_texts_and_lists_are_as_good_as_none(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        alice.has_script("s", "echo").await;
        let body = json!({
            "name": "", "job_script_id": 1, "client_id": "c", "execution_directory": "",
            "sbatch_arguments": [], "slurm_job_id": null,
        });
        let submission = alice.post(SUBMISSIONS, body).await.created();
        assert_eq!(submission["execution_directory"], json!(null));
        assert_eq!(submission["sbatch_arguments"], json!([]));
        assert_eq!(submission["status"], "CREATED");
    }

    async fn there_are_limits_to_what_sbatch_is_told(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        alice.has_script("s", "echo").await;
        for (arguments, kind) in [
            (json!(vec!["x"; 51]), "too_long"),
            (json!(["x".repeat(256)]), "string_too_long"),
            (json!("-x"), "list_type"),
            (json!(["a\0b"]), "string_nul"),
        ] {
            let body = json!({
                "name": "j", "job_script_id": 1, "client_id": "c", "sbatch_arguments": arguments,
            });
            let refused = alice.post(SUBMISSIONS, body).await.expect(422).json();
            assert_eq!(refused["detail"][0]["type"], kind);
        }
        let most = json!({
            "name": "j", "job_script_id": 1, "client_id": "c", "sbatch_arguments": vec!["☃ \"'"; 50],
        });
        alice.post(SUBMISSIONS, most).await.created();
    }

    async fn an_address_is_needed(app: TestApp) {
        let nameless = app.without_email(Permission::JobSubmissionsCreate).await;
        let refused = nameless.post(SUBMISSIONS, json!({"name": "j", "job_script_id": 1})).await;
        let words = "Checked expressions failed: Access token does not contain\n  1: email";
        assert_eq!(refused.expect(400).detail(), words);
    }
}
