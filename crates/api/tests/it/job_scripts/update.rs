//! `PUT /job-scripts/{id}`

use chrono::TimeDelta;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn only_what_is_mentioned_changes(app: TestApp) {
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s", "description": "d"})).await.created();
        app.clock.advance(TimeDelta::microseconds(1));
        let changed = alice.put("/job-scripts/1", json!({"name": ""})).await.ok();
        let expected = json!({
            "id": 1,
            "name": "",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00.000001Z",
            "is_archived": false,
            "description": "d",
            "parent_template_id": null,
            "cloned_from_id": null,
            "template": null,
        });
        assert_eq!(changed, expected);
        assert_eq!(alice.put("/job-scripts/1", json!({})).await.ok()["description"], "d");
    }

    async fn null_is_stored_where_there_may_be_none(app: TestApp) {
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s", "description": "d"})).await.created();
        let changed = alice.put("/job-scripts/1", json!({"description": null})).await.ok();
        assert_eq!(changed["description"], json!(null));
        for field in ["name", "is_archived"] {
            let refused = alice.put("/job-scripts/1", json!({field: null})).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["body", field]));
        }
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        let refused = bob.put("/job-scripts/1", json!({"name": "no"})).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        let archived = json!({"is_archived": true});
        assert_eq!(app.maintainer().await.put("/job-scripts/1", archived).await.ok()["is_archived"], true);
        bob.put("/job-scripts/9999", json!({"name": "no"})).await.expect(404);
    }
}
