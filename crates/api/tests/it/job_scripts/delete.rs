//! `DELETE /job-scripts/{id}`

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_script_goes_with_its_files(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_script("s", "echo").await;
        assert_eq!(alice.delete(&format!("/job-scripts/{id}")).await.expect(204).text, "");
        let words = format!("job_scripts entry was not found by locator={id}");
        assert_eq!(alice.delete(&format!("/job-scripts/{id}")).await.expect(404).detail(), words);
        alice.get(&format!("/job-scripts/{id}/upload/run.sh")).await.expect(404);
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), Vec::<String>::new());
        }
    }

    async fn what_waited_to_run_it_is_rejected_and_what_ran_goes_on(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let waiting = alice.has_submission(script, "c").await;
        let running = alice.has_submission(script, "c").await;
        let submitted = json!({
            "id": running, "slurm_job_id": 7, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", submitted).await.expect(202);
        alice.delete(&format!("/job-scripts/{script}")).await.expect(204);
        let view = alice.get(&format!("/job-submissions/{waiting}")).await.ok();
        assert_eq!(view["status"], "REJECTED");
        assert_eq!(view["report_message"], "Parent job script was deleted before the submission.");
        assert_eq!(view["job_script_id"], json!(null));
        let view = alice.get(&format!("/job-submissions/{running}")).await.ok();
        assert_eq!((&view["status"], &view["job_script_id"]), (&json!("SUBMITTED"), &json!(null)));
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
    }

    async fn clones_outlive_their_original(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_script("s", "echo").await;
        let clone = alice.post(&format!("/job-scripts/clone/{id}"), json!(null)).await.created();
        alice.delete(&format!("/job-scripts/{id}")).await.expect(204);
        let path = format!("/job-scripts/{}", clone["id"]);
        assert_eq!(alice.get(&path).await.ok()["cloned_from_id"], json!(null));
        assert_eq!(alice.get(&format!("{path}/upload/run.sh")).await.expect(200).text, "echo");
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        let refused = bob.delete("/job-scripts/1").await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        app.maintainer().await.delete("/job-scripts/1").await.expect(204);
    }
}
