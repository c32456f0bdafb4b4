//! `GET /job-submissions/{id}/progress`

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::on_both;

on_both! {
    async fn each_change_of_state_is_a_step(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let body = json!({
            "id": 1, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
            "slurm_job_state_reason": "Priority",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        for state in ["PENDING", "RUNNING", "RUNNING", "COMPLETED"] {
            app.clock.advance(TimeDelta::seconds(1));
            let body = json!({"slurm_job_id": 7, "slurm_job_state": state, "slurm_job_info": "{}"});
            agent.put("/job-submissions/agent/1", body).await.expect(202);
        }
        let steps = async |query: &str| -> Vec<(Value, Value, Value)> {
            let page = alice.get(&format!("/job-submissions/1/progress{query}")).await.ok();
            let items = page["items"].as_array().unwrap().clone();
            let fields = ["timestamp", "slurm_job_state", "additional_info"];
            items.into_iter().map(|mut item| fields.map(|f| item[f].take()).into()).collect()
        };
        let expected: Vec<(Value, Value, Value)> = [
            ("2026-01-01T00:00:00Z", "PENDING", json!("Priority")),
            ("2026-01-01T00:00:02Z", "RUNNING", json!(null)),
            ("2026-01-01T00:00:04Z", "COMPLETED", json!(null)),
        ]
        .map(|(time, state, info)| (json!(time), json!(state), info))
        .into();
        for query in ["", "?sort_field=", "?sort_field=id"] {
            assert_eq!(steps(query).await, expected, "{query}");
        }
        let last = steps("?sort_ascending=false&size=1").await;
        assert_eq!(last, expected[2..]);
        let refused = alice.get("/job-submissions/1/progress?sort_field=nope").await.expect(400);
        let words = "Invalid sorting column requested: nope. Must be one of id, job_submission_id, \
                     timestamp, slurm_job_state";
        assert_eq!(refused.detail(), words);
    }

    async fn there_is_none_of_what_is_unknown(app: TestApp) {
        let alice = app.user("alice").await;
        let empty = json!({"items": [], "total": 0, "page": 1, "size": 50, "pages": 0});
        for id in ["9999", "99999999999"] {
            assert_eq!(alice.get(&format!("/job-submissions/{id}/progress")).await.ok(), empty);
        }
        alice.get("/job-submissions/abc/progress").await.expect(422);
    }
}
