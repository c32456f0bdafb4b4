//! `POST` and `DELETE /job-submissions/agent/claims`, and what follows from claims.

mod fences;
mod polling;
mod races;
mod withdrawn;
mod wrong_input;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, TestApp},
};

const CLAIMS: &str = "/job-submissions/agent/claims";

/// An agent renews its lease and asks for so many; how many were claimed, and taken over.
async fn claim(agent: &Actor, instance: &str, new: i64) -> (i64, i64) {
    let answer = agent.post(CLAIMS, json!({"instance": instance, "new": new})).await.ok();
    assert_eq!(answer["lease_seconds"], 20);
    (answer["claimed"].as_i64().unwrap(), answer["active"].as_i64().unwrap())
}

async fn hand_back(agent: &Actor, instance: &str) {
    agent.delete(&format!("{CLAIMS}?instance={instance}")).await.expect(202);
}

async fn items(agent: &Actor, list: &str, instance: Option<&str>) -> Vec<Value> {
    let query = instance.map(|instance| format!("?instance={instance}")).unwrap_or_default();
    let page = agent.get(&format!("/job-submissions/agent/{list}{query}")).await.ok();
    page["items"].as_array().unwrap().clone()
}

async fn ids(agent: &Actor, list: &str, instance: Option<&str>) -> Vec<i64> {
    let items = items(agent, list, instance).await;
    items.iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

/// The number of the claim of the first that waits for an agent, and whether it is inherited.
async fn first(agent: &Actor, instance: &str) -> (i64, bool) {
    let items = items(agent, "pending", Some(instance)).await;
    (items[0]["claim"].as_i64().unwrap(), items[0]["inherited"].as_bool().unwrap())
}

fn submitted(id: i64, job: i64, claim: Option<i64>) -> Value {
    let mut body = json!({
        "id": id, "slurm_job_id": job, "slurm_job_state": "PENDING", "slurm_job_info": "{}",
    });
    if let Some(claim) = claim {
        body["claim"] = json!(claim);
    }
    body
}

/// A cluster with so many submissions that wait for it: their owner, and the agents' credentials.
async fn waiting(app: &TestApp, count: usize) -> (Actor, Actor) {
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    for _ in 0..count {
        alice.has_submission(script, "c").await;
    }
    (alice, agent)
}

on_both! {
    async fn what_an_agent_claims_is_its_own(app: TestApp) {
        let (_alice, agent) = waiting(&app, 3).await;
        assert_eq!(claim(&agent, "a", 2).await, (2, 0));
        assert_eq!(claim(&agent, "b", 100).await, (1, 0));
        assert_eq!(ids(&agent, "pending", Some("a")).await, [1, 2]);
        assert_eq!(ids(&agent, "pending", Some("b")).await, [3]);
        assert_eq!(ids(&agent, "pending", Some("nobody")).await, [0; 0]);
        let ((first, inherited), (second, _)) = (first(&agent, "a").await, first(&agent, "b").await);
        assert!(first < second && !inherited, "{first} {second}");
        // It stays so, as long as the lease is renewed.
        for _ in 0..5 {
            app.clock.advance(TimeDelta::seconds(15));
            assert_eq!(claim(&agent, "a", 100).await, (0, 0));
            assert_eq!(claim(&agent, "b", 100).await, (0, 0));
        }
        assert_eq!(items(&agent, "pending", Some("a")).await[0]["claim"], first);
    }

    async fn nothing_is_claimed_by_who_only_renews_its_lease(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        assert_eq!(claim(&agent, "a", 0).await, (0, 0));
        assert_eq!(ids(&agent, "pending", Some("a")).await, [0; 0]);
    }

    async fn another_agent_takes_over_when_a_lease_is_over(app: TestApp) {
        let (_alice, agent) = waiting(&app, 2).await;
        claim(&agent, "a", 2).await;
        let (earlier, _) = first(&agent, "a").await;
        agent.post("/job-submissions/agent/submitted", submitted(1, 7, None)).await.expect(202);
        app.clock.advance(TimeDelta::milliseconds(19_999));
        assert_eq!(claim(&agent, "b", 9).await, (0, 0));
        app.clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(claim(&agent, "b", 9).await, (1, 1));
        let (later, inherited) = first(&agent, "b").await;
        assert!(later > earlier && inherited);
        assert_eq!(items(&agent, "active", Some("b")).await[0]["claim"], later);
        for list in ["pending", "active"] {
            assert_eq!(ids(&agent, list, Some("a")).await, [0; 0]);
        }
        // Once another one may have begun it, that is true of it for ever.
        hand_back(&agent, "b").await;
        claim(&agent, "a", 9).await;
        assert!(first(&agent, "a").await.1);
    }

    async fn an_agent_learns_that_its_lease_was_over(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        let lapsed = async || {
            let answer = agent.post(CLAIMS, json!({"instance": "a", "new": 1})).await.ok();
            answer["lapsed"].as_bool().unwrap()
        };
        assert!(lapsed().await);
        let (number, _) = first(&agent, "a").await;
        app.clock.advance(TimeDelta::seconds(19));
        assert!(!lapsed().await);
        app.clock.advance(TimeDelta::seconds(20));
        assert!(lapsed().await);
        // Nobody took it meanwhile.
        assert_eq!(first(&agent, "a").await, (number, false));
    }

    async fn what_is_handed_back_is_free_at_once(app: TestApp) {
        let (_alice, agent) = waiting(&app, 2).await;
        claim(&agent, "a", 2).await;
        agent.post("/job-submissions/agent/submitted", submitted(1, 7, None)).await.expect(202);
        hand_back(&agent, "a").await;
        assert_eq!(ids(&agent, "pending", Some("a")).await, [0; 0]);
        assert_eq!(claim(&agent, "b", 9).await, (1, 1));
        assert!(first(&agent, "b").await.1);
        hand_back(&agent, "nobody").await;
    }

    async fn who_takes_its_own_back_has_inherited_nothing(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        let (earlier, _) = first(&agent, "a").await;
        hand_back(&agent, "a").await;
        assert_eq!(claim(&agent, "a", 1).await, (1, 0));
        let (later, inherited) = first(&agent, "a").await;
        assert!(later > earlier && !inherited);
    }

    async fn a_claim_goes_with_its_submission(app: TestApp) {
        let (alice, agent) = waiting(&app, 3).await;
        claim(&agent, "a", 9).await;
        alice.delete("/job-submissions/1").await.expect(204);
        alice.put("/job-submissions/cancel/2", Value::Null).await.ok();
        let rejected = json!({"id": 3, "report_message": "no"});
        agent.post("/job-submissions/agent/rejected", rejected).await.expect(202);
        assert_eq!(ids(&agent, "pending", Some("a")).await, [0; 0]);
        app.clock.advance(TimeDelta::seconds(20));
        assert_eq!(claim(&agent, "b", 9).await, (0, 0));
        // A copy is another submission.
        alice.post("/job-submissions/clone/2", Value::Null).await.created();
        assert_eq!(claim(&agent, "b", 9).await, (1, 0));
        assert!(!first(&agent, "b").await.1);
    }

    async fn a_cancelled_submissions_job_is_followed_by_who_claimed_it(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        let (number, _) = first(&agent, "a").await;
        alice.put("/job-submissions/cancel/1", Value::Null).await.ok();
        let body = submitted(1, 7, Some(number));
        agent.post("/job-submissions/agent/submitted", body).await.expect(202);
        assert_eq!(ids(&agent, "active", Some("a")).await, [1]);
        assert_eq!(claim(&agent, "b", 1).await, (0, 0));
    }

    async fn clusters_have_their_own_claims(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        let other = app.agent("other").await;
        alice.has_submission(1, "other").await;
        assert_eq!(claim(&agent, "a", 9).await, (1, 0));
        assert_eq!(claim(&other, "a", 9).await, (1, 0));
        hand_back(&other, "a").await;
        assert_eq!(ids(&agent, "pending", Some("a")).await, [1]);
        assert_eq!(claim(&agent, "b", 9).await, (0, 0));
    }

    async fn what_is_claimed_does_not_count_as_waiting(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        agent.put("/clusters/status?interval=600", Value::Null).await.expect(202);
        let waits = async || {
            alice.get("/clusters/status/c").await.ok().get("oldest_waiting_at").is_some()
        };
        assert!(waits().await);
        claim(&agent, "a", 1).await;
        assert!(!waits().await);
        app.clock.advance(TimeDelta::seconds(20));
        assert!(waits().await);
        claim(&agent, "b", 0).await;
        assert!(waits().await);
        claim(&agent, "b", 1).await;
        hand_back(&agent, "b").await;
        assert!(waits().await);
    }

    async fn a_cluster_has_sixteen_agents_at_most(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        for n in 0..16 {
            claim(&agent, &format!("i{n}"), 0).await;
        }
        let late = json!({"instance": "late", "new": 1});
        let refused = agent.post(CLAIMS, late.clone()).await.expect(429);
        assert!(refused.detail().starts_with("16 agents of this cluster"), "{}", refused.detail());
        // Those that are there go on.
        claim(&agent, "i0", 0).await;
        app.clock.advance(TimeDelta::seconds(20));
        agent.post(CLAIMS, late).await.ok();
        // What is over is forgotten.
        let mut db = app.db().read().await.unwrap();
        let sql = "SELECT count(*) FROM cluster_leases";
        let (leases,): (i64,) = db.fetch_one(sql, jobbergate_api::args![]).await.unwrap();
        assert_eq!(leases, 1);
    }

    async fn an_agent_that_waits_is_woken_by_what_is_handed_back(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        let changes = "/job-submissions/agent/changes";
        let cursor = agent.get(changes).await.ok()["cursor"].as_str().unwrap().to_owned();
        let path = format!("{changes}?cursor={cursor}&wait=");
        assert_eq!(agent.get(&format!("{path}0")).await.ok()["pending"], false);
        let other = agent.clone();
        let waiting = tokio::spawn(async move { other.get(&format!("{path}30")).await.ok() });
        hand_back(&agent, "a").await;
        assert_eq!(waiting.await.unwrap()["pending"], true);
    }
}
