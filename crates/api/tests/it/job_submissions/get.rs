//! `GET /job-submissions/{id}`

use crate::on_both;

on_both! {
    async fn everybody_sees_a_submission(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        let id = alice.has_submission(script, "c").await;
        let view = bob.get(&format!("/job-submissions/{id}")).await.ok();
        assert_eq!(view["owner_email"], "alice@example.com");
    }

    async fn who_asks_in_vain_is_told_for_what(app: TestApp) {
        let alice = app.user("alice").await;
        for id in ["9999", "99999999999"] {
            let words = format!("job_submissions entry was not found by locator={id}");
            assert_eq!(alice.get(&format!("/job-submissions/{id}")).await.expect(404).detail(), words);
        }
        alice.get("/job-submissions/abc").await.expect(422);
    }
}
