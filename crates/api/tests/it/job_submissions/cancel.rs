//! `PUT /job-submissions/cancel/{id}`

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_submission_that_waits_is_not_offered_any_more(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let cancelled = alice.put("/job-submissions/cancel/1", json!(null)).await.ok();
        assert_eq!(cancelled["status"], "CANCELLED");
        assert_eq!(cancelled["report_message"], json!(null));
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
        assert_eq!(agent.get("/job-submissions/agent/active").await.ok()["total"], 0);
        let progress = alice.get("/job-submissions/1/progress").await.ok();
        let entry = json!({
            "id": 1,
            "job_submission_id": 1,
            "timestamp": "2026-01-01T00:00:00Z",
            "slurm_job_state": null,
            "additional_info": "Job cancelled by user",
        });
        assert_eq!(progress["items"], json!([entry]));
    }

    async fn what_is_over_cannot_be_cancelled(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        for status in ["REJECTED", "DONE", "ABORTED", "CANCELLED"] {
            alice.put("/job-submissions/1", json!({"status": status})).await.ok();
            let refused = alice.put("/job-submissions/cancel/1", json!(null)).await.expect(400);
            let words = format!(
                "Cannot cancel job submission with status '{status}'. Only jobs with 'CREATED' or \
                 'SUBMITTED' status can be cancelled."
            );
            assert_eq!(refused.detail(), words);
        }
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let refused = bob.put("/job-submissions/cancel/1", json!(null)).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        bob.put("/job-submissions/cancel/9999", json!(null)).await.expect(404);
        app.maintainer().await.put("/job-submissions/cancel/1", json!(null)).await.ok();
    }
}
