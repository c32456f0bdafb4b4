//! `DELETE /job-submissions/{id}`

use crate::on_both;

on_both! {
    async fn a_submission_goes_with_its_progress(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let path = format!("/job-submissions/{}", alice.has_submission(script, "c").await);
        alice.put(&path.replace("/1", "/cancel/1"), serde_json::Value::Null).await.ok();
        assert_eq!(alice.delete(&path).await.expect(204).text, "");
        let words = "job_submissions entry was not found by locator=1";
        assert_eq!(alice.delete(&path).await.expect(404).detail(), words);
        assert_eq!(alice.get(&format!("{path}/progress")).await.ok()["total"], 0);
        assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 0);
        alice.get(&format!("/job-scripts/{script}")).await.ok();
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        let path = format!("/job-submissions/{}", alice.has_submission(script, "c").await);
        let refused = bob.delete(&path).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        app.maintainer().await.delete(&path).await.expect(204);
    }
}
