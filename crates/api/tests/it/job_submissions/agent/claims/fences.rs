//! What is said under a claim that is no longer the current one.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{claim, first, hand_back, submitted, waiting};
use crate::on_both;

const SUBMITTED: &str = "/job-submissions/agent/submitted";

on_both! {
    async fn who_lost_a_submission_changes_nothing(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        let (stale, _) = first(&agent, "a").await;
        app.clock.advance(TimeDelta::seconds(20));
        claim(&agent, "b", 1).await;
        let before = alice.get("/job-submissions/1").await.ok();
        let words = "The claim given is not the current one of job submission job_submission_id=1:";
        let refused = agent.post(SUBMITTED, submitted(1, 7, Some(stale))).await.expect(409);
        assert!(refused.detail().starts_with(words), "{}", refused.detail());
        let rejected = json!({"id": 1, "report_message": "no", "claim": stale});
        agent.post("/job-submissions/agent/rejected", rejected).await.expect(409);
        assert_eq!(alice.get("/job-submissions/1").await.ok(), before);
        let (current, _) = first(&agent, "b").await;
        agent.post(SUBMITTED, submitted(1, 8, Some(current))).await.expect(202);
        // The very job that the submission has is acknowledged to whoever says so.
        agent.post(SUBMITTED, submitted(1, 8, Some(stale))).await.expect(202);
        agent.post(SUBMITTED, submitted(1, 7, Some(stale))).await.expect(409);
        let state = |claim: Option<i64>| {
            json!({"slurm_job_state": "RUNNING", "slurm_job_info": "{}", "slurm_job_id": 8,
                "claim": claim})
        };
        let submitted = alice.get("/job-submissions/1").await.ok();
        agent.put("/job-submissions/agent/1", state(Some(stale))).await.expect(409);
        assert_eq!(alice.get("/job-submissions/1").await.ok(), submitted);
        agent.put("/job-submissions/agent/1", state(Some(current))).await.expect(202);
        agent.put("/job-submissions/agent/1", state(None)).await.expect(202);
    }

    async fn a_claim_that_was_handed_back_or_never_given_is_none(app: TestApp) {
        let (_alice, agent) = waiting(&app, 2).await;
        claim(&agent, "a", 1).await;
        let (number, _) = first(&agent, "a").await;
        agent.post(SUBMITTED, submitted(2, 7, Some(number))).await.expect(409);
        hand_back(&agent, "a").await;
        agent.post(SUBMITTED, submitted(1, 7, Some(number))).await.expect(409);
        agent.post(SUBMITTED, submitted(1, 7, Some(i64::MAX))).await.expect(409);
        agent.post(SUBMITTED, submitted(1, 7, None)).await.expect(202);
    }

    async fn a_claim_outlasts_its_lease_until_somebody_takes_it(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        let (number, _) = first(&agent, "a").await;
        app.clock.advance(TimeDelta::minutes(4));
        claim(&agent, "b", 0).await;
        agent.post(SUBMITTED, submitted(1, 7, Some(number))).await.expect(202);
    }

    async fn what_is_deleted_or_has_ended_is_answered_as_without_a_claim(app: TestApp) {
        let (alice, agent) = waiting(&app, 2).await;
        claim(&agent, "a", 2).await;
        let (number, _) = first(&agent, "a").await;
        alice.delete("/job-submissions/1").await.expect(204);
        agent.post(SUBMITTED, submitted(1, 7, Some(number))).await.expect(404);
        let rejected = json!({"id": 2, "report_message": "no", "claim": number});
        agent.post("/job-submissions/agent/rejected", rejected.clone()).await.expect(202);
        let again = agent.post("/job-submissions/agent/rejected", rejected).await.expect(400);
        assert_eq!(again.detail(), "Only CREATED Job Submissions can be marked as REJECTED");
        agent.post(SUBMITTED, submitted(2, 7, Some(number))).await.expect(400);
        let view = alice.get("/job-submissions/2").await.ok();
        assert_eq!(view["slurm_job_id"], Value::Null);
    }
}
