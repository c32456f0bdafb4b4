//! What a start would do to the databases' tables: told before, and done on its own.

use std::{borrow::Cow, path::Path};

use jobbergate_api::{
    args,
    clock::Clock,
    config::ServeConfig,
    db::{Plan, Waiting},
    tenant::Tenants,
    upgrade,
};
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection, migrate::Migrator,
    sqlite::SqliteConnectOptions,
};

use crate::{
    adoption::upstream_database,
    support::{TestApp, empty_database, settings},
};

/// The version before lists were found by an index.
const BEFORE: i64 = 19;
const ROWS: &str = "INSERT INTO job_submissions (name, owner_email, client_id, status, created_at, updated_at) VALUES \
     ('a', 'alice@example.com', 'c', 'DONE', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z'), \
     ('b', 'alice@example.com', 'c', 'DONE', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')";

/// The migrations of that version.
async fn migrations(database: &str) -> Migrator {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    let mut all = Migrator::new(folder).await.unwrap();
    let first = all.iter().filter(|migration| migration.version <= BEFORE).cloned().collect();
    all.migrations = Cow::Owned(first);
    all
}

/// Of the default database.
async fn plan(config: &ServeConfig) -> Plan {
    let mut all = upgrade::plan(config).await.unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0).plan.unwrap().unwrap()
}

/// The administrator of a server of that version plans its update, and has it done.
async fn is_planned_and_done(config: &ServeConfig) {
    let planned = plan(config).await;
    assert_eq!((planned.revision, planned.is_upstream), (Some(BEFORE), false));
    let step = &planned.steps[0];
    assert_eq!((step.number, step.waiting()), (20, Some(Waiting::Writes)));
    assert!(step.does.starts_with("What lists show"), "{}", step.does);
    assert_eq!(step.touched[0].lock.table, "job_submissions");
    assert!(!planned.keeps_others_waiting());
    // Nothing was done yet.
    assert_eq!(plan(config).await, planned);
    assert!(upgrade::migrate(config).await.unwrap().is_empty());
    assert_eq!(plan(config).await.steps, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_planned_and_done_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let config = settings(&directory);
    let file = SqliteConnectOptions::new().filename(directory.path().join("jobbergate.db"));
    let mut db = SqliteConnection::connect_with(&file.create_if_missing(true)).await.unwrap();
    migrations("sqlite").await.run(&mut db).await.unwrap();
    db.execute(ROWS).await.unwrap();
    db.close().await.unwrap();
    assert_eq!(plan(&config).await.steps[0].touched[0].rows, 2);
    is_planned_and_done(&config).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_committed_after_the_migrations_is_on_the_disk() {
    let app = TestApp::on_sqlite().await;
    let mut db = app.db().write().await.unwrap();
    let (synchronous,): (i64,) = db.fetch_one("PRAGMA synchronous", args![]).await.unwrap();
    assert_eq!(synchronous, 2, "FULL");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_is_planned_and_done_on_postgresql() {
    let (directory, database) = (tempfile::tempdir().unwrap(), empty_database().await);
    let mut config = settings(&directory);
    config.database_url = Some(database.url().to_owned());
    assert_eq!(plan(&config).await.revision, None);
    let mut db = PgConnection::connect(database.url()).await.unwrap();
    migrations("postgres").await.run(&mut db).await.unwrap();
    db.execute(ROWS).await.unwrap();
    // What was never counted is guessed by its size, and rather too high.
    assert!((2..1000).contains(&plan(&config).await.steps[0].touched[0].rows));
    db.execute("ANALYZE job_submissions").await.unwrap();
    assert_eq!(plan(&config).await.steps[0].touched[0].rows, 2);
    is_planned_and_done(&config).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_over_a_python_servers_database_is_planned() {
    let (directory, database) = (tempfile::tempdir().unwrap(), upstream_database().await);
    let mut config = settings(&directory);
    config.database_url = Some(database.url().to_owned());
    let planned = plan(&config).await;
    assert_eq!((planned.revision, planned.is_upstream), (Some(1), true));
    // Its instants are written anew.
    assert_eq!((planned.steps[0].number, planned.steps[0].waiting()), (2, Some(Waiting::All)));
    assert_eq!(planned.steps[0].touched.len(), 6);
    // The second table is new, so that nobody waits for it.
    assert_eq!(planned.steps[1].touched, []);
    let revision = "UPDATE alembic_version SET version_num = '0123456789ab'";
    let mut db = PgConnection::connect(database.url()).await.unwrap();
    db.execute(AssertSqlSafe(revision.to_owned())).await.unwrap();
    let refused = upgrade::plan(&config).await.unwrap().remove(0).plan.unwrap_err().to_string();
    assert!(refused.contains("0123456789ab") && refused.contains("alembic upgrade"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_databases_of_all_organizations_are_planned() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    let none = upgrade::plan(&config).await.unwrap().remove(0);
    assert_eq!(none.plan.unwrap(), None);
    config.tenancy.multi_tenancy_enabled = true;
    let tenants = Tenants::open(&config, Clock::System).await.unwrap();
    tenants.create("lab-1").await.unwrap();
    tenants.close().await;
    let all = upgrade::plan(&config).await.unwrap();
    let names: Vec<_> = all.iter().map(|planned| planned.database.as_str()).collect();
    assert!(names[0].ends_with("jobbergate.db (default)"), "{names:?}");
    assert!(names[1].ends_with("organizations/lab-1/jobbergate.db"), "{names:?}");
    let nothing = |plan: &Plan| plan.steps.is_empty();
    assert!(all.iter().all(|it| it.plan.as_ref().unwrap().as_ref().is_some_and(nothing)));
}
