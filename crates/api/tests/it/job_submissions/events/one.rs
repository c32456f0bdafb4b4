//! One submission.

use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_submission_is_watched_from_its_first_step_to_its_end(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        alice.has_submission(script, "c").await;
        let mut events = alice.watch("/job-submissions/1/events", None).await;
        let now = events.next().await.unwrap();
        assert_eq!((now.name.as_str(), now.id), ("submission", None));
        assert_eq!(now.data, alice.get("/job-submissions/1").await.ok());
        let body = json!({
            "id": 1, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let step = events.next().await.unwrap();
        assert_eq!((step.name.as_str(), step.id.as_deref()), ("progress", Some("1")));
        let progress = alice.get("/job-submissions/1/progress").await.ok();
        assert_eq!(step.data, progress["items"][0]);
        assert_eq!(events.next().await.unwrap().data["status"], "SUBMITTED");
        // Another one's steps are not told.
        alice.put("/job-submissions/cancel/2", json!(null)).await.ok();
        let body = json!({"slurm_job_id": 7, "slurm_job_state": "COMPLETED", "slurm_job_info": "{}"});
        agent.put("/job-submissions/agent/1", body).await.expect(202);
        let step = events.next().await.unwrap();
        assert_eq!(step.id.as_deref(), Some("3"));
        assert_eq!(step.data["slurm_job_state"], "COMPLETED");
        assert_eq!(events.next().await.unwrap().data["status"], "DONE");
        let mut late = alice.watch("/job-submissions/1/events", Some("1")).await;
        assert_eq!(late.next().await.unwrap().id.as_deref(), Some("3"));
        assert_eq!(late.next().await.unwrap().data["status"], "DONE");
        alice.delete("/job-submissions/1").await.expect(204);
        for events in [&mut events, &mut late] {
            let end = events.next().await.unwrap();
            assert_eq!((end.name.as_str(), end.data), ("deleted", json!({"id": 1})));
            assert!(events.next().await.is_none());
        }
        alice.get("/job-submissions/1/events").await.expect(404);
    }

    async fn a_client_without_headers_says_in_the_address_what_it_knows(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        alice.put("/job-submissions/cancel/1", json!(null)).await.ok();
        let path = "/job-submissions/1/events?last_event_id=";
        for (known, first) in [("0", "progress"), ("what", "progress"), ("1", "submission")] {
            let mut events = alice.watch(&format!("{path}{known}"), None).await;
            assert_eq!(events.next().await.unwrap().name, first, "{known}");
        }
        let mut events = alice.watch(&format!("{path}0"), Some("1")).await;
        assert_eq!(events.next().await.unwrap().name, "submission", "the header counts more");
    }
}
