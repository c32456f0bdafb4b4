//! What is only read comes from a standby, as long as that has all that was committed.

use std::time::Duration;

use futures::future::join_all;
use jobbergate_api::{
    app::App, clock::Clock, config::ServeConfig, db::Reads, doctor, identity::UserToken,
    permission::Permission, startup::StartError,
};
use jobbergate_testkit::postgres::Replicated;
use serde_json::json;

use crate::support::{Actor, TestApp, eventually, settings, start_time};

async fn server(postgres: &Replicated, change: impl FnOnce(&mut ServeConfig)) -> TestApp {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    config.database_url = Some(postgres.primary_url());
    config.database_read_url = Some(postgres.standby_url());
    config.database_pool_size = 5;
    change(&mut config);
    TestApp::start(config, directory, None, None).await
}

fn reads(app: &TestApp) -> Reads {
    app.app.tenants.reads().unwrap()
}

async fn used(app: &TestApp) -> bool {
    eventually(async || reads(app).is_standby_used).await
}

/// Changes something and finds it changed, so many times.
async fn change_and_read(actor: &Actor, times: usize) {
    for _ in 0..times {
        let script = actor.has_script("new", "echo").await;
        let path = format!("/job-scripts/{script}");
        assert_eq!(actor.get(&path).await.ok()["name"], "new");
        actor.put(&path, json!({"name": "newer"})).await.ok();
        assert_eq!(actor.get(&path).await.ok()["name"], "newer");
        actor.delete(&path).await.expect(204);
        actor.get(&path).await.expect(404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_something_reads_it_from_the_standby_at_once() {
    let postgres = Replicated::start().await.unwrap();
    // Nothing that is answered may be on its way to the disk.
    let hasty = "ALTER ROLE jobbergate SET synchronous_commit = off";
    postgres.run_on_primary(hasty).await.unwrap();
    let app = server(&postgres, |_| {}).await;
    assert!(used(&app).await);
    let people = join_all(["alice", "bob", "carol"].map(|name| app.user(name))).await;
    join_all(people.iter().map(|actor| change_and_read(actor, 20))).await;
    // Another server's changes as well.
    let (other, alice) = (app.replica().await, &people[0]);
    let there = other.bearer(alice.token().unwrap());
    for _ in 0..20 {
        let script = there.has_script("s", "echo").await;
        alice.get(&format!("/job-scripts/{script}")).await.ok();
    }
    // Reports of clusters do not wait for the disk, and are there.
    let agent = app.agent("c").await;
    for interval in 1..20 {
        agent.put(&format!("/clusters/status?interval={interval}"), json!(null)).await.expect(202);
        let status = people[0].get("/clusters/status/c").await.ok();
        assert_eq!(status["interval"], interval);
    }
    let reads = reads(&app);
    assert!(reads.from_standby > 100 && reads.from_primary < reads.from_standby, "{reads:?}");

    // An administrator who looks is told so.
    let mut config = app.app.config.clone();
    let found = doctor::examine(&config, &Clock::manual(start_time())).await;
    let find = |found: Vec<jobbergate_doctor::Finding>| {
        found.into_iter().find(|finding| finding.check == "standby").unwrap()
    };
    let standby = find(found);
    assert!(standby.outcome.is_ok() && standby.to_string().contains("has all"), "{standby}");
    config.database_read_url = config.database_url.clone();
    let standby = find(doctor::examine(&config, &Clock::manual(start_time())).await);
    assert!(standby.outcome.is_err() && standby.to_string().contains("in recovery"), "{standby}");
    assert!(standby.to_string().contains("DATABASE_READ_URL"), "{standby}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_old_is_read_from_a_standby_that_is_behind_cut_stopped_or_promoted() {
    let postgres = Replicated::start().await.unwrap();
    let app = server(&postgres, |_| {}).await;
    let alice = app.user("alice").await;
    assert!(used(&app).await);
    for _ in 0..2 {
        postgres.pause_replay().await.unwrap();
        change_and_read(&alice, 3).await;
        assert!(!reads(&app).is_standby_used);
        postgres.resume_replay().await.unwrap();
        assert!(used(&app).await);
        change_and_read(&alice, 3).await;
    }
    let before = reads(&app);
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'jobbergate'";
    for _ in 0..2 {
        postgres.run_on_standby(cut).await.unwrap();
        change_and_read(&alice, 2).await;
        assert!(used(&app).await);
    }
    postgres.stop_standby().unwrap();
    change_and_read(&alice, 3).await;
    assert!(eventually(async || !reads(&app).is_standby_used).await);
    postgres.start_standby().unwrap();
    assert!(used(&app).await);
    change_and_read(&alice, 3).await;
    assert!(reads(&app).from_standby > before.from_standby);
    postgres.promote_standby().unwrap();
    change_and_read(&alice, 3).await;
    assert!(eventually(async || !reads(&app).is_standby_used).await);
    tokio::time::sleep(Duration::from_secs(3)).await;
    change_and_read(&alice, 3).await;
    assert!(!reads(&app).is_standby_used);
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_and_people_who_wait_are_told_at_once() {
    let postgres = Replicated::start().await.unwrap();
    let app = server(&postgres, |_| {}).await;
    let (alice, agent) = (app.user("alice").await, app.agent("c").await);
    let script = alice.has_script("s", "echo").await;
    assert!(used(&app).await);
    let mut list = alice.watch("/job-submissions/events", None).await;
    let changes = "/job-submissions/agent/changes";
    let cursor = agent.get(changes).await.ok()["cursor"].as_str().unwrap().to_owned();
    let waiting = {
        let (agent, path) = (agent.clone(), format!("{changes}?cursor={cursor}&wait=30"));
        tokio::spawn(async move { agent.get(&path).await.ok() })
    };
    let submission = alice.has_submission(script, "c").await;
    let heard = tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap().unwrap();
    assert_eq!(heard["pending"], true);
    let pending = agent.get("/job-submissions/agent/pending").await.ok();
    assert_eq!(pending["items"][0]["id"], submission);
    let told = tokio::time::timeout(Duration::from_secs(10), list.next()).await.unwrap().unwrap();
    assert_eq!((told.name.as_str(), &told.data["id"]), ("submission", &json!(submission)));
    let mut one = alice.watch(&format!("/job-submissions/{submission}/events"), None).await;
    assert!(one.next().await.is_some());

    assert_eq!(alice.get("/job-submissions").await.ok()["total"], 1);
    assert!(reads(&app).is_standby_used && reads(&app).from_standby > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn organizations_are_read_from_the_standby_and_from_what_is_none_nobody_reads() {
    let postgres = Replicated::start().await.unwrap();
    let app = server(&postgres, |config| {
        config.tenancy.multi_tenancy_enabled = true;
        config.tenancy.organization_pool_size = 2;
    })
    .await;
    assert!(used(&app).await);
    for organization in ["chemistry", "physics"] {
        app.app.tenants.create(organization).await.unwrap();
        let user = UserToken {
            email: "alice@example.com".to_owned(),
            permissions: Permission::ALL.into_iter().filter(|p| p.is_for_users()).collect(),
            client_id: None,
            lifetime: 10_000_000,
            organization: Some(organization.to_owned()),
        };
        let alice = app.token_holder(&user).await;
        let before = reads(&app).from_standby;
        change_and_read(&alice, 5).await;
        assert!(reads(&app).from_standby >= before + 10, "{:?}", reads(&app));
        assert_eq!(alice.get("/job-scripts").await.ok()["total"], 0);
        // The next organization does not see it.
        alice.has_script("its own", "echo").await;
    }
    let alone = server(&postgres, |config| {
        config.database_read_url = Some(postgres.primary_url());
    })
    .await;
    change_and_read(&alone.user("alice").await, 3).await;
    assert!(!reads(&alone).is_standby_used);
    assert_eq!(reads(&alone).from_standby, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_without_a_primary_is_refused_at_the_start() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    let standby = "postgres://joe:s3cret@127.0.0.1:1/db";
    config.database_read_url = Some(standby.to_owned());
    let refused = async |config: &ServeConfig| match App::open(config, Clock::System).await {
        Err(error @ StartError::Setting { setting: "DATABASE_READ_URL", .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let words = refused(&config).await;
    assert!(words.contains("DATABASE_URL") && !words.contains("s3cret"), "{words}");
    let database = crate::support::database().await;
    config.database_url = Some(database.url().to_owned());
    config.database_read_url = Some(database.url().replace("postgres@", "reader@"));
    let words = refused(&config).await;
    assert!(words.contains("the user of the primary"), "{words}");
    config.database_read_url = Some(standby.to_owned());
    let words = refused(&config).await;
    assert!(words.contains("same name") && !words.contains("s3cret"), "{words}");
    config.database_read_url = Some("http://joe:s3cret@127.0.0.1".to_owned());
    let words = refused(&config).await;
    assert!(words.contains("postgres://") && !words.contains("s3cret"), "{words}");
}
