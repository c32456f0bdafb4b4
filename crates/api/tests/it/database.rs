//! A database that can't do what it should for the moment.

use jobbergate_api::{args, db::Session};
use serde_json::json;
use sqlx::{Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::support::{Answer, TestApp, eventually};

fn is_for_now(answer: Answer) {
    let answer = answer.expect(503);
    assert!(answer.detail().starts_with("The database is not available now; try again"));
}

/// Has PostgreSQL do something to the connection that waits for a lock.
async fn to_the_waiting(db: &mut Session, function: &str) -> bool {
    let sql = format!(
        "SELECT {function}(pid) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'"
    );
    let done: Option<(bool,)> = db.fetch_optional(&sql, args![]).await.unwrap();
    done.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_postgresql_breaks_off_may_be_repeated() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    let script = alice.has_script("s", "echo").await;
    let path = format!("/job-scripts/{script}");
    // A cancelled statement is what a statement that takes too long is told, too.
    for function in ["pg_cancel_backend", "pg_terminate_backend"] {
        let mut other = app.db().write().await.unwrap();
        other.execute("UPDATE job_scripts SET name = 'mine'", args![]).await.unwrap();
        let (actor, path) = (alice.clone(), path.clone());
        let update = async move { actor.put(&path, json!({"name": "theirs"})).await };
        let update = tokio::spawn(update);
        let mut look = app.db().read().await.unwrap();
        let mut broken_off = false;
        for _ in 0..500 {
            broken_off = to_the_waiting(&mut look, function).await;
            if broken_off {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(broken_off);
        if function == "pg_cancel_backend" {
            is_for_now(update.await.unwrap());
            drop(other);
        } else {
            // Nothing was done on that connection yet, so that another one can take its place.
            drop(other);
            update.await.unwrap().ok();
        }
    }
    let works = async || alice.put(&path, json!({"name": "n"})).await.status == 200;
    assert!(eventually(works).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_another_program_writes_to_the_sqlite_file_changes_may_be_repeated() {
    let app = TestApp::on_sqlite().await;
    let alice = app.user("alice").await;
    let options = SqliteConnectOptions::new().filename(app.data().join("jobbergate.db"));
    let mut other = SqliteConnection::connect_with(&options).await.unwrap();
    other.execute("BEGIN IMMEDIATE").await.unwrap();
    is_for_now(alice.post("/job-scripts", json!({"name": "s"})).await);
    assert_eq!(alice.get("/job-scripts").await.ok()["total"], 0);
    other.execute("ROLLBACK").await.unwrap();
    alice.post("/job-scripts", json!({"name": "s"})).await.created();
}
