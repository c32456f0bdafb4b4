//! How far an agent and its Slurm are behind, in `/clusters/status`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::on_both;

on_both! {
    async fn a_cluster_shows_when_its_slurm_answered_last(app: TestApp) {
        let (agent, alice) = (app.agent("c").await, app.user("alice").await);
        let path = "/clusters/status?interval=60&slurm_silent_seconds=";
        agent.put(&format!("{path}90"), Value::Null).await.expect(202);
        let view = alice.get("/clusters/status/c").await.ok();
        assert_eq!(view["slurm_answered_at"], "2025-12-31T23:58:30Z");
        assert_eq!(alice.get("/clusters/status").await.ok()["items"][0], view);
        // An agent that does not say it any more.
        agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        assert_eq!(alice.get("/clusters/status/c").await.ok().get("slurm_answered_at"), None);
        for wrong in ["-1", "x", "99999999999"] {
            agent.put(&format!("{path}{wrong}"), Value::Null).await.expect(422);
        }
        agent.put(&format!("{path}2147483647"), Value::Null).await.expect(202);
    }

    async fn a_cluster_shows_since_when_a_submission_waits_for_its_agent(app: TestApp) {
        let (agent, alice) = (app.agent("c").await, app.user("alice").await);
        app.agent("d").await.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        agent.put("/clusters/status?interval=60", Value::Null).await.expect(202);
        let script = alice.has_script("s", "echo").await;
        for _ in 0..2 {
            alice.has_submission(script, "c").await;
            app.clock.advance(TimeDelta::seconds(10));
        }
        let list = alice.get("/clusters/status").await.ok();
        assert_eq!(list["items"][0]["oldest_waiting_at"], "2026-01-01T00:00:00Z");
        assert_eq!(list["items"][1].get("oldest_waiting_at"), None, "{list}");
        let body = json!({
            "id": 1, "slurm_job_id": 100, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let view = alice.get("/clusters/status/c").await.ok();
        assert_eq!(view["oldest_waiting_at"], "2026-01-01T00:00:10Z");
        alice.put("/job-submissions/cancel/2", Value::Null).await.ok();
        assert_eq!(alice.get("/clusters/status/c").await.ok().get("oldest_waiting_at"), None);
    }
}
