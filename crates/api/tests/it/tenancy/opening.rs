//! Opening and closing organizations' databases.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures::future::join_all;
use jobbergate_api::db::{Db, Tables};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::{
    on_both,
    support::{TenantApp, eventually},
};

/// The organizations whose databases are open.
fn open(app: &TenantApp) -> BTreeSet<String> {
    app.app.tenants.opened().into_iter().filter_map(|tenant| tenant.organization).collect()
}

async fn visited(app: &TenantApp) -> Vec<Option<String>> {
    let mut all = app.app.tenants.all(Tables::Any).await.unwrap();
    let mut visited = Vec::new();
    while let Some(tenant) = all.next().await {
        let tenant = tenant.unwrap();
        tenant.db.read().await.unwrap();
        visited.push(tenant.organization);
    }
    visited
}

/// Whether everything closes that nobody uses. Whoever opened it may hold it a moment longer.
async fn all_close(app: &TenantApp) -> bool {
    eventually(|| async {
        app.app.tenants.close_idle().await;
        open(app).is_empty()
    })
    .await
}

async fn execute(app: &TenantApp, statement: &str) {
    let Db::Postgres { primary: pool, .. } = app.db() else { panic!("not PostgreSQL") };
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&pool).await.unwrap();
}

on_both! {
    async fn requests_that_come_first_together_open_an_organization_once(app: TenantApp) {
        let organization = app.organization().await;
        let user = organization.user("alice").await;
        let answers = join_all((0..20).map(|n| {
            let (user, name) = (user.clone(), format!("script {n}"));
            async move { user.post("/job-scripts", json!({"name": name})).await.created()["id"].clone() }
        }));
        let ids: BTreeSet<_> = answers.await.iter().map(|id| id.as_i64().unwrap()).collect();
        assert_eq!(ids, (1..=20).collect());
        if let Db::Postgres { primary: pool, .. } = app.db() {
            let sql = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
            let count: i64 =
                sqlx::query_scalar(sql).bind(&organization.id).fetch_one(&pool).await.unwrap();
            assert!((1..=2).contains(&count), "{count} connections");
        }
    }

    async fn what_nobody_uses_is_closed_and_opened_again(app: TenantApp) {
        let (one, two) = (app.organization().await, app.organization().await);
        let (alice, bob) = (one.user("alice").await, two.user("bob").await);
        alice.has_script("kept", "echo").await;
        bob.has_script("kept", "echo").await;
        app.clock.advance(TimeDelta::seconds(599));
        bob.get("/job-scripts").await.ok();
        app.app.tenants.close_idle().await;
        assert_eq!(open(&app), [one.id.clone(), two.id.clone()].into());
        app.clock.advance(TimeDelta::seconds(1));
        app.app.tenants.close_idle().await;
        assert_eq!(open(&app), [two.id.clone()].into());
        assert_eq!(alice.get("/job-scripts/1").await.ok()["name"], "kept");
        assert_eq!(open(&app), [one.id, two.id].into());
    }

    async fn what_is_in_use_is_not_closed(app: TenantApp) {
        let organization = app.organization().await;
        organization.user("alice").await.has_script("kept", "echo").await;
        let used = app.app.tenants.opened().pop().unwrap();
        assert_eq!(used.organization.as_deref(), Some(organization.id.as_str()));
        app.clock.advance(TimeDelta::days(1));
        app.app.tenants.close_idle().await;
        used.db.write().await.unwrap().commit().await.unwrap();
        assert_eq!(open(&app).len(), 1);
        drop(used);
        assert!(all_close(&app).await);
    }

    async fn requests_and_closing_do_not_get_in_each_others_way(app: TenantApp) {
        let organization = app.organization().await;
        let user = organization.user("alice").await;
        user.has_script("kept", "echo").await;
        let closing = async {
            for _ in 0..40 {
                app.clock.advance(TimeDelta::seconds(601));
                app.app.tenants.close_idle().await;
                tokio::task::yield_now().await;
            }
        };
        let asking = join_all((0..8).map(|_| async {
            for _ in 0..5 {
                user.get("/job-scripts/1").await.ok();
            }
        }));
        tokio::join!(closing, asking);
    }

    async fn background_work_finds_all_that_were_served_and_no_others(app: TenantApp) {
        assert_eq!(visited(&app).await, [None]);
        let (one, two, _never) =
            (app.organization().await, app.organization().await, app.organization().await);
        one.user("alice").await.get("/job-scripts").await.ok();
        two.user("bob").await.get("/job-scripts").await.ok();
        app.clock.advance(TimeDelta::seconds(600));
        assert!(all_close(&app).await);
        let mut expected = [Some(one.id.clone()), Some(two.id.clone())];
        expected.sort();
        assert_eq!(visited(&app).await, [vec![None], expected.to_vec()].concat());
        // A visit is no use: what was opened for it goes with the next look.
        assert!(all_close(&app).await);
        assert!(app.app.tenants.forget(&one.id).await.unwrap());
        assert!(!app.app.tenants.forget(&one.id).await.unwrap());
        assert_eq!(visited(&app).await, [None, Some(two.id)]);
    }

    async fn an_administrator_sets_an_organization_up(app: TenantApp) {
        let id = match &app.s3 {
            Some(s3) => {
                let id = format!("made-{:016x}", rand::random::<u64>());
                s3.add_bucket(&id).unwrap();
                id
            }
            None => "made".to_owned(),
        };
        for _ in 0..2 {
            app.app.tenants.create(&id).await.unwrap();
        }
        assert_eq!(app.app.tenants.organizations().await.unwrap(), std::slice::from_ref(&id));
        let user = app.unknown_organization(&id).user("alice").await;
        assert_eq!(user.has_script("first", "echo").await, 1);
        assert_eq!(app.app.tenants.create("no/name").await.unwrap_err().status(), 400);
        if app.s3.is_some() {
            app.app.tenants.close().await;
            let mut connection =
                PgConnection::connect(&url_of("postgres").await).await.unwrap();
            let sql = AssertSqlSafe(format!("DROP DATABASE \"{id}\" WITH (FORCE)"));
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_gone_is_reported_and_made_by_requests_only() {
    let app = TenantApp::on_sqlite().await;
    let organization = app.organization().await;
    let user = organization.user("alice").await;
    user.has_script("lost", "echo").await;
    app.clock.advance(TimeDelta::seconds(600));
    assert!(all_close(&app).await);
    let directory = app.directory(&organization.id);
    std::fs::remove_dir_all(&directory).unwrap();
    let mut all = app.app.tenants.all(Tables::Any).await.unwrap();
    assert_eq!(all.next().await.unwrap().unwrap().organization, None);
    let error = all.next().await.unwrap().unwrap_err().to_string();
    let words = format!("{}: its directory {} is missing", organization.id, directory.display());
    assert_eq!(error, words);
    assert!(!directory.exists());
    assert_eq!(user.has_script("new", "echo").await, 1);
}

async fn url_of(database: &str) -> String {
    jobbergate_testkit::postgres::Postgres::shared().await.unwrap().url(database)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_without_database_is_tried_again_and_hurts_nobody_else() {
    let app = TenantApp::on_postgres().await;
    let healthy = app.organization().await.user("bob").await;
    let id = format!("late-{:016x}", rand::random::<u64>());
    let late = app.unknown_organization(&id);
    let user = late.user("alice").await;
    let bucket = user.get("/job-scripts").await.expect(503).detail();
    let words =
        format!("The organization {id} is not set up on this server; ask its administrator");
    assert_eq!(bucket, words);
    app.s3.as_ref().unwrap().add_bucket(&id).unwrap();
    app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(user.get("/job-scripts").await.expect(503).detail(), words);
    assert_eq!(healthy.has_script("job", "echo").await, 1);
    assert_eq!(app.app.tenants.organizations().await.unwrap().len(), 1);
    execute(&app, &format!("CREATE DATABASE \"{id}\"")).await;
    assert_eq!(user.get("/job-scripts").await.expect(503).detail(), words);
    app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(user.has_script("job", "echo").await, 1);
    execute(&app, &format!("DROP DATABASE \"{id}\" WITH (FORCE)")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_programs_database_is_left_alone() {
    let app = TenantApp::on_postgres().await;
    let organization = app.organization().await;
    let url = url_of(&organization.id).await;
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let foreign = "CREATE TABLE accounts (id integer)";
    sqlx::raw_sql(foreign).execute(&mut connection).await.unwrap();
    let user = organization.user("alice").await;
    let refused = user.get("/job-scripts").await.expect(503).detail();
    let words = format!(
        "The data of the organization {} cannot be opened; try again later",
        organization.id
    );
    assert_eq!(refused, words);
    let sql = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    let tables: i64 = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    assert_eq!(tables, 1);
    assert_eq!(visited(&app).await, [None]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_database_and_bucket_are_nobodys_organization() {
    let app = TenantApp::on_postgres().await;
    let Db::Postgres { primary: pool, .. } = app.db() else { panic!("not PostgreSQL") };
    let name: String =
        sqlx::query_scalar("SELECT current_database()").fetch_one(&pool).await.unwrap();
    for id in [name.as_str(), app.s3.as_ref().unwrap().bucket.as_str()] {
        let user = app.unknown_organization(id).user("alice").await;
        let refused = user.get("/job-scripts").await.expect(403).detail();
        assert!(refused.contains("reserved"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_are_open_than_there_is_room_for() {
    let app = TenantApp::with_room_for(2).await;
    let mut organizations = Vec::new();
    for _ in 0..4 {
        organizations.push(app.organization().await);
    }
    for organization in &organizations {
        app.clock.advance(TimeDelta::seconds(1));
        organization.user("alice").await.has_script("job", "echo").await;
        assert!(open(&app).len() <= 2);
    }
    let newest = organizations[2..].iter().map(|organization| organization.id.clone()).collect();
    assert_eq!(open(&app), newest);
    assert_eq!(visited(&app).await.len(), 5);
    assert!(open(&app).len() <= 2);
    // All at once: they take turns.
    let answers = join_all(organizations.iter().map(|organization| async {
        let user = organization.user("alice").await;
        for _ in 0..5 {
            user.get("/job-scripts/1").await.ok();
        }
    }));
    answers.await;
    let databases = async || -> i64 {
        let Db::Postgres { primary: pool, .. } = app.db() else { panic!("not PostgreSQL") };
        let ids: Vec<_> = organizations.iter().map(|o| o.id.clone()).collect();
        let sql = "SELECT count(DISTINCT datname) FROM pg_stat_activity WHERE datname = ANY($1)";
        sqlx::query_scalar(sql).bind(ids).fetch_one(&pool).await.unwrap()
    };
    assert!(eventually(|| async { databases().await <= 2 }).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_takes_long_to_open_delays_nobody_else() {
    let app = TenantApp::on_postgres().await;
    let (slow, quick) = (app.organization().await, app.organization().await);
    // As another server does while it makes the tables.
    let mut migrating = PgConnection::connect(&url_of(&slow.id).await).await.unwrap();
    let lock = "SELECT pg_advisory_lock(117026624529778)";
    sqlx::raw_sql(lock).execute(&mut migrating).await.unwrap();
    let (alice, bob) = (slow.user("alice").await, quick.user("bob").await);
    let waiting = async {
        let refused = alice.get("/job-scripts").await.expect(503).detail();
        assert!(refused.ends_with("is not ready yet; try again in a moment"), "{refused}");
    };
    let begun = std::time::Instant::now();
    let working = async {
        bob.has_script("job", "echo").await;
        begun.elapsed()
    };
    let ((), elapsed) = tokio::join!(waiting, working);
    assert!(elapsed.as_secs() < 8, "{elapsed:?}");
    migrating.close().await.unwrap();
    // It was going on all the time.
    assert!(eventually(|| async { open(&app).contains(&slow.id) }).await);
    alice.has_script("job", "echo").await;
}
