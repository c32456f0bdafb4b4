//! Several servers on one PostgreSQL.

use std::time::Duration;

use super::{answers, asks, part, running, takes};
use crate::support::TestApp;

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_one_server_is_answered_by_an_agent_of_another() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let id = running(&agent, &alice).await;
    let other = app.replica().await;
    let there = other.bearer(agent.token().unwrap());
    let changes = "/job-submissions/agent/changes";
    let known = there.get(changes).await.ok()["cursor"].as_str().unwrap().to_owned();
    for round in 0..5 {
        let (waiter, path) = (there.clone(), format!("{changes}?cursor={known}&wait=30"));
        let waiting = tokio::spawn(async move { waiter.get(&path).await.ok() });
        while other.app.long_polls.count() == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let asked = asks(&alice, id, "");
        let heard = tokio::time::timeout(Duration::from_secs(4), waiting).await;
        assert_eq!(heard.expect("the agent was not woken").unwrap()["requests"], true, "{round}");
        answers(&there, &takes(&there).await[0], part(0, 1, b"x")).await.expect(202);
        let answer = tokio::time::timeout(Duration::from_secs(4), asked).await;
        assert_eq!(answer.expect("who asked was not woken").unwrap().expect(200).text, "x");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_agents_at_two_servers_never_take_the_same_request() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let id = running(&agent, &alice).await;
    let other = app.replica().await;
    let there = other.bearer(agent.token().unwrap());
    for _ in 0..5 {
        let all: Vec<_> = (0..8).map(|n| asks(&alice, id, &format!("from={n}"))).collect();
        let serve = async |agent: &crate::support::Actor| {
            for _ in 0..20 {
                let path = format!("{}?most=1", super::REQUESTS);
                let taken = agent.post(&path, serde_json::json!(null)).await.ok();
                for request in taken.as_array().unwrap() {
                    let answered = answers(agent, request, part(0, 1, b"x")).await;
                    answered.expect(202);
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::join!(serve(&agent), serve(&there));
        for asked in all {
            asked.await.unwrap().expect(200);
        }
    }
}
