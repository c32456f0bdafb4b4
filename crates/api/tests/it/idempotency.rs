//! Requests with an `Idempotency-Key`: one that is sent again is not done again.

mod faults;

use chrono::TimeDelta;
use futures::future::join_all;
use jobbergate_api::{
    app::Context,
    args,
    cleaning::{Cleaned, Task, perform},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Answer, TestApp},
};

const SUBMISSIONS: &str = "/job-submissions";

impl Actor {
    async fn post_with_key(&self, key: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("Idempotency-Key", key);
        self.send(request.json(body)).await
    }
}

fn job() -> Value {
    json!({"name": "j", "job_script_id": 1, "client_id": "c"})
}

/// A scientist with script 1.
async fn alice(app: &TestApp) -> Actor {
    app.agent("c").await;
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    alice
}

async fn submissions(actor: &Actor) -> usize {
    actor.get("/job-submissions?size=100").await.ok()["total"].as_u64().unwrap() as usize
}

async fn keys(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM idempotency_keys";
    let (count,): (i64,) = app.db().read().await.unwrap().fetch_one(sql, args![]).await.unwrap();
    count
}

async fn execute(app: &TestApp, sql: &str) {
    let mut db = app.db().write().await.unwrap();
    assert!(db.execute(sql, args![]).await.unwrap() > 0);
    db.commit().await.unwrap();
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

on_both! {
    async fn whatever_is_created_is_created_once(app: TestApp) {
        let alice = alice(&app).await;
        alice.has_template("t", &[("run.sh.j2", "echo")]).await;
        alice.has_submission(1, "c").await;
        let render = json!({
            "create_request": {"name": "r"},
            "render_request": {
                "template_output_name_mapping": {"run.sh.j2": "run.sh"},
                "sbatch_params": null,
                "param_dict": {"data": {"z": 1, "a": 2}},
            },
        });
        for (path, list, body) in [
            (SUBMISSIONS, SUBMISSIONS, job()),
            ("/job-submissions/clone/1", SUBMISSIONS, Value::Null),
            ("/job-scripts", "/job-scripts", json!({"name": "s"})),
            ("/job-scripts/clone/1", "/job-scripts", json!({"name": "copy"})),
            ("/job-scripts/render-from-template/t", "/job-scripts", render),
            ("/job-script-templates", "/job-script-templates", json!({"name": "u", "identifier": "u"})),
            ("/job-script-templates/clone/t", "/job-script-templates", json!({"identifier": "v"})),
        ] {
            let first = alice.post_with_key("\"k-1\"", path, &body).await.expect(201);
            assert!(!is_replay(&first), "{path}");
            // Quotes are no part of it.
            let second = alice.post_with_key("k-1", path, &body).await.expect(201);
            assert!(is_replay(&second), "{path}");
            assert_eq!(first.text, second.text, "{path}");
            assert_eq!(second.header("content-type"), Some("application/json"));
            let list = alice.get(&format!("{list}?size=1&sort_ascending=false&include_null_identifier=true")).await.ok();
            assert_eq!(list["items"][0]["id"], second.json()["id"], "{path}");
        }
        // As it was, whatever became of it.
        alice.delete("/job-submissions/2").await.expect(204);
        let again = alice.post_with_key("k-1", SUBMISSIONS, &job()).await;
        assert_eq!(again.created()["id"], 2);
    }

    async fn a_key_is_one_caller_s_for_one_request_to_one_route(app: TestApp) {
        let alice = alice(&app).await;
        let first = alice.post_with_key("k", SUBMISSIONS, &job()).await.created();
        // In another order it is the same.
        let same = json!({"client_id": "c", "name": "j", "job_script_id": 1});
        assert_eq!(alice.post_with_key("k", SUBMISSIONS, &same).await.created(), first);
        let other = json!({"name": "other", "job_script_id": 1, "client_id": "c"});
        let words = alice.post_with_key("k", SUBMISSIONS, &other).await.expect(422).detail();
        assert!(words.contains("Idempotency-Key \"k\" was used for another request"), "{words}");
        alice.post_with_key("k", "/job-scripts/clone/1", &Value::Null).await.created();
        alice.has_script("s", "echo").await;
        alice.post_with_key("k", "/job-scripts/clone/2", &Value::Null).await.expect(422);
        let bob = app.user("bob").await;
        let his = bob.post_with_key("k", SUBMISSIONS, &job()).await.created();
        assert_eq!((&first["id"], &his["id"]), (&json!(1), &json!(2)));
        alice.post_with_key("l", SUBMISSIONS, &job()).await.created();
        assert_eq!(submissions(&alice).await, 3);
    }

    async fn without_a_key_nothing_is_kept(app: TestApp) {
        let alice = alice(&app).await;
        for _ in 0..2 {
            let answer = alice.post(SUBMISSIONS, job()).await.expect(201);
            assert!(!is_replay(&answer));
        }
        assert_eq!((submissions(&alice).await, keys(&app).await), (2, 0));
        // Other routes take no keys.
        let request = alice.request(Method::PUT, "/job-submissions/cancel/1");
        alice.send(request.header("Idempotency-Key", "k")).await.ok();
        assert_eq!(keys(&app).await, 0);
    }

    async fn what_failed_may_be_tried_again_with_its_key(app: TestApp) {
        app.agent("c").await;
        let alice = app.user("alice").await;
        alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(404);
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(400);
        alice.post_with_key("k", SUBMISSIONS, &json!({"name": 1})).await.expect(422);
        assert_eq!(keys(&app).await, 0);
        alice.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", "echo").await.ok();
        let done = alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(201);
        assert!(!is_replay(&done));
        assert!(is_replay(&alice.post_with_key("k", SUBMISSIONS, &job()).await));
        assert_eq!(submissions(&alice).await, 1);
    }

    async fn what_is_no_key_is_told_with_all_that_is_wrong(app: TestApp) {
        let alice = alice(&app).await;
        let long = "k".repeat(256);
        for key in ["a b", "\"a", "", &long] {
            let answer = alice.post_with_key(key, SUBMISSIONS, &json!({})).await.expect(422);
            let detail = answer.json()["detail"].clone();
            assert_eq!(detail[0]["loc"], json!(["header", "Idempotency-Key"]), "{detail}");
            assert!(detail.as_array().unwrap().len() > 1, "{detail}");
        }
        alice.post_with_key(&"k".repeat(255), SUBMISSIONS, &job()).await.created();
    }

    async fn of_equal_requests_at_once_one_is_done(app: TestApp) {
        let (alice, second) = (alice(&app).await, app.replica().await);
        let elsewhere = Actor::at(second.address, alice.token().unwrap());
        for round in 1..=5 {
            let key = format!("k-{round}");
            let all = (0..8).map(|n| {
                let (actor, key) = (if n % 2 == 0 { &alice } else { &elsewhere }, &key);
                async move { actor.post_with_key(key, SUBMISSIONS, &job()).await }
            });
            let answers = join_all(all).await;
            let mut first = 0;
            for answer in &answers {
                match answer.status.as_u16() {
                    201 => first += usize::from(!is_replay(answer)),
                    409 => assert_eq!(answer.header("retry-after"), Some("1")),
                    _ => panic!("{answer:?}"),
                }
            }
            assert_eq!((first, submissions(&alice).await), (1, round), "{answers:?}");
            let again = elsewhere.post_with_key(&key, SUBMISSIONS, &job()).await.expect(201);
            assert!(is_replay(&again));
        }
    }

    async fn a_key_is_forgotten_after_a_day(app: TestApp) {
        let (alice, bob) = (alice(&app).await, app.user("bob").await);
        for actor in [&alice, &bob] {
            actor.post_with_key("k", SUBMISSIONS, &job()).await.created();
        }
        let context = Context::for_tenant(app.app.clone(), app.app.tenants.default_tenant());
        let clean = async |dry_run| {
            perform(&context, &app.app.cleaning, Task::Keys, dry_run).await.unwrap()
        };
        app.clock.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
        assert_eq!(clean(false).await, Cleaned::Keys { deleted: 0 });
        assert!(is_replay(&alice.post_with_key("k", SUBMISSIONS, &job()).await));
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(clean(true).await, Cleaned::Keys { deleted: 2 });
        assert!(!is_replay(&alice.post_with_key("k", SUBMISSIONS, &job()).await.expect(201)));
        assert_eq!(clean(true).await, Cleaned::Keys { deleted: 1 });
        assert_eq!(clean(false).await, Cleaned::Keys { deleted: 1 });
        assert_eq!(keys(&app).await, 1);
        // Without cleaning, the caller's next key does it.
        app.clock.advance(TimeDelta::days(1));
        alice.post_with_key("l", SUBMISSIONS, &job()).await.created();
        assert_eq!(keys(&app).await, 1);
    }
}
