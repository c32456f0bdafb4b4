//! `GET /job-script-templates`

use serde_json::{Value, json};

use crate::{on_both, support::Actor};

/// What a list of templates has in `field`.
async fn listed(actor: &Actor, query: &str, field: &str) -> Vec<Value> {
    let page = actor.get(&format!("/job-script-templates?{query}")).await.ok();
    page["items"].as_array().unwrap().iter().map(|item| item[field].clone()).collect()
}

on_both! {
    async fn templates_without_an_identifier_are_left_out_unless_asked_for(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("solver", &[]).await;
        alice.post("/job-script-templates", json!({"name": "draft"})).await.created();
        let page = alice.get("/job-script-templates").await.ok();
        let expected = json!({
            "items": [{
                "id": 1,
                "name": "solver",
                "owner_email": "alice@example.com",
                "created_at": "2026-01-01T00:00:00Z",
                "updated_at": "2026-01-01T00:00:00Z",
                "is_archived": false,
                "description": "",
                "identifier": "solver",
                "cloned_from_id": null,
            }],
            "total": 1,
            "page": 1,
            "size": 50,
            "pages": 1,
        });
        assert_eq!(page, expected);
        let all = listed(&alice, "include_null_identifier=true", "name").await;
        assert_eq!(all, ["solver", "draft"]);
    }

    async fn what_is_archived_is_hidden_unless_asked_for(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("a", &[]).await;
        alice.has_template("b", &[]).await;
        alice.put("/job-script-templates/a", json!({"is_archived": true})).await.ok();
        assert_eq!(listed(&alice, "", "name").await, ["b"]);
        assert_eq!(listed(&alice, "include_archived=1", "name").await, ["a", "b"]);
    }

    async fn everybody_sees_all_and_may_ask_for_their_own(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_template("a", &[]).await;
        bob.has_template("b", &[]).await;
        assert_eq!(listed(&bob, "", "name").await, ["a", "b"]);
        assert_eq!(listed(&bob, "user_only=true", "name").await, ["b"]);
    }

    async fn a_search_looks_into_name_description_owner_and_identifier(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        for (actor, name, description, identifier) in [
            (&alice, "Laplace", "heat", "l1"),
            (&alice, "n2", "Waves", "l2"),
            (&bob, "n3", "", "needle"),
        ] {
            let body = json!({"name": name, "description": description, "identifier": identifier});
            actor.post("/job-script-templates", body).await.created();
        }
        for (search, found) in [
            ("laPLACE", vec!["l1"]),
            ("waves", vec!["l2"]),
            ("need", vec!["needle"]),
            ("bob@example", vec!["needle"]),
            ("heat%20waves", vec!["l1", "l2"]),
            ("h__t", vec!["l1"]),
            ("absent", vec![]),
            ("%20", vec![]),
            ("%5C", vec![]),
        ] {
            let identifiers = listed(&alice, &format!("search={search}"), "identifier").await;
            assert_eq!(identifiers, found, "{search}");
        }
    }

    async fn they_are_sorted_as_asked(app: TestApp) {
        let alice = app.user("alice").await;
        for name in ["b", "c", "a"] {
            alice.has_template(name, &[]).await;
        }
        assert_eq!(listed(&alice, "", "name").await, ["b", "c", "a"]);
        assert_eq!(listed(&alice, "sort_field=name", "name").await, ["a", "b", "c"]);
        let down = listed(&alice, "sort_field=name&sort_ascending=false", "name").await;
        assert_eq!(down, ["c", "b", "a"]);
        for field in ["template_vars", "description", "is_archived", "cloned_from_id"] {
            let path = format!("/job-script-templates?sort_field={field}");
            let refused = alice.get(&path).await.expect(400).detail();
            let words = "Must be one of id, name, owner_email, created_at, updated_at, identifier";
            let sentence = format!("Invalid sorting column requested: {field}. {words}");
            assert_eq!(refused, sentence);
        }
    }
}
