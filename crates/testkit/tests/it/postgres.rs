use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Result;
use jobbergate_testkit::postgres::{Postgres, TestDatabase};
use sqlx::{Connection, PgConnection};

#[tokio::test]
async fn each_test_gets_its_own_copy_of_the_template() {
    let first = database("copies").await;
    let second = database("copies").await;

    sqlx::query("INSERT INTO jobs (name) VALUES ('heat')")
        .execute(&mut connect(&first).await)
        .await
        .unwrap();

    assert_eq!(count_jobs(&first).await, 1);
    assert_eq!(count_jobs(&second).await, 0);
}

#[tokio::test]
async fn the_template_is_prepared_once() {
    let postgres = Postgres::shared().await.unwrap();
    let prepared = AtomicUsize::new(0);
    let name = format!("once_{}", std::process::id());

    for _ in 0..3 {
        let prepare = async |_| {
            prepared.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        postgres.fresh_database(&name, prepare).await.unwrap();
    }

    assert_eq!(prepared.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_failed_preparation_is_told_and_tried_again() {
    let postgres = Postgres::shared().await.unwrap();
    let name = format!("failing_{}", std::process::id());

    let error = postgres.fresh_database(&name, async |_| anyhow::bail!("no such table")).await;

    assert!(format!("{:#}", error.unwrap_err()).contains("no such table"));
    assert!(postgres.fresh_database(&name, async |_| Ok(())).await.is_ok());
}

#[tokio::test]
async fn a_database_goes_with_its_test_even_when_connections_are_open() {
    let postgres = Postgres::shared().await.unwrap();
    let database = database("dropped").await;
    let name = database.name().to_owned();
    let open = connect(&database).await;

    drop(database);

    assert!(PgConnection::connect(&postgres.url(&name)).await.is_err());
    drop(open);
}

async fn database(template: &str) -> TestDatabase {
    let postgres = Postgres::shared().await.unwrap();
    postgres.fresh_database(template, create_jobs).await.unwrap()
}

async fn create_jobs(url: String) -> Result<()> {
    let mut connection = PgConnection::connect(&url).await?;
    sqlx::query("CREATE TABLE jobs (name text NOT NULL)").execute(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn connect(database: &TestDatabase) -> PgConnection {
    PgConnection::connect(database.url()).await.unwrap()
}

async fn count_jobs(database: &TestDatabase) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM jobs")
        .fetch_one(&mut connect(database).await)
        .await
        .unwrap()
}
