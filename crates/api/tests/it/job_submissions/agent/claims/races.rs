//! Agents that ask at the same moment, at one server or at several.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures::future::join_all;

use super::{claim, ids, waiting};
use crate::{
    on_both,
    support::{Actor, TestApp},
};

/// Several agents, at these servers in turn, claim all that there is at the same moment; nothing is
/// claimed twice or left.
async fn race(servers: &[Actor], count: i64) {
    let names: Vec<_> = (0..8).map(|n| format!("i{n}")).collect();
    let server = |n: usize| &servers[n % servers.len()];
    let claims = names.iter().enumerate().map(|(n, name)| claim(server(n), name, count / 4));
    let claimed: i64 = join_all(claims).await.into_iter().map(|(claimed, _)| claimed).sum();
    assert_eq!(claimed, count);
    let mut seen = BTreeSet::new();
    for name in &names {
        for id in ids(&servers[0], "pending", Some(name)).await {
            assert!(seen.insert(id), "{id} is claimed twice");
        }
    }
    assert_eq!(seen.len(), usize::try_from(count).unwrap());
}

on_both! {
    async fn agents_that_ask_at_once_share_what_there_is(app: TestApp) {
        let (_alice, agent) = waiting(&app, 40).await;
        race(std::slice::from_ref(&agent), 40).await;
        // And once more when all leases are over.
        app.clock.advance(TimeDelta::seconds(20));
        let takers: Vec<_> = (0..8).map(|n| format!("j{n}")).collect();
        let taken = join_all(takers.iter().map(|name| claim(&agent, name, 100))).await;
        assert_eq!(taken.into_iter().map(|(claimed, _)| claimed).sum::<i64>(), 40);
    }

    async fn a_poll_and_a_claim_at_once_do_not_get_the_same(app: TestApp) {
        let (_alice, agent) = waiting(&app, 20).await;
        let (offered, (claimed, _), _) = tokio::join!(
            ids(&agent, "pending", None),
            claim(&agent, "a", 100),
            ids(&agent, "pending", None),
        );
        let own = ids(&agent, "pending", Some("a")).await;
        assert_eq!(own.len(), usize::try_from(claimed).unwrap());
        assert!(offered.iter().all(|id| !own.contains(id)), "{offered:?} {own:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_at_several_servers_share_what_there_is() {
    let app = TestApp::on_postgres().await;
    let (_alice, agent) = waiting(&app, 40).await;
    let other = app.replica().await;
    let servers = [agent.clone(), other.bearer(agent.token().unwrap())];
    race(&servers, 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_at_one_server_holds_at_another() {
    let app = TestApp::on_postgres().await;
    let (_alice, agent) = waiting(&app, 1).await;
    let other = app.replica().await;
    let there = other.bearer(agent.token().unwrap());
    claim(&agent, "a", 1).await;
    app.clock.advance(TimeDelta::seconds(19));
    claim(&there, "a", 0).await;
    app.clock.advance(TimeDelta::seconds(19));
    assert_eq!(claim(&there, "b", 1).await, (0, 0));
    app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(claim(&agent, "b", 1).await, (1, 0));
}
