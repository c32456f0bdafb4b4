//! `GET /job-submissions/agent/active` and `…/followed`

use serde_json::{Value, json};

use crate::{on_both, support::Actor};

async fn active(agent: &Actor) -> Value {
    agent.get("/job-submissions/agent/active").await.ok()["items"].take()
}

on_both! {
    async fn submitted_jobs_are_followed_until_they_end(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let other = app.agent("other").await;
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        assert_eq!(active(&agent).await, json!([]));
        let body = json!({
            "id": 1, "slurm_job_id": 7, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        let followed = json!([{"id": 1, "name": "job", "status": "SUBMITTED", "slurm_job_id": 7}]);
        assert_eq!(active(&agent).await, followed);
        assert_eq!(active(&other).await, json!([]));
        let body = json!({"slurm_job_id": 7, "slurm_job_state": "FAILED", "slurm_job_info": "{}"});
        agent.put("/job-submissions/agent/1", body).await.expect(202);
        assert_eq!(active(&agent).await, json!([]));
    }

    async fn an_agent_lists_all_that_it_follows_by_number(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        for job in 1..=3 {
            alice.has_submission(script, "c").await;
            let claim = json!({"instance": "one", "new": 1});
            agent.post("/job-submissions/agent/claims", claim).await.ok();
            let claim = agent.get("/job-submissions/agent/pending?instance=one").await.ok();
            let body = json!({"id": job, "slurm_job_id": job + 6, "slurm_job_state": "PENDING",
                "slurm_job_info": "{}", "claim": claim["items"][0]["claim"]});
            agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        }
        let followed = "/job-submissions/agent/followed?instance=one";
        let all = agent.get(followed).await.ok();
        let paged = agent.get("/job-submissions/agent/active?instance=one").await.ok();
        assert_eq!((&all, all.as_array().unwrap().len()), (&paged["items"], 3));
        assert!(all[0]["claim"].is_i64(), "{all}");
        alice.put("/job-submissions/cancel/2", Value::Null).await.ok();
        let rest = agent.get(&format!("{followed}&after=1")).await.ok();
        let rest: Vec<_> = rest.as_array().unwrap().iter().map(|r| (&r["id"], &r["status"])).collect();
        assert_eq!(rest, [(&json!(2), &json!("CANCELLED")), (&json!(3), &json!("SUBMITTED"))]);
        for (path, caller) in [
            ("/job-submissions/agent/followed?instance=another", &agent),
            (followed, &app.agent("other").await),
        ] {
            assert_eq!(caller.get(path).await.ok(), json!([]));
        }
        agent.get("/job-submissions/agent/followed").await.expect(422);
    }

    async fn a_cancelled_job_is_followed_until_slurm_ended_it(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let body = json!({
            "id": 1, "slurm_job_id": 7, "slurm_job_state": "RUNNING", "slurm_job_info": "{}",
        });
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        alice.put("/job-submissions/cancel/1", Value::Null).await.ok();
        assert_eq!(active(&agent).await[0]["status"], "CANCELLED");
        for (state, count) in [("COMPLETING", 1), ("CANCELLED", 0)] {
            let body = json!({"slurm_job_id": 7, "slurm_job_state": state, "slurm_job_info": "{}"});
            agent.put("/job-submissions/agent/1", body).await.expect(202);
            assert_eq!(active(&agent).await.as_array().unwrap().len(), count, "{state}");
        }
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!((&view["status"], &view["slurm_job_state"]), (&json!("CANCELLED"), &json!("CANCELLED")));
    }
}
