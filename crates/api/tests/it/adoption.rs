//! Taking over the database of the Python server, and starting on an empty one.

use jobbergate_api::db::{Db, Tables};
use jobbergate_testkit::postgres::TestDatabase;
use serde_json::{Value, json};
use sqlx::{Connection, PgConnection};

use crate::support::{TestApp, empty_database, settings};

const SCHEMA: &str = include_str!("../data/schema.postgres.sql");
const ROWS: &str = include_str!("../data/rows.postgres.sql");

/// The Python server's database, with rows in it.
pub async fn upstream_database() -> TestDatabase {
    let database = empty_database().await;
    execute(
        &database,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = \
        ''America/New_York''', current_database()); END $$",
    )
    .await;
    execute(&database, SCHEMA).await;
    execute(&database, ROWS).await;
    database
}

async fn execute(database: &TestDatabase, statements: &'static str) {
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    sqlx::raw_sql(statements).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_python_server_kept_is_served() {
    let app = TestApp::on_database(upstream_database().await).await;
    let bob = app.user("bob").await;
    let template = bob.get("/job-script-templates/old").await.ok();
    assert_eq!(template["id"], 41);
    assert_eq!(template["created_at"], "2024-01-02T03:04:05.678901Z");
    assert_eq!(template["updated_at"], "2024-07-08T09:10:11Z");
    assert_eq!(template["template_vars"], json!({"n": 1}));
    assert_eq!(template["template_files"][0]["created_at"], "2024-01-02T03:04:05Z");
    assert_eq!(template["workflow_files"][0]["runtime_config"], json!({"a": [1]}));
    let script = bob.get("/job-scripts/42").await.ok();
    assert_eq!((&script["parent_template_id"], &script["description"]), (&json!(41), &Value::Null));
    assert_eq!(script["files"][0]["updated_at"], "2024-07-08T09:10:11Z");
    let submission = bob.get("/job-submissions/43").await.ok();
    assert_eq!(submission["created_at"], "2024-07-08T09:10:11Z");
    assert_eq!(submission["sbatch_arguments"], json!(["--x", "a b"]));
    let progress = bob.get("/job-submissions/43/progress").await.ok();
    assert_eq!(progress["items"][0]["timestamp"], "2024-07-08T09:10:11Z");
    let cluster = bob.get("/clusters/status/c").await.ok();
    assert_eq!(cluster["last_reported"], "2024-07-08T09:10:11Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_jobs_ended_long_ago_is_told_in_todays_words() {
    let database = upstream_database().await;
    execute(
        &database,
        "INSERT INTO job_submissions (id, name, owner_email, client_id, status, created_at, updated_at) \
         SELECT n, 'old', 'alice@example.com', 'c', status, now(), now() \
         FROM (VALUES (1, 'COMPLETED'), (2, 'FAILED'), (3, 'UNKNOWN')) AS early (n, status)",
    )
    .await;
    let app = TestApp::on_database(database).await;
    let list = app.user("bob").await.get("/job-submissions?sort_field=id").await.ok();
    let statuses: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| &item["status"]).collect();
    assert_eq!(statuses, ["DONE", "ABORTED", "ABORTED", "SUBMITTED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_go_on_where_they_were_and_jobs_are_followed() {
    let app = TestApp::on_database(upstream_database().await).await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    assert_eq!(alice.has_template("new", &[]).await, 42);
    assert_eq!(alice.has_script("new", "echo").await, 43);
    assert_eq!(alice.has_submission(43, "c").await, 44);
    let active = agent.get("/job-submissions/agent/active").await.ok();
    assert_eq!(active["items"][0]["id"], 43);
    let report = json!({"slurm_job_id": 7, "slurm_job_state": "COMPLETED", "slurm_job_info": "{}"});
    agent.put("/job-submissions/agent/43", report).await.expect(202);
    let submission = alice.get("/job-submissions/43").await.ok();
    assert_eq!(submission["status"], "DONE");
    assert_eq!(submission["updated_at"], "2026-01-01T00:00:00Z");
    alice.put("/job-script-templates/41", json!({"description": "mine"})).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_is_taken_over_as_it_is() {
    let app = TestApp::on_database(upstream_database().await).await;
    let storage = app.app.tenants.default_tenant().storage;
    storage.put("job_script_files", 42, "run.sh", "echo old".into()).await.unwrap();
    assert_eq!(app.s3.as_ref().unwrap().keys().unwrap(), ["job_script_files/42/run.sh"]);
    let bob = app.user("bob").await;
    assert_eq!(bob.get("/job-scripts/42/upload/run.sh").await.expect(200).text, "echo old");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_back_stays_open() {
    let database = upstream_database().await;
    for _ in 0..2 {
        Db::open_postgres(database.url(), 2).await.unwrap().close().await;
    }
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let revision: String = sqlx::query_scalar("SELECT version_num FROM alembic_version")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(revision, "b16b218ef5d6");
    // The Python server writes instants in either form.
    let insert = "INSERT INTO job_scripts (name, owner_email, created_at, updated_at) \
                  VALUES ('s', 'a@b.co', now(), timezone('utc', now())) RETURNING id";
    let id: i32 = sqlx::query_scalar(insert).fetch_one(&mut connection).await.unwrap();
    assert_eq!(id, 43);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_revision_is_refused_with_what_to_do() {
    let database = upstream_database().await;
    execute(&database, "UPDATE alembic_version SET version_num = '0123456789ab'").await;
    let refused = Db::open_postgres(database.url(), 2).await.unwrap_err().to_string();
    for word in ["0123456789ab", "b16b218ef5d6", "alembic upgrade head"] {
        assert!(refused.contains(word), "{refused}");
    }
    // Nothing was touched.
    execute(&database, "UPDATE alembic_version SET version_num = 'b16b218ef5d6'").await;
    Db::open_postgres(database.url(), 2).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_start_at_once_on_an_empty_database_take_turns() {
    let database = empty_database().await;
    let opened =
        futures::future::join_all((0..4).map(|_| Db::open_postgres(database.url(), 1))).await;
    for db in opened {
        db.unwrap().close().await;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("jobbergate.db");
    let opened = futures::future::join_all((0..4).map(|_| Db::open_sqlite(&path))).await;
    for db in opened {
        db.unwrap().close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_does_not_say_its_revision_is_left_as_it_is() {
    let database = upstream_database().await;
    execute(&database, "DELETE FROM alembic_version").await;
    let words = Db::open_postgres(database.url(), 2).await.unwrap_err().to_string();
    assert!(words.contains("alembic_version is empty"), "{words}");
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let sql = "SELECT to_regclass('_sqlx_migrations') IS NULL";
    let untouched: bool = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    assert!(untouched);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_change_a_database_refuses_other_tables() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    let refused = async |config: &jobbergate_api::config::ServeConfig, tables| {
        config.require_tables(tables).await.unwrap_err().to_string()
    };
    assert!(refused(&config, Tables::Ours).await.contains("none yet; `jobbergate serve` makes it"));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);

    let database = upstream_database().await;
    config.database_url = Some(database.url().to_owned());
    for tables in [Tables::Ours, Tables::Current] {
        let words = refused(&config, tables).await;
        let expected = "it is the Python server's (revision b16b218ef5d6); `jobbergate serve` takes \
                        it over and brings it up to date";
        assert!(words.contains(expected), "{words}");
    }
    Db::open_postgres(database.url(), 1).await.unwrap().close().await;
    config.require_tables(Tables::Current).await.unwrap();

    execute(&database, "DELETE FROM _sqlx_migrations WHERE version > 4").await;
    config.require_tables(Tables::Ours).await.unwrap();
    let words = refused(&config, Tables::Current).await;
    assert!(words.contains("it is at revision 4, not "), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_server_may_go_on_writing_to_a_database_that_was_taken_over() {
    let database = empty_database().await;
    execute(&database, SCHEMA).await;
    execute(&database, "INSERT INTO alembic_version VALUES ('b16b218ef5d6')").await;
    Db::open_postgres(database.url(), 2).await.unwrap().close().await;
    execute(&database, "DELETE FROM alembic_version").await;
    // It names the columns that it knows.
    execute(&database, ROWS).await;
    let app = TestApp::on_database(database).await;
    let bob = app.user("bob").await;
    assert_eq!(bob.get("/job-submissions/43").await.ok().get("slurm_pending_reason"), None);
    assert_eq!(bob.get("/clusters/status/c").await.ok().get("slurm_answered_at"), None);
}
