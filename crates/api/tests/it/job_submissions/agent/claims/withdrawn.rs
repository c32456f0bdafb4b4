//! Submissions that nobody wants any more when an agent may have made a job of them.

use chrono::TimeDelta;
use jobbergate_api::{
    app::Context,
    cleaning::{Cleaned, Task, perform},
    resources::job_submissions::claims,
};
use serde_json::{Value, json};

use super::{CLAIMS, claim, first, hand_back, items, submitted, waiting};
use crate::{on_both, support::Actor};

const WITHDRAWN: &str = "/job-submissions/agent/withdrawn";

/// What an agent is to look into, as it is told when it renews its lease.
async fn withdrawn(agent: &Actor, instance: &str) -> Vec<Value> {
    let told = agent.post(CLAIMS, json!({"instance": instance, "new": 0})).await.ok();
    let listed = agent.get(&format!("{WITHDRAWN}?instance={instance}")).await.ok();
    let listed = listed.as_array().unwrap().clone();
    assert_eq!(told["withdrawn"], listed.len());
    listed
}

async fn settle(agent: &Actor, id: i64, claim: &Value, status: u16) {
    agent.delete(&format!("{WITHDRAWN}/{id}?claim={claim}")).await.expect(status);
}

async fn cancel(alice: &Actor, id: i64) {
    alice.put(&format!("/job-submissions/cancel/{id}"), Value::Null).await.ok();
}

fn numbers(withdrawn: &[Value]) -> Vec<i64> {
    withdrawn.iter().map(|one| one["id"].as_i64().unwrap()).collect()
}

on_both! {
    async fn what_is_cancelled_stays_with_its_claimant_until_that_says_what_came_of_it(app: TestApp) {
        let (alice, agent) = waiting(&app, 3).await;
        let created = alice.get("/job-scripts/1").await.ok()["created_at"].clone();
        claim(&agent, "a", 2).await;
        let (number, _) = first(&agent, "a").await;
        assert!(withdrawn(&agent, "a").await.is_empty());
        cancel(&alice, 1).await;
        cancel(&alice, 3).await;
        let expected = json!({
            "id": 1, "owner_email": "alice@example.com", "job_script_id": 1,
            "job_script_created_at": created, "claim": number, "inherited": false,
        });
        assert_eq!(withdrawn(&agent, "a").await, [expected], "nobody had claimed the third");
        assert!(withdrawn(&agent, "b").await.is_empty());
        settle(&agent, 1, &json!(number + 1), 409).await;
        settle(&agent, 2, &json!(number), 409).await;
        settle(&app.agent("other").await, 1, &json!(number), 409).await;
        settle(&agent, 1, &json!(number), 202).await;
        settle(&agent, 1, &json!(number), 409).await;
        assert!(withdrawn(&agent, "a").await.is_empty());
        app.clock.advance(TimeDelta::seconds(20));
        assert!(withdrawn(&agent, "b").await.is_empty());
    }

    async fn there_are_several_ways_not_to_want_a_submission_any_more(app: TestApp) {
        let (alice, agent) = waiting(&app, 5).await;
        claim(&agent, "a", 9).await;
        cancel(&alice, 1).await;
        alice.delete("/job-submissions/2").await.expect(204);
        alice.put("/job-submissions/3", json!({"status": "CANCELLED"})).await.ok();
        alice.put("/job-submissions/4", json!({"name": "still wanted"})).await.ok();
        assert_eq!(numbers(&withdrawn(&agent, "a").await), [1, 2, 3]);
        let held = claims::list(&app.db(), app.clock.now()).await.unwrap();
        let held: Vec<_> = held.iter().map(|held| (held.waiting, held.withdrawn)).collect();
        assert_eq!(held, [(2, 3)]);
        alice.delete("/job-scripts/1").await.expect(204);
        assert_eq!(numbers(&withdrawn(&agent, "a").await), [1, 2, 3, 4, 5]);
    }

    async fn another_agent_takes_over_when_the_lease_is_over(app: TestApp) {
        let (alice, agent) = waiting(&app, 2).await;
        claim(&agent, "a", 9).await;
        let (earlier, _) = first(&agent, "a").await;
        cancel(&alice, 1).await;
        alice.delete("/job-submissions/2").await.expect(204);
        app.clock.advance(TimeDelta::milliseconds(19_999));
        assert!(withdrawn(&agent, "b").await.is_empty());
        app.clock.advance(TimeDelta::milliseconds(1));
        let taken = withdrawn(&agent, "b").await;
        assert_eq!(numbers(&taken), [1, 2]);
        assert!(taken.iter().all(|one| one["inherited"] == true));
        let later = taken[0]["claim"].clone();
        assert!(later.as_i64() > Some(earlier));
        assert!(withdrawn(&agent, "a").await.is_empty());
        settle(&agent, 1, &json!(earlier), 409).await;
        // The job of the first agent is found: reported as its own, or without a claim.
        agent.post("/job-submissions/agent/submitted", submitted(1, 7, None)).await.expect(202);
        let known = alice.get("/job-submissions/1").await.ok();
        assert_eq!((&known["status"], &known["slurm_job_id"]), (&json!("CANCELLED"), &json!(7)));
        assert_eq!(numbers(&withdrawn(&agent, "b").await), [2], "all is known of the other");
        settle(&agent, 2, &later, 202).await;
        app.clock.advance(TimeDelta::seconds(20));
        assert_eq!(claim(&agent, "b", 9).await, (0, 1), "it is followed until it has ended");
        assert_eq!(items(&agent, "active", Some("b")).await[0]["slurm_job_id"], 7);
    }

    async fn what_was_handed_back_before_may_have_been_begun_as_well(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        hand_back(&agent, "a").await;
        cancel(&alice, 1).await;
        let taken = withdrawn(&agent, "b").await;
        assert_eq!(numbers(&taken), [1]);
        assert_eq!(taken[0]["inherited"], true);
    }

    async fn one_that_is_wanted_after_all_is_settled_by_its_job(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        let (number, _) = first(&agent, "a").await;
        cancel(&alice, 1).await;
        alice.put("/job-submissions/1", json!({"status": "CREATED"})).await.ok();
        assert_eq!(first(&agent, "a").await, (number, false));
        let report = submitted(1, 7, Some(number));
        agent.post("/job-submissions/agent/submitted", report).await.expect(202);
        assert!(withdrawn(&agent, "a").await.is_empty());
        assert_eq!(alice.get("/job-submissions/1").await.ok()["status"], "SUBMITTED");
    }

    async fn what_no_agent_looks_into_is_forgotten_after_a_week(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        cancel(&alice, 1).await;
        app.clock.advance(TimeDelta::days(7));
        // With a new token.
        app.provider().delete_client("c").await.unwrap();
        let agent = app.agent("c").await;
        assert_eq!(numbers(&withdrawn(&agent, "a").await), [1]);
        app.clock.advance(TimeDelta::seconds(1));
        assert!(withdrawn(&agent, "a").await.is_empty());
    }

    async fn cleaning_forgets_them_where_no_agent_comes_any_more(app: TestApp) {
        let (alice, agent) = waiting(&app, 3).await;
        claim(&agent, "a", 3).await;
        cancel(&alice, 1).await;
        app.clock.advance(TimeDelta::seconds(1));
        alice.delete("/job-submissions/2").await.expect(204);
        let context = Context::for_tenant(app.app.clone(), app.app.tenants.default_tenant());
        let clean = async |dry_run| {
            perform(&context, &app.app.cleaning, Task::Withdrawn, dry_run).await.unwrap()
        };
        app.clock.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
        assert_eq!(clean(false).await, Cleaned::Withdrawn { deleted: 0 });
        app.clock.advance(TimeDelta::milliseconds(1));
        assert_eq!(clean(true).await, Cleaned::Withdrawn { deleted: 1 });
        assert_eq!(clean(false).await, Cleaned::Withdrawn { deleted: 1 });
        // The client is removed: nobody is left to ask.
        app.provider().delete_client("c").await.unwrap();
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(clean(false).await, Cleaned::Withdrawn { deleted: 1 });
        assert_eq!(clean(true).await, Cleaned::Withdrawn { deleted: 0 });
        let held = claims::list(&app.db(), app.clock.now()).await.unwrap();
        assert!(held.iter().all(|held| held.withdrawn == 0));
    }

    async fn what_an_agent_asks_wrongly_is_named(app: TestApp) {
        let (alice, agent) = waiting(&app, 1).await;
        for (query, field) in [("", "instance"), ("?instance=", "instance")] {
            let refused = agent.get(&format!("{WITHDRAWN}{query}")).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["query", field]));
        }
        for query in ["", "?claim=", "?claim=one", "?claim=1.5"] {
            let refused = agent.delete(&format!("{WITHDRAWN}/1{query}")).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["query", "claim"]), "{query}");
        }
        alice.get(&format!("{WITHDRAWN}?instance=a")).await.expect(400);
        settle(&alice, 1, &json!(1), 400).await;
        app.anonymous().get(&format!("{WITHDRAWN}?instance=a")).await.expect(401);
    }
}
