//! The tables of both databases are the same.

use std::collections::{BTreeMap, BTreeSet};

use jobbergate_api::db::Db;
use sqlx::{Connection, PgConnection};

use crate::support::{TestApp, database, empty_database};

const SCHEMA: &str = include_str!("../data/schema.postgres.sql");

/// For each table its columns, and whether each may be null.
pub type Columns = BTreeMap<String, BTreeMap<String, bool>>;

fn collect(rows: Vec<(String, String, bool)>) -> Columns {
    let mut columns = Columns::new();
    for (table, column, nullable) in rows {
        columns.entry(table).or_default().insert(column, nullable);
    }
    columns
}

pub async fn postgres_columns() -> Columns {
    let database = database().await;
    let mut connection = PgConnection::connect(database.url()).await.unwrap();
    let sql = "SELECT table_name::text, column_name::text, is_nullable = 'YES' \
               FROM information_schema.columns WHERE table_schema = 'public' \
               AND table_name NOT IN ('_sqlx_migrations', 'alembic_version')";
    collect(sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap())
}

pub async fn sqlite_columns() -> Columns {
    let app = TestApp::on_sqlite().await;
    let Db::Sqlite { readers, .. } = app.db() else { panic!("not SQLite") };
    let sql = "SELECT t.name, c.name, c.\"notnull\" = 0 AND c.pk = 0 \
               FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' \
               AND t.name NOT IN ('_sqlx_migrations', 'sqlite_sequence')";
    collect(sqlx::query_as(sql).fetch_all(&readers).await.unwrap())
}

/// All columns, indexes and constraints of a PostgreSQL database, as it describes them.
async fn description(connection: &mut PgConnection) -> BTreeSet<String> {
    let sql = "SELECT format('%s.%s %s null=%s default=%s', table_name, column_name, \
                   coalesce(domain_name, data_type) || coalesce(character_maximum_length::text, ''), \
                   is_nullable, column_default) \
               FROM information_schema.columns WHERE table_schema = 'public' \
               UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' \
               UNION ALL SELECT format('%s %s %s', conrelid::regclass, conname, \
                   pg_get_constraintdef(oid)) \
               FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'";
    let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await.unwrap();
    rows.into_iter().filter(|row| !row.contains("_sqlx_migrations")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_have_the_same_columns() {
    let (mut sqlite, mut postgres) = (sqlite_columns().await, postgres_columns().await);
    // A table and, over two tables that writers don't wait for each other in, a view.
    for table in ["counted_submissions", "submission_count_changes"] {
        assert!(postgres.remove(table).is_some(), "{table}");
    }
    let counts = [&mut sqlite, &mut postgres].map(|columns| columns.remove("submission_counts"));
    let [of_sqlite, of_postgres] = counts.map(|columns| columns.unwrap().into_keys());
    assert!(of_sqlite.eq(of_postgres));
    assert_eq!(sqlite, postgres);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_taken_over_is_like_a_new_one() {
    let adopted = empty_database().await;
    let mut connection = PgConnection::connect(adopted.url()).await.unwrap();
    sqlx::raw_sql(SCHEMA).execute(&mut connection).await.unwrap();
    sqlx::raw_sql("INSERT INTO alembic_version VALUES ('b16b218ef5d6')")
        .execute(&mut connection)
        .await
        .unwrap();
    Db::open_postgres(adopted.url(), 2).await.unwrap().close().await;
    let adopted = description(&mut connection).await;
    let new = database().await;
    let new = description(&mut PgConnection::connect(new.url()).await.unwrap()).await;
    assert_eq!(adopted, new);
}
