//! `PUT /job-script-templates/{id_or_identifier}`

use chrono::TimeDelta;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn only_what_is_mentioned_changes(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("solver", &[]).await;
        app.clock.advance(TimeDelta::microseconds(1_500_000));
        let changed = alice.put("/job-script-templates/solver", json!({"name": "new"})).await.ok();
        let expected = json!({
            "id": 1,
            "name": "new",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:01.500000Z",
            "is_archived": false,
            "description": "",
            "identifier": "solver",
            "cloned_from_id": null,
            "template_vars": {},
        });
        assert_eq!(changed, expected);
        let unchanged = alice.put("/job-script-templates/1", json!({"nope": 1})).await.ok();
        assert_eq!(unchanged["name"], "new");
    }

    async fn null_is_stored_where_there_may_be_none(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("solver", &[]).await;
        let nulls = json!({"description": null, "template_vars": null, "identifier": null});
        let changed = alice.put("/job-script-templates/1", nulls.clone()).await.ok();
        for field in ["description", "template_vars", "identifier"] {
            assert_eq!(changed[field], json!(null), "{field}");
        }
        for field in ["name", "is_archived"] {
            let body = json!({field: null});
            let refused = alice.put("/job-script-templates/1", body).await.expect(422).json();
            assert_eq!(refused["detail"][0]["loc"], json!(["body", field]));
        }
        alice.put("/job-script-templates/1", json!({"name": ""})).await.expect(422);
    }

    async fn the_identifier_can_be_given_up_but_not_taken(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("a", &[]).await;
        alice.has_template("b", &[]).await;
        let refused = alice.put("/job-script-templates/a", json!({"identifier": "b"})).await;
        let words = "Job script template with the identifier=b already exists";
        assert_eq!(refused.expect(409).detail(), words);
        let refused = alice.put("/job-script-templates/a", json!({"identifier": "42"})).await;
        assert!(refused.expect(422).detail().ends_with("Got 42"));
        let renamed = alice.put("/job-script-templates/b", json!({"identifier": "c"})).await.ok();
        assert_eq!(renamed["identifier"], "c");
        let freed = alice.put("/job-script-templates/c", json!({"identifier": ""})).await.ok();
        assert_eq!(freed["identifier"], json!(null));
        alice.put("/job-script-templates/a", json!({"identifier": "b"})).await.ok();
    }

    async fn others_may_not_but_maintainers_may(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_template("solver", &[]).await;
        let refused = bob.put("/job-script-templates/1", json!({"name": "no"})).await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        assert_eq!(refused.header("www-authenticate"), None);
        let maintainer = app.maintainer().await;
        let changed = maintainer.put("/job-script-templates/1", json!({"name": "ok"})).await.ok();
        assert_eq!((&changed["name"], &changed["owner_email"]), (&json!("ok"), &json!("alice@example.com")));
        bob.put("/job-script-templates/99", json!({"name": "no"})).await.expect(404);
    }
}
