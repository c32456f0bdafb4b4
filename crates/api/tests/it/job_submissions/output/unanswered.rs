//! Nobody answers.

use serde_json::json;

use super::{kept, running};
use crate::{on_both, support::TestApp};

on_both! {
    async fn who_asks_is_told_what_is_the_matter_with_the_agent(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let id = running(&agent, &alice).await;
        let output = format!("/job-submissions/{id}/output");
        let never = alice.get(&output).await.expect(503);
        assert!(never.detail().contains("never reported"), "{}", never.detail());
        // As the Python agent reports.
        agent.put("/clusters/status?interval=60", json!(null)).await.expect(202);
        let python = alice.get(&output).await.expect(501);
        assert!(python.detail().contains("Python agent"), "{}", python.detail());
        agent.put("/clusters/status?interval=60&slurm_silent_seconds=1", json!(null)).await.expect(202);
        let busy = alice.get(&output).await.expect(503);
        assert!(busy.detail().contains("did not take up"), "{}", busy.detail());
        app.app.clock.advance(chrono::TimeDelta::seconds(61));
        let alice = app.user("alice").await;
        let away = alice.get(&output).await.expect(503);
        assert!(away.detail().contains("not connected, it last reported"), "{}", away.detail());
        assert_eq!(kept(&app).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_takes_a_request_and_says_nothing_keeps_nobody_waiting_for_ever() {
    let app = TestApp::on_sqlite().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let id = running(&agent, &alice).await;
    let asked = super::asks(&alice, id, "wait=1");
    super::takes(&agent).await;
    let late = asked.await.unwrap().expect(504);
    assert!(late.detail().contains("did not answer in time"), "{}", late.detail());
    assert_eq!(kept(&app).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_left_is_forgotten_after_a_minute() {
    let app = TestApp::on_sqlite().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let id = running(&agent, &alice).await;
    is_left_by_a_killed_server(&app).await;
    let asked = super::asks(&alice, id, "");
    let taken = super::takes(&agent).await;
    assert_eq!((taken.len(), kept(&app).await), (1, 1));
    super::answers(&agent, &taken[0], super::part(0, 1, b"x")).await.expect(202);
    asked.await.unwrap().expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_not_told_for_ever_of_what_a_killed_server_left() {
    let app = TestApp::on_sqlite().await;
    let agent = app.agent("c").await;
    is_left_by_a_killed_server(&app).await;
    let taken = agent.post(&format!("{}?most=64", super::REQUESTS), json!(null)).await.ok();
    let changes = agent.get("/job-submissions/agent/changes?wait=0").await.ok();
    assert_eq!((&taken, &changes["requests"]), (&json!([]), &json!(false)));
    assert_eq!(kept(&app).await, 0);
}

/// A request that is over by now.
async fn is_left_by_a_killed_server(app: &TestApp) {
    let mut db = app.db().write().await.unwrap();
    let sql = "INSERT INTO agent_requests (id, client_id, request, created_at, expires_at) \
               VALUES ('old', 'c', '{}', $1, $1)";
    let before = app.app.clock.now() - chrono::TimeDelta::seconds(1);
    db.execute(sql, jobbergate_api::args![before]).await.unwrap();
    db.commit().await.unwrap();
}
