//! `POST /job-scripts`

use jobbergate_api::permission::Permission;
use serde_json::json;

use crate::on_both;

on_both! {
    async fn a_name_is_enough_even_an_empty_one(app: TestApp) {
        let alice = app.user("alice").await;
        for (number, name) in [(1, "s1"), (2, "")] {
            let script = alice.post("/job-scripts", json!({"name": name})).await.created();
            let expected = json!({
                "id": number,
                "name": name,
                "owner_email": "alice@example.com",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "is_archived": false,
                "description": "",
                "parent_template_id": null,
                "cloned_from_id": null,
            });
            assert_eq!(script, expected);
        }
    }

    async fn the_description_is_text_or_empty(app: TestApp) {
        let alice = app.user("alice").await;
        for (given, kept) in [(json!("é ☃"), "é ☃"), (json!(null), ""), (json!(""), "")] {
            let body = json!({"name": "s", "description": given});
            assert_eq!(alice.post("/job-scripts", body).await.created()["description"], kept);
        }
        for body in [json!({"name": ["x"]}), json!({"name": "x".repeat(256)}), json!([]), json!("x")] {
            alice.post("/job-scripts", body).await.expect(422);
        }
    }

    async fn the_owner_is_the_address_in_the_token_in_its_usual_form(app: TestApp) {
        for (claim, owner) in [("TESTER@LAB.CO", "TESTER@lab.co"), ("Bob <bob@lab.co>", "bob@lab.co")] {
            let actor = app.somebody(claim, None, &[Permission::JobScriptsCreate]).await;
            let script = actor.post("/job-scripts", json!({"name": "s"})).await.created();
            assert_eq!(script["owner_email"], owner);
        }
    }

    async fn a_token_without_an_address_is_not_enough(app: TestApp) {
        let nameless = app.without_email(Permission::JobScriptsCreate).await;
        let refused = nameless.post("/job-scripts", json!({"name": "s"})).await.expect(400);
        assert_eq!(refused.detail(), "The token payload does not contain an email");
    }
}
