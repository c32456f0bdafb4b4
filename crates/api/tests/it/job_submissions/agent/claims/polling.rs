//! Agents that claim nothing, beside those that do.

use chrono::TimeDelta;
use jobbergate_api::resources::job_submissions::claims;

use super::{claim, first, hand_back, ids, items, submitted, waiting};
use crate::on_both;

on_both! {
    async fn an_agent_that_claims_nothing_is_not_offered_what_another_claimed(app: TestApp) {
        let (_alice, agent) = waiting(&app, 3).await;
        claim(&agent, "a", 2).await;
        assert_eq!(ids(&agent, "pending", None).await, [3]);
        let item = &items(&agent, "pending", None).await[0];
        assert_eq!((item.get("claim"), item.get("inherited")), (None, None));
        // Not even when the lease is over: it can't look for the job that may be there.
        app.clock.advance(TimeDelta::minutes(4));
        assert_eq!(ids(&agent, "pending", None).await, [3]);
        hand_back(&agent, "a").await;
        assert_eq!(ids(&agent, "pending", None).await, [1, 2, 3]);
    }

    async fn what_was_offered_is_not_claimed_for_five_minutes(app: TestApp) {
        let (alice, agent) = waiting(&app, 2).await;
        assert_eq!(ids(&agent, "pending", None).await, [1, 2]);
        let updated = alice.get("/job-submissions/1").await.ok()["updated_at"].clone();
        alice.has_submission(1, "c").await;
        assert_eq!(claim(&agent, "a", 9).await, (1, 0));
        assert_eq!(ids(&agent, "pending", Some("a")).await, [3]);
        app.clock.advance(TimeDelta::seconds(299));
        assert_eq!(claim(&agent, "a", 9).await, (0, 0));
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(claim(&agent, "a", 9).await, (2, 0));
        assert!(first(&agent, "a").await.1);
        assert_eq!(ids(&agent, "pending", None).await, [0; 0]);
        assert_eq!(alice.get("/job-submissions/1").await.ok()["updated_at"], updated);
    }

    async fn each_poll_counts_as_an_offer(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        for _ in 0..10 {
            assert_eq!(ids(&agent, "pending", None).await, [1]);
            app.clock.advance(TimeDelta::seconds(31));
        }
        assert_eq!(claim(&agent, "a", 9).await, (0, 0));
    }

    async fn what_was_handed_back_and_offered_is_left_alone_as_well(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        claim(&agent, "a", 1).await;
        hand_back(&agent, "a").await;
        assert_eq!(ids(&agent, "pending", None).await, [1]);
        assert_eq!(claim(&agent, "a", 1).await, (0, 0));
        app.clock.advance(TimeDelta::minutes(5));
        assert_eq!(claim(&agent, "a", 1).await, (1, 0));
        assert!(first(&agent, "a").await.1);
    }

    async fn what_is_active_is_followed_by_one_agent(app: TestApp) {
        let (_alice, agent) = waiting(&app, 1).await;
        // Submitted by an agent that claims nothing.
        agent.post("/job-submissions/agent/submitted", submitted(1, 7, None)).await.expect(202);
        assert_eq!(ids(&agent, "active", None).await, [1]);
        assert_eq!(items(&agent, "active", None).await[0].get("claim"), None);
        assert_eq!(claim(&agent, "a", 0).await, (0, 1));
        assert_eq!(ids(&agent, "active", Some("a")).await, [1]);
        assert_eq!(ids(&agent, "active", None).await, [0; 0]);
        app.clock.advance(TimeDelta::seconds(20));
        assert_eq!(ids(&agent, "active", None).await, [1]);
        hand_back(&agent, "a").await;
        assert_eq!(ids(&agent, "active", None).await, [1]);
        assert_eq!(ids(&agent, "active", Some("a")).await, [0; 0]);
    }

    async fn an_administrator_frees_what_dead_agents_claimed(app: TestApp) {
        let (_alice, agent) = waiting(&app, 3).await;
        claim(&agent, "dead", 2).await;
        agent.post("/job-submissions/agent/submitted", submitted(1, 7, None)).await.expect(202);
        app.clock.advance(TimeDelta::seconds(20));
        claim(&agent, "alive", 0).await;
        agent.post("/job-submissions/agent/submitted", submitted(3, 8, None)).await.expect(202);
        let tenant = || app.app.tenants.default_tenant();
        let held = claims::list(&tenant().db, app.clock.now()).await.unwrap();
        let held: Vec<_> = held.iter().map(|held| {
            (held.instance.as_str(), held.waiting, held.active, held.lease_ends_at.is_some())
        }).collect();
        // What was active has another agent already.
        assert_eq!(held, [("alive", 0, 1, true), ("dead", 1, 0, false)]);
        assert_eq!(claims::release(&app.app, tenant(), "other").await.unwrap(), (0, 0));
        assert_eq!(claims::release(&app.app, tenant(), "c").await.unwrap(), (1, 0));
        assert_eq!(ids(&agent, "pending", None).await, [2]);
        assert_eq!(claims::list(&tenant().db, app.clock.now()).await.unwrap().len(), 1);
    }
}
