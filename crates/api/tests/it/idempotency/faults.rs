//! Servers that die or are late in the middle of a request with a key.

use chrono::TimeDelta;
use jobbergate_api::args;
use serde_json::{Value, json};

use super::{SUBMISSIONS, alice, execute, is_replay, job, keys, submissions};
use crate::{
    on_both,
    support::{TestApp, eventually},
};

/// As a server leaves a request in the middle of which it is killed.
const UNDER_WAY: &str = "UPDATE idempotency_keys SET status = NULL, answer = NULL";

on_both! {
    async fn another_server_takes_over_from_one_that_died(app: TestApp) {
        let alice = alice(&app).await;
        alice.post_with_key("k", SUBMISSIONS, &job()).await.created();
        execute(&app, UNDER_WAY).await;
        execute(&app, "DELETE FROM job_submissions").await;
        app.clock.advance(TimeDelta::seconds(19));
        let busy = alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(409);
        assert_eq!(busy.header("retry-after"), Some("1"));
        assert!(busy.detail().contains("still under way"), "{busy:?}");
        // Whether or not it is done: it was used.
        let other = json!({"name": "other", "job_script_id": 1, "client_id": "c"});
        alice.post_with_key("k", SUBMISSIONS, &other).await.expect(422);
        app.clock.advance(TimeDelta::seconds(1));
        let done = alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(201);
        assert!(!is_replay(&done));
        assert!(is_replay(&alice.post_with_key("k", SUBMISSIONS, &job()).await));
        assert_eq!(submissions(&alice).await, 1);
    }
}

/// Waits until a claim was renewed, by a clock that was advanced to right before its end.
async fn until_renewed(app: &TestApp) {
    let sql = "SELECT count(*) FROM idempotency_keys WHERE claimed_until > $1";
    let soon = app.clock.now() + TimeDelta::seconds(10);
    let is_renewed = async || {
        let (count,): (i64,) =
            app.db().read().await.unwrap().fetch_one(sql, args![soon]).await.unwrap();
        count == 1
    };
    for _ in 0..10 {
        if eventually(is_renewed).await {
            return;
        }
    }
    panic!("it is not renewed");
}

/// The same request, sent again while the first takes longer than any lease.
async fn is_not_done_again_while_it_is_slow(
    app: &TestApp,
    (path, body): (&'static str, Value),
    let_go: impl AsyncFnOnce(),
) {
    let alice = app.user("alice").await;
    let (slow, sent) = (alice.clone(), body.clone());
    let slow = tokio::spawn(async move { slow.post_with_key("k", path, &sent).await });
    assert!(eventually(async || keys(app).await == 1).await);
    for _ in 0..2 {
        app.clock.advance(TimeDelta::seconds(19));
        until_renewed(app).await;
        alice.post_with_key("k", path, &body).await.expect(409);
    }
    let_go().await;
    assert!(!is_replay(&slow.await.unwrap().expect(201)));
    assert!(is_replay(&alice.post_with_key("k", path, &body).await.expect(201)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_slow_keeps_the_key_on_postgres() {
    let app = TestApp::on_postgres().await;
    let alice = alice(&app).await;
    let mut db = app.db().write().await.unwrap();
    db.execute("SELECT id FROM job_scripts WHERE id = 1 FOR UPDATE", args![]).await.unwrap();
    let let_go = async || db.commit().await.unwrap();
    is_not_done_again_while_it_is_slow(&app, (SUBMISSIONS, job()), let_go).await;
    assert_eq!(submissions(&alice).await, 1);
}

/// It was taken over: what it made is undone.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_late_makes_nothing() {
    let app = TestApp::on_postgres().await;
    let alice = alice(&app).await;
    let mut db = app.db().write().await.unwrap();
    db.execute("SELECT id FROM job_scripts WHERE id = 1 FOR UPDATE", args![]).await.unwrap();
    let late = alice.clone();
    let late = tokio::spawn(async move { late.post_with_key("k", SUBMISSIONS, &job()).await });
    assert!(eventually(async || keys(&app).await == 1).await);
    let busy = alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(409);
    assert_eq!(busy.header("retry-after"), Some("1"));
    execute(&app, "UPDATE idempotency_keys SET claim = 'another'").await;
    db.commit().await.unwrap();
    late.await.unwrap().expect(409);
    assert_eq!((submissions(&alice).await, keys(&app).await), (0, 1));
}

/// The same for what has files.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_late_leaves_no_files() {
    let app = TestApp::on_postgres().await;
    let alice = alice(&app).await;
    let mut db = app.db().write().await.unwrap();
    db.execute("SELECT id FROM job_scripts WHERE id = 1 FOR UPDATE", args![]).await.unwrap();
    let late = alice.clone();
    let late =
        tokio::spawn(
            async move { late.post_with_key("k", "/job-scripts/clone/1", &json!({})).await },
        );
    assert!(eventually(async || app.stored("job_script_files", 2, "run.sh").await.is_some()).await);
    execute(&app, "UPDATE idempotency_keys SET claim = 'another'").await;
    db.commit().await.unwrap();
    late.await.unwrap().expect(409);
    assert_eq!(app.stored("job_script_files", 2, "run.sh").await, None);
    alice.get("/job-scripts/2").await.expect(404);
}
