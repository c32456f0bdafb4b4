//! `PUT /job-submissions/agent/{id}`

use jobbergate_types::{SlurmJobState, slurm::Outcome};
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, TestApp},
};

const PATH: &str = "/job-submissions/agent/1";

/// A user and an agent whose job 100 of submission 1 is pending in Slurm.
async fn with_a_job(app: &TestApp) -> (Actor, Actor) {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    let body = json!({
        "id": 1, "slurm_job_id": 100, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
    });
    agent.post("/job-submissions/agent/submitted", body).await.expect(202);
    (alice, agent)
}

fn state(name: &str) -> Value {
    json!({"slurm_job_id": 100, "slurm_job_state": name, "slurm_job_info": "i"})
}

on_both! {
    async fn each_state_of_slurm_means_that_the_job_goes_on_or_ended(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        for slurm in SlurmJobState::ALL {
            let reset = json!({"status": "SUBMITTED"});
            alice.put("/job-submissions/1", reset).await.ok();
            agent.put(PATH, state(slurm.as_str())).await.expect(202);
            let view = alice.get("/job-submissions/1").await.ok();
            let expected = match slurm.outcome() {
                Outcome::Active => "SUBMITTED",
                Outcome::Done => "DONE",
                Outcome::Aborted => "ABORTED",
            };
            assert_eq!(view["status"], expected, "{slurm}");
            assert_eq!(view["slurm_job_state"], slurm.as_str());
        }
    }

    async fn a_job_that_ended_badly_says_why(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        agent.put(PATH, state("OUT_OF_MEMORY")).await.expect(202);
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!(view["status"], "ABORTED");
        assert_eq!(view["report_message"], "The job used more memory than it was given.");
        assert_eq!(view["slurm_job_info"], "i");
        let refused = agent.put(PATH, state("RUNNING")).await.expect(400);
        let words = "Only SUBMITTED or CANCELLED jobs may be updated by the agent, got ABORTED";
        assert_eq!(refused.detail(), words);
    }

    async fn the_owner_of_a_held_job_reads_why_it_waits_until_it_is_released(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let because = |state: &str, reason: &str| {
            json!({"slurm_job_id": 100, "slurm_job_state": state, "slurm_job_info": "i",
                "slurm_job_state_reason": reason})
        };
        let reason = "launch failed requeued held";
        for _ in 0..2 {
            agent.put(PATH, because("PENDING", reason)).await.expect(202);
        }
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!(view["status"], "SUBMITTED");
        let message = view["report_message"].as_str().unwrap();
        assert!(message.starts_with("Slurm holds the job (launch failed requeued held)"), "{message}");
        assert!(message.contains("scontrol release 100"), "{message}");
        let steps = alice.get("/job-submissions/1/progress").await.ok();
        let told = steps["items"].as_array().unwrap().iter();
        assert_eq!(told.filter(|step| step["additional_info"] == reason).count(), 1, "{steps}");
        agent.put(PATH, because("PENDING", "Priority")).await.expect(202);
        assert_eq!(alice.get("/job-submissions/1").await.ok()["report_message"], Value::Null);
    }

    async fn the_owner_of_a_job_that_can_not_start_as_it_is_reads_what_to_do(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let message = async |state: &str, reason: &str| {
            let body = json!({"slurm_job_id": 100, "slurm_job_state": state, "slurm_job_info": "i",
                "slurm_job_state_reason": reason});
            agent.put(PATH, body).await.expect(202);
            alice.get("/job-submissions/1").await.ok()["report_message"].clone()
        };
        for (reason, words) in [
            ("PartitionTimeLimit", "less --time"),
            ("DependencyNeverSatisfied", "--dependency"),
        ] {
            let said = message("PENDING", reason).await;
            let said = said.as_str().unwrap();
            let begin = format!("The job does not start as it is ({reason}): ");
            assert!(said.starts_with(&begin) && said.contains(words), "{said}");
        }
        assert_eq!(message("PENDING", "Priority").await, Value::Null);
        assert_eq!(message("COMPLETING", "JobLaunchFailure").await, Value::Null);
        let said = message("FAILED", "JobLaunchFailure").await;
        let begin = "JobLaunchFailure: Slurm could not start it on its node. ";
        assert!(said.as_str().unwrap().starts_with(begin), "{said}");
    }

    async fn a_job_that_was_cancelled_while_it_could_not_start_says_so_in_slurms_word(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let body = json!({"slurm_job_id": 100, "slurm_job_state": "CANCELLED",
            "slurm_job_info": "i", "slurm_job_state_reason": "PartitionTimeLimit"});
        agent.put(PATH, body).await.expect(202);
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!(view["report_message"], "PartitionTimeLimit");
    }

    async fn who_cancels_a_held_job_reads_nothing_of_the_hold_once_it_is_over(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let held = |state: &str| {
            json!({"slurm_job_id": 100, "slurm_job_state": state, "slurm_job_info": "i",
                "slurm_job_state_reason": "JobHeldUser"})
        };
        agent.put(PATH, held("PENDING")).await.expect(202);
        let message = alice.get("/job-submissions/1").await.ok()["report_message"].clone();
        assert!(message.as_str().unwrap().starts_with("Slurm holds the job"), "{message}");
        alice.put("/job-submissions/cancel/1", Value::Null).await.ok();
        // Slurm gives the reason of a job that waited still when it is over.
        agent.put(PATH, held("CANCELLED")).await.expect(202);
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!((&view["status"], &view["report_message"]), (&json!("CANCELLED"), &Value::Null));
    }

    async fn a_held_job_that_is_over_says_how_it_ended(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        for (end, message) in [("CANCELLED", json!("JobHeldUser")), ("COMPLETED", Value::Null)] {
            for state in ["PENDING", end] {
                let body = json!({"slurm_job_id": 100, "slurm_job_state": state,
                    "slurm_job_info": "i", "slurm_job_state_reason": "JobHeldUser"});
                agent.put(PATH, body).await.expect(202);
            }
            assert_eq!(alice.get("/job-submissions/1").await.ok()["report_message"], message, "{end}");
            alice.put("/job-submissions/1", json!({"status": "SUBMITTED"})).await.ok();
        }
    }

    async fn the_reason_that_slurm_gives_comes_first(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let mut body = state("TIMEOUT");
        body["slurm_job_state_reason"] = json!("TimeLimit");
        agent.put(PATH, body).await.expect(202);
        let view = alice.get("/job-submissions/1").await.ok();
        assert_eq!(view["report_message"], "TimeLimit");
        let steps = alice.get("/job-submissions/1/progress?sort_ascending=false").await.ok();
        assert_eq!(steps["items"][0]["additional_info"], "TimeLimit");
    }

    async fn a_report_on_another_job_is_refused(app: TestApp) {
        let (alice, agent) = with_a_job(&app).await;
        let mut body = state("COMPLETED");
        body["slurm_job_id"] = json!(5);
        let without = json!({"slurm_job_state": "COMPLETED", "slurm_job_info": "i"});
        let words = "Update slurm job id does not match the job id on record for job submission \
                     job_submission_id=1";
        let mut null = body.clone();
        null["slurm_job_id"] = json!(null);
        for body in [&body, &null, &without] {
            assert_eq!(agent.put(PATH, body.clone()).await.expect(409).detail(), words);
        }
        assert_eq!(alice.get("/job-submissions/1").await.ok()["status"], "SUBMITTED");
        agent.put(PATH, state("COMPLETED")).await.expect(202);
        assert_eq!(agent.put(PATH, body).await.expect(409).detail(), words);
    }

    async fn a_cancelled_submission_without_a_job_is_reported_without_one(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        alice.put("/job-submissions/cancel/1", Value::Null).await.ok();
        let mut body = state("CANCELLED");
        body["slurm_job_id"] = json!(null);
        agent.put(PATH, body).await.expect(202);
    }

    async fn only_the_agent_of_its_cluster_may_report(app: TestApp) {
        let (_alice, agent) = with_a_job(&app).await;
        let other = app.agent("other").await;
        let refused = other.put(PATH, state("RUNNING")).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): client_id");
        agent.put("/job-submissions/agent/9999", state("RUNNING")).await.expect(404);
        agent.put("/job-submissions/agent/abc", state("RUNNING")).await.expect(422);
    }

    async fn what_slurm_does_not_have_yet_cannot_change(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        agent.put(PATH, state("RUNNING")).await.expect(409);
        let mut body = state("RUNNING");
        body["slurm_job_id"] = json!(null);
        let refused = agent.put(PATH, body).await.expect(400);
        let words = "Only SUBMITTED or CANCELLED jobs may be updated by the agent, got CREATED";
        assert_eq!(refused.detail(), words);
    }
}
