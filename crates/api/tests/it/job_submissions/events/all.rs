//! All submissions.

use jobbergate_api::args;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn each_change_is_told_as_lists_have_it(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let _agent = app.agent("c").await;
        let script = alice.has_script("s", "echo").await;
        let mut events = alice.watch("/job-submissions/events", None).await;
        let mut own = alice.watch("/job-submissions/events?user_only=true", None).await;
        assert!(events.last_id.is_some(), "where to go on if nothing happens before it ends");
        bob.has_submission(script, "c").await;
        let first = events.next().await.unwrap();
        assert_eq!(first.name, "submission");
        assert_eq!(first.data, alice.get("/job-submissions").await.ok()["items"][0]);
        alice.has_submission(script, "c").await;
        assert_eq!(events.next().await.unwrap().data["id"], 2);
        assert_eq!(own.next().await.unwrap().data["id"], 2, "not Bob's");
        alice.put("/job-submissions/cancel/2", json!(null)).await.ok();
        for events in [&mut events, &mut own] {
            let cancelled = events.next().await.unwrap();
            assert_eq!(cancelled.data["status"], "CANCELLED");
        }
        alice.put("/job-submissions/2", json!({"name": "other"})).await.ok();
        assert_eq!(events.next().await.unwrap().data["name"], "other");
        alice.delete("/job-submissions/2").await.expect(204);
        let deleted = events.next().await.unwrap();
        assert_eq!((deleted.name.as_str(), deleted.data), ("deleted", json!({"id": 2})));
    }

    async fn who_comes_back_is_told_what_was_missed(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        for _ in 0..3 {
            alice.has_submission(script, "c").await;
        }
        let known = alice.watch("/job-submissions/events", None).await.last_id.unwrap();
        alice.put("/job-submissions/cancel/1", json!(null)).await.ok();
        alice.put("/job-submissions/1", json!({"name": "twice"})).await.ok();
        alice.delete("/job-submissions/3").await.expect(204);
        alice.has_submission(script, "c").await;
        let mut events = alice.watch("/job-submissions/events", Some(&known)).await;
        let mut told = Vec::new();
        for _ in 0..3 {
            let event = events.next().await.unwrap();
            told.push((event.name, event.data["id"].as_i64().unwrap()));
        }
        told.sort_unstable();
        let expected =
            [("deleted", 3), ("submission", 1), ("submission", 4)].map(|(n, i)| (n.to_owned(), i));
        assert_eq!(told, expected);
        // From the last of them on nothing is told again.
        let known = events.last_id.unwrap();
        let mut events = alice.watch("/job-submissions/events", Some(&known)).await;
        alice.has_submission(script, "c").await;
        assert_eq!(events.next().await.unwrap().data["id"], 5);
    }

    async fn who_missed_too_much_begins_anew(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        let known = alice.watch("/job-submissions/events", None).await.last_id.unwrap();
        let mut db = app.db().write().await.unwrap();
        let sql = "UPDATE submission_change_counters SET number = 200";
        db.execute(sql, args![]).await.unwrap();
        db.commit().await.unwrap();
        for odd in [known.as_str(), "what", "900.900.900.900.900.900.900.900"] {
            let mut events = alice.watch("/job-submissions/events", Some(odd)).await;
            assert_eq!(events.next().await.unwrap().name, "reset", "{odd}");
            alice.has_submission(script, "c").await;
            assert_eq!(events.next().await.unwrap().name, "submission");
        }
    }
}
