//! Connections to PostgreSQL: how many there are, and who gets them.

use futures::future::join_all;
use jobbergate_api::{args, db::Db};
use serde_json::json;

use crate::support::{TestApp, database, eventually};

async fn with_connections(count: u32) -> TestApp {
    TestApp::configured_on_database(database().await, |config| config.database_pool_size = count)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_take_turns_with_a_single_connection() {
    let app = with_connections(1).await;
    let alice = app.user("alice").await;
    let reads = (0..20).map(|_| alice.get("/job-scripts"));
    let writes = (0..20).map(|_| alice.post("/job-scripts", json!({"name": "s"})));
    let refused = (0..20).map(|_| alice.put("/job-scripts/4711", json!({"name": "s"})));
    let (reads, writes, refused) =
        tokio::join!(join_all(reads), join_all(writes), join_all(refused));
    reads.into_iter().for_each(|answer| drop(answer.ok()));
    writes.into_iter().for_each(|answer| drop(answer.created()));
    refused.into_iter().for_each(|answer| drop(answer.expect(404)));
    assert_eq!(alice.get("/job-scripts").await.ok()["total"], 20);
    assert_eq!(app.db().connections().0, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_wants_for_a_moment_goes_back_to_the_pool() {
    let app = with_connections(5).await;
    let alice = app.user("alice").await;
    join_all((0..20).map(|_| alice.get("/job-scripts"))).await;
    let Db::Postgres { primary, .. } = app.db() else { panic!("not PostgreSQL") };
    assert!(eventually(async || primary.num_idle() == primary.size() as usize).await);
    alice.get("/job-scripts").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_connection_that_a_statement_failed_on_unasked() {
    let app = with_connections(1).await;
    let wrong = "SELECT 1 FROM nowhere";
    assert!(app.db().read().await.unwrap().execute(wrong, args![]).await.is_err());
    let mut begun = app.db().write().await.unwrap();
    assert!(begun.execute(wrong, args![]).await.is_err());
    drop(begun);
    // Somebody who gives up in the middle of a statement.
    let mut db = app.db().read().await.unwrap();
    let late = db.execute("SELECT pg_sleep(0.2)", args![]);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), late).await.is_err());
    drop(db);
    let mut db = app.db().read().await.unwrap();
    let (two,): (i32,) = db.fetch_one("SELECT 2", args![]).await.unwrap();
    assert_eq!(two, 2);
}
