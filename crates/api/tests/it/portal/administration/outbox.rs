//! What waits to be told.

use chrono::TimeDelta;
use jobbergate_api::args;

use super::{ada, done, form_of};
use crate::{on_both, support::TestApp, web::browser::problem};

/// Something that waits, and whose delivery has failed.
async fn waits(app: &TestApp, channel: &str, submission: i32) {
    let now = app.clock.now();
    let sql = "INSERT INTO outbox (channel, job_submission_id, content, failures, due_at, created_at) \
               VALUES ($1, $2, $3, 3, $4, $5)";
    let content = serde_json::json!({});
    let due = now + TimeDelta::minutes(10);
    let mut db = app.db().write().await.unwrap();
    let arguments = args![channel, submission, content, due, now - TimeDelta::minutes(30)];
    db.execute(sql, arguments).await.unwrap();
    db.commit().await.unwrap();
}

async fn due_now(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) AS due FROM outbox WHERE due_at <= $1";
    let mut db = app.db().read().await.unwrap();
    let (due,): (i64,) = db.fetch_one(sql, args![app.clock.now()]).await.unwrap();
    due
}

on_both! {
    async fn an_outbox_where_nobody_is_told_says_so(app: TestApp) {
        let page = ada(&app).await.open("/admin/outbox").await.expect(200);
        assert!(page.text.contains("Nobody is told anything."), "{}", page.text);
    }

    async fn ada_tries_again_and_forgets(app: TestApp) {
        let mut ada = ada(&app).await;
        waits(&app, "rabbitmq", 1).await;
        waits(&app, "rabbitmq", 2).await;
        waits(&app, "email", 1).await;
        let overview = ada.open("/admin").await.expect(200);
        assert!(overview.text.contains("2 wait to be told by rabbitmq, the oldest since 30 min ago"), "{}", overview.text);
        let page = ada.open("/admin/outbox").await.expect(200);
        assert!(page.text.contains("not configured any more") && page.text.contains("<dd>3 at most</dd>"), "{}", page.text);
        assert_eq!(due_now(&app).await, 0);
        let answer = ada.post(&form_of(&page, "/admin/outbox/retry", &[("channel", "rabbitmq")])).await;
        assert_eq!(done(&ada.follow(&answer).await), "What failed is tried again now.");
        assert_eq!(due_now(&app).await, 2, "the other channel is left alone");
        let answer = ada.post(&form_of(&page, "/admin/outbox/forget", &[("channel", "email")])).await;
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(done(&page), "What waited was forgotten. Nobody is told of it.");
        assert!(page.text.contains("<h2>rabbitmq</h2>") && !page.text.contains("<h2>email</h2>"));
        for (path, fields, status) in [
            ("/admin/outbox/retry", &[("channel", "a\0b")][..], 422),
            ("/admin/outbox/burn", &[("channel", "rabbitmq")], 404),
            ("/admin/outbox/retry", &[("channel", "rabbitmq"), ("organization", "other")], 409),
        ] {
            let refused = ada.post(&form_of(&page, path, fields)).await.expect(status);
            assert!(!problem(&refused).is_empty());
        }
    }

    async fn why_nothing_is_delivered_is_said(app: MailApp) {
        let mut ada = ada(&app).await;
        let page = ada.open("/admin/outbox").await.expect(200);
        assert!(page.text.contains("<h2>email</h2>") && page.text.contains(">empty<"), "{}", page.text);
    }
}
