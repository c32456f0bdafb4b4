//! Connections to PostgreSQL that are cut, or that nothing comes back from.

use std::time::Duration;

use futures::future::join_all;
use jobbergate_api::args;
use jobbergate_testkit::proxy::{Mode, Proxy};
use serde_json::json;

use crate::support::{TestApp, database};

/// What is stated: 10 s for a connection, 20 s for a statement.
const STATED: Duration = Duration::from_secs(35);

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_idle_connections_were_cut() {
    let app = TestApp::on_postgres().await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let observer =
        sqlx::PgPool::connect_with((*postgres(&app).connect_options()).clone()).await.unwrap();
    for round in 0..10 {
        // So that several connections are open.
        join_all((0..5).map(|_| alice.get("/job-scripts"))).await;
        if round % 2 == 0 {
            tokio::time::sleep(Duration::from_millis(600)).await;
        }
        let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
        let cut: i64 = sqlx::query_scalar(sql).fetch_one(&observer).await.unwrap();
        assert!(cut > 0);
        let reads = (0..3).map(|_| alice.get("/job-scripts"));
        let writes = (0..3).map(|_| alice.post("/job-scripts", json!({"name": "s"})));
        let polls = (0..3).map(|_| agent.get("/job-submissions/agent/pending"));
        let (reads, writes) = tokio::join!(join_all(reads.chain(polls)), join_all(writes));
        reads.into_iter().for_each(|answer| drop(answer.ok()));
        writes.into_iter().for_each(|answer| drop(answer.created()));
    }
    assert_eq!(alice.get("/job-scripts").await.ok()["total"], 30);
}

fn postgres(app: &TestApp) -> sqlx::PgPool {
    let jobbergate_api::db::Db::Postgres { primary: pool, .. } = app.db() else {
        panic!("not PostgreSQL")
    };
    pool
}

#[tokio::test(flavor = "multi_thread")]
async fn swallowed_connections_are_given_up_and_new_ones_used_at_once() {
    let database = database().await;
    let proxy = Proxy::before_socket(database.socket(), Mode::Open).await.unwrap();
    let url = database.url_through(proxy.address);
    let app =
        TestApp::configured_on_database(database, |config| config.database_url = Some(url)).await;
    let alice = app.user("alice").await;
    let script = alice.has_script("s", "echo").await;
    let path = format!("/job-scripts/{script}");
    join_all((0..5).map(|_| alice.get("/job-scripts"))).await;
    // One is in the middle of a statement when the network goes: it waits for a lock.
    let mut other = app.db().write().await.unwrap();
    other.execute("UPDATE job_scripts SET name = 'mine'", args![]).await.unwrap();
    let waiting = {
        let (alice, path) = (alice.clone(), path.clone());
        tokio::spawn(async move { alice.put(&path, json!({"name": "theirs"})).await })
    };
    tokio::time::sleep(Duration::from_millis(700)).await;
    proxy.set(Mode::Swallowed);
    let cut_off = tokio::time::timeout(STATED, alice.get("/job-scripts")).await.unwrap();
    cut_off.expect(503);
    // The network is back, but not for the connections that were there.
    proxy.set(Mode::Open);
    for _ in 0..10 {
        let listed = tokio::time::timeout(Duration::from_secs(10), alice.get("/job-scripts"));
        listed.await.unwrap().ok();
    }
    tokio::time::timeout(STATED, waiting).await.unwrap().unwrap().expect(503);
    drop(other);
    alice.post("/job-scripts", json!({"name": "s"})).await.created();
}
