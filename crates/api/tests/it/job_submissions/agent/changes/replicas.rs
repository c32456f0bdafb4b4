//! Several servers on one PostgreSQL.

use std::time::Duration;

use jobbergate_api::{args, db::Db};
use serde_json::json;

use super::{changes, cursor, heard, told, waiting};
use crate::support::{TestApp, eventually};

/// Whether so many servers listen.
async fn listen(observer: &sqlx::PgPool, count: i64) -> bool {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
               AND query LIKE 'LISTEN%' OR query = 'SELECT 1'";
    let found: i64 = sqlx::query_scalar(sql).fetch_one(observer).await.unwrap();
    found == count
}

async fn observer(app: &TestApp) -> sqlx::PgPool {
    let Db::Postgres { primary: pool, .. } = app.db() else { panic!("not PostgreSQL") };
    sqlx::PgPool::connect_with((*pool.connect_options()).clone()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_at_one_server_wakes_who_waits_at_another() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    let other = app.replica().await;
    let there = other.bearer(agent.token().unwrap());
    for _ in 0..3 {
        let waiting = waiting(&other, &there, &cursor(&there).await).await;
        alice.has_submission(script, "c").await;
        assert_eq!(told(&heard(waiting).await), (true, false));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_where_nobody_waits() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    let observer = observer(&app).await;
    assert!(listen(&observer, 0).await);
    let waiting = waiting(&app, &agent, &cursor(&agent).await).await;
    assert!(eventually(async || listen(&observer, 1).await).await);
    waiting.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_is_woken_although_the_connections_were_cut() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    let other = app.replica().await;
    let there = other.bearer(agent.token().unwrap());
    let observer = observer(&app).await;
    let waiting = waiting(&other, &there, &cursor(&there).await).await;
    assert!(eventually(async || listen(&observer, 1).await).await);
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let cut: i64 = sqlx::query_scalar(sql).fetch_one(&observer).await.unwrap();
    assert!(cut > 0);
    alice.has_submission(script, "c").await;
    assert_eq!(told(&heard(waiting).await), (true, false));
}

/// The server that committed died before it could tell others.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_finds_out_by_themselves_what_nobody_tells() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    alice.has_submission(script, "c").await;
    let waiting = waiting(&app, &agent, &cursor(&agent).await).await;
    let mut db = app.db().write().await.unwrap();
    let sql = "UPDATE submission_change_counters SET number = number + 1 WHERE shard = 1";
    db.execute(sql, args![]).await.unwrap();
    let sql = "UPDATE submission_changes SET number = number + 1 WHERE job_submission_id = 1";
    db.execute(sql, args![]).await.unwrap();
    db.commit().await.unwrap();
    assert_eq!(told(&heard(waiting).await), (true, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_late_is_not_missed() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    // Who submits locks the script.
    let another = alice.has_script("t", "echo").await;
    let first = waiting(&app, &agent, &cursor(&agent).await).await;
    // The first submission gets its number, and can't be committed yet.
    let mut other = app.db().write().await.unwrap();
    let sql = "UPDATE submission_change_counters SET number = number WHERE shard = 1";
    other.execute(sql, args![]).await.unwrap();
    let slow = alice.clone();
    let slow = tokio::spawn(async move { slow.has_submission(script, "c").await });
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(alice.has_submission(another, "c").await, 2);
    let answer = heard(first).await;
    assert_eq!(told(&answer), (true, false));
    let pending = agent.get("/job-submissions/agent/pending").await.ok();
    assert_eq!((&pending["total"], &pending["items"][0]["id"]), (&json!(1), &json!(2)));
    let second = waiting(&app, &agent, answer["cursor"].as_str().unwrap()).await;
    drop(other);
    assert_eq!(slow.await.unwrap(), 1);
    let answer = heard(second).await;
    assert_eq!(told(&answer), (true, false));
    assert_eq!(agent.get("/job-submissions/agent/pending").await.ok()["total"], 2);
    let known = answer["cursor"].as_str().unwrap();
    assert_eq!(told(&changes(&agent, known, 0).await), (false, false));
}
