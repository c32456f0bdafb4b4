//! How many submissions a list says that there are, whoever has changed them.

use std::time::Duration;

use jobbergate_api::{args, db::Db, transfer};
use serde_json::json;
use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use crate::{
    on_both,
    support::{Actor, TestApp},
};

const COUNTED: [&str; 5] = [
    "",
    "include_archived=true",
    "user_only=true",
    "submit_status=DONE",
    "user_only=true&submit_status=CREATED&include_archived=true",
];
/// What the lists of [`COUNTED`] have for alice.
const TRUTH: &str = "SELECT coalesce(sum(CASE WHEN NOT is_archived THEN 1 END), 0), count(*), \
     coalesce(sum(CASE WHEN NOT is_archived AND owner_email = 'alice@example.com' THEN 1 END), 0), \
     coalesce(sum(CASE WHEN NOT is_archived AND status = 'DONE' THEN 1 END), 0), \
     coalesce(sum(CASE WHEN owner_email = 'alice@example.com' AND status = 'CREATED' THEN 1 END), 0) \
     FROM job_submissions";

async fn run(db: &Db, sql: &str) {
    let mut db = db.write().await.unwrap();
    db.execute(sql, args![]).await.unwrap();
    db.commit().await.unwrap();
}

/// As another program writes them: `count` submissions, of alice and of bob by turns.
async fn has_submissions(app: &TestApp, name: &str, count: usize) {
    let sql = format!(
        "INSERT INTO job_submissions (name, owner_email, client_id, status, is_archived, created_at, updated_at) \
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) \
         SELECT '{name} ' || i, CASE WHEN i % 2 = 0 THEN 'alice@example.com' ELSE 'bob@example.com' END, \
             'c', 'CREATED', false, '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z' FROM n"
    );
    let sql = match app.db() {
        Db::Sqlite { .. } => sql,
        Db::Postgres { .. } => sql.replace("'2026-01-01T00:00:00Z'", "now()"),
    };
    run(&app.db(), &sql).await;
}

async fn total(actor: &Actor, query: &str) -> i64 {
    let page = actor.get(&format!("/job-submissions?size=1&{query}")).await.ok();
    page["total"].as_i64().unwrap()
}

async fn is_told_the_truth(alice: &Actor, app: &TestApp) {
    let mut db = app.db().read().await.unwrap();
    let truth: (i64, i64, i64, i64, i64) = db.fetch_one(TRUTH, args![]).await.unwrap();
    drop(db);
    let [shown, all, own, done, waiting] = COUNTED.map(|query| total(alice, query));
    let told = (shown.await, all.await, own.await, done.await, waiting.await);
    assert_eq!(told, truth);
}

async fn number(db: &Db, sql: &str) -> i64 {
    let (number,) = db.read().await.unwrap().fetch_one(sql, args![]).await.unwrap();
    number
}

/// On PostgreSQL: how many changes are not added up yet.
const LEFT: &str = "SELECT count(*) FROM submission_count_changes";
/// The most that one transaction adds up.
const AT_ONCE: i64 = 10_000;

on_both! {
    async fn a_search_counts_the_many_that_it_finds(app: TestApp) {
        let alice = app.user("alice").await;
        has_submissions(&app, "wave of alice", 12_000).await;
        run(&app.db(), "UPDATE job_submissions SET status = 'DONE' WHERE id % 3 = 0").await;
        run(&app.db(), "UPDATE job_submissions SET name = 'heat', description = 'as Alice''s' WHERE id = 1")
            .await;
        run(&app.db(), "UPDATE job_submissions SET name = 'heat' WHERE id = 3").await;
        // Of 12 000 every second is alice's; bob's are found by their names, but for one.
        assert_eq!(total(&alice, "search=alice").await, 11_999);
        assert_eq!(total(&alice, "search=alice@example").await, 6000);
        assert_eq!(total(&alice, "search=BOB%20alice@example.com").await, 12_000);
        assert_eq!(total(&alice, "search=bob&submit_status=DONE").await, 2000);
        assert_eq!(total(&alice, "search=wave&user_only=true").await, 6000);
        assert_eq!(total(&alice, "search=wave%20bob&slurm_job_ids=1").await, 0);
        let found = alice.get("/job-submissions?search=alice@example&size=3&page=2000").await.ok();
        let ids: Vec<_> = found["items"].as_array().unwrap().iter().map(|it| &it["id"]).collect();
        assert_eq!(json!(ids), json!([11_996, 11_998, 12_000]));
    }

    async fn a_list_counts_what_others_have_changed(app: TestApp) {
        let alice = app.user("alice").await;
        is_told_the_truth(&alice, &app).await;
        has_submissions(&app, "wave", 1234).await;
        is_told_the_truth(&alice, &app).await;
        for sql in [
            "UPDATE job_submissions SET status = 'DONE' WHERE id % 3 = 0",
            "UPDATE job_submissions SET is_archived = true, report_message = 'old' WHERE id % 5 = 0",
            "UPDATE job_submissions SET owner_email = 'alice@example.com' WHERE id < 50",
            "UPDATE job_submissions SET status = status",
            "DELETE FROM job_submissions WHERE id % 7 = 0",
        ] {
            run(&app.db(), sql).await;
            is_told_the_truth(&alice, &app).await;
        }
        assert_eq!(total(&alice, "submit_status=ABORTED").await, 0);
        run(&app.db(), "DELETE FROM job_submissions").await;
        assert_eq!(total(&alice, "include_archived=true").await, 0);
    }

    async fn nothing_is_counted_that_was_undone(app: TestApp) {
        let alice = app.user("alice").await;
        has_submissions(&app, "wave", 200).await;
        let db = app.db();
        let mut undone = db.write().await.unwrap();
        undone.execute("DELETE FROM job_submissions", args![]).await.unwrap();
        drop(undone);
        is_told_the_truth(&alice, &app).await;
        assert_eq!(total(&alice, "").await, 200);
    }

    async fn what_there_is_no_more_of_is_not_counted_any_more(app: TestApp) {
        let alice = app.user("alice").await;
        has_submissions(&app, "wave", 300).await;
        run(&app.db(), "UPDATE job_submissions SET status = 'DONE'").await;
        run(&app.db(), "UPDATE job_submissions SET status = 'ABORTED' WHERE id = 200").await;
        is_told_the_truth(&alice, &app).await;
        let waiting = "SELECT count(*) FROM submission_counts WHERE status = 'CREATED'";
        assert_eq!(number(&app.db(), waiting).await, 0);
        run(&app.db(), "DELETE FROM job_submissions").await;
        assert_eq!(number(&app.db(), "SELECT count(*) FROM submission_counts").await, 0);
        has_submissions(&app, "ripple", 300).await;
        is_told_the_truth(&alice, &app).await;
    }

    async fn submissions_made_at_once_are_all_counted(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "echo").await;
        app.agent("c").await;
        let body = json!({"name": "job", "job_script_id": 1, "client_id": "c"});
        let submitting = (0..6).map(async |_| {
            for _ in 0..40 {
                alice.post("/job-submissions", body.clone()).await.created();
            }
        });
        futures::future::join_all(submitting).await;
        is_told_the_truth(&alice, &app).await;
        assert_eq!(total(&alice, "").await, 240);
    }

    async fn a_search_says_how_many_it_finds(app: TestApp) {
        let alice = app.user("alice").await;
        has_submissions(&app, "a wave", 5500).await;
        has_submissions(&app, "Rare heat", 3).await;
        for (query, expected) in [
            ("search=heat", 3),
            ("search=heat&user_only=true", 1),
            ("search=heat%20rare", 3),
            ("search=wave", 5500),
            ("search=wave%20heat", 5503),
            ("search=wave%20150", 5500),
            ("search=1500", 1),
            ("search=alice@", 2751),
            ("search=alice@example.com", 2751),
            ("search=lice@examplXcom", 0),
            ("search=nothing", 0),
            ("search=%20", 0),
        ] {
            assert_eq!(total(&alice, query).await, expected, "{query}");
        }
        let page = alice.get("/job-submissions?search=heat&sort_ascending=false&size=2&page=2").await.ok();
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
        assert_eq!((&page["items"][0]["name"], &page["pages"]), (&json!("Rare heat 1"), &json!(2)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn few_changes_are_left_to_be_added_up() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    app.agent("c").await;
    let body = json!({"name": "job", "job_script_id": 1, "client_id": "c"});
    for _ in 0..350 {
        alice.post("/job-submissions", body.clone()).await.created();
    }
    assert_eq!(number(&app.db(), LEFT).await, 50);
    is_told_the_truth(&alice, &app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_somebody_who_adds_up() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    has_submissions(&app, "wave", 300).await;
    let mut first = app.db().write().await.unwrap();
    let sql = "UPDATE job_submissions SET status = 'DONE' WHERE id = 100";
    first.execute(sql, args![]).await.unwrap();
    let db = app.db();
    let second = run(&db, "UPDATE job_submissions SET status = 'DONE' WHERE id = 200");
    timeout(Duration::from_secs(5), second).await.unwrap();
    assert_eq!(number(&db, LEFT).await, 2, "the second one has left its changes");
    is_told_the_truth(&alice, &app).await;
    first.commit().await.unwrap();
    is_told_the_truth(&alice, &app).await;
    run(&db, "UPDATE job_submissions SET status = 'DONE' WHERE id = 300").await;
    assert_eq!(number(&db, LEFT).await, 0);
    is_told_the_truth(&alice, &app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_added_up_and_undone_is_added_up_later() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    has_submissions(&app, "wave", 300).await;
    run(&app.db(), "UPDATE job_submissions SET status = 'DONE' WHERE id = 1").await;
    let mut undone = app.db().write().await.unwrap();
    undone.execute("DELETE FROM job_submissions WHERE id <= 100", args![]).await.unwrap();
    let left: (i64,) = undone.fetch_one(LEFT, args![]).await.unwrap();
    assert_eq!(left, (0,));
    drop(undone);
    is_told_the_truth(&alice, &app).await;
    assert_eq!(number(&app.db(), LEFT).await, 2);
    run(&app.db(), "UPDATE job_submissions SET status = 'DONE' WHERE id = 200").await;
    assert_eq!(number(&app.db(), LEFT).await, 0);
    is_told_the_truth(&alice, &app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_of_all_leaves_is_added_up_by_those_that_follow() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    has_submissions(&app, "wave", 12_000).await;
    run(&app.db(), "UPDATE job_submissions SET status = 'DONE'").await;
    let left = number(&app.db(), LEFT).await;
    assert!(left > 2 * AT_ONCE, "{left}");
    is_told_the_truth(&alice, &app).await;
    let Db::Postgres { primary, .. } = app.db() else { panic!("not PostgreSQL") };
    let mut psql = PgConnection::connect_with(&primary.connect_options()).await.unwrap();
    // One with a round number finds that much is left, and the next ones on its connection go on.
    let mut expected = left;
    for id in [101, 200, 201, 202] {
        let sql = "UPDATE job_submissions SET is_archived = true WHERE id = $1";
        sqlx::query(sql).bind(id).execute(&mut psql).await.unwrap();
        expected += 2;
        if id > 101 {
            expected = (expected - AT_ONCE).max(0);
        }
        assert_eq!(number(&app.db(), LEFT).await, expected, "after {id}");
        is_told_the_truth(&alice, &app).await;
    }
    assert_eq!(expected, 0);
    let sql = "UPDATE job_submissions SET is_archived = true WHERE id = 203";
    sqlx::query(sql).execute(&mut psql).await.unwrap();
    assert_eq!(number(&app.db(), LEFT).await, 2, "little is left, so it is again one of a hundred");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_leaves_nothing_to_be_added_up() {
    let (app, shelf) = (TestApp::on_sqlite().await, tempfile::tempdir().unwrap());
    has_submissions(&app, "wave", 350).await;
    let path = shelf.path().join("a.tar.gz");
    transfer::export(&app.app, None, &path).await.unwrap();
    let there = TestApp::on_postgres().await;
    transfer::import(&there.app, None, &path).await.unwrap();
    assert_eq!(number(&there.db(), LEFT).await, 0);
    is_told_the_truth(&there.user("alice").await, &there).await;
}
