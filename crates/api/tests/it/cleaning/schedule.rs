//! Cleaning by itself, with several servers on one database.

use jobbergate_api::{cleaning::schedule, config::ServeConfig, db::Db};

use super::{after_machine, is_stored, store};
use crate::support::{TestApp, database, eventually};

/// The number of the lock that the server has that cleans.
const LOCK: i64 = 0x6a6f_6262_6c20;

fn hourly(config: &mut ServeConfig) {
    config.cleaning.clean_interval_hours = Some(1);
}

async fn garbage(app: &TestApp) {
    store(app, "job_script_files", 9, "x").await;
}

async fn is_cleaned(app: &TestApp) -> bool {
    eventually(async || !is_stored(app, "job_script_files", 9, "x").await).await
}

/// Whether it is cleaned before somebody else's death can have been noticed twice.
async fn is_cleaned_in_the_end(app: &TestApp) -> bool {
    for _ in 0..12 {
        if is_cleaned(app).await {
            return true;
        }
    }
    false
}

/// One server of two cleans; when it is gone, the other one does.
async fn one_cleans(app: TestApp) {
    after_machine(&app, 61);
    garbage(&app).await;
    let leader = schedule::start(&app.app);
    assert!(is_cleaned(&app).await);
    garbage(&app).await;
    let _follower = schedule::start(&app.app);
    assert!(!is_cleaned(&app).await, "the second one has cleaned as well");
    drop(leader);
    assert!(is_cleaned_in_the_end(&app).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_cleans_on_sqlite() {
    one_cleans(TestApp::configured(hourly).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_cleans_on_postgres() {
    one_cleans(TestApp::configured_on_database(database().await, hourly).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_with_its_connection() {
    let app = TestApp::configured_on_database(database().await, hourly).await;
    let mut turn = app.db().take_turn(LOCK).await.unwrap().unwrap();
    assert!(turn.is_held().await);
    let Db::Postgres { primary: pool, .. } = app.db() else { panic!("not PostgreSQL") };
    let sql = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' \
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    assert!(!turn.is_held().await);
    let db = app.db();
    assert!(eventually(async || db.take_turn(LOCK).await.unwrap().is_some()).await);
}
