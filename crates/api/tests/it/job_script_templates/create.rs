//! `POST /job-script-templates`

use serde_json::json;

use crate::on_both;

const TEMPLATES: &str = "/job-script-templates";

on_both! {
    async fn a_name_is_enough(app: TestApp) {
        let alice = app.user("alice").await;
        let template = alice.post(TEMPLATES, json!({"name": "t1"})).await.created();
        let expected = json!({
            "id": 1,
            "name": "t1",
            "owner_email": "alice@example.com",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
            "is_archived": false,
            "description": "",
            "identifier": null,
            "cloned_from_id": null,
            "template_vars": {},
        });
        assert_eq!(template, expected);
    }

    async fn what_is_given_is_kept(app: TestApp) {
        let alice = app.user("alice").await;
        let given = json!({
            "name": "t",
            "identifier": "solver",
            "description": "für alle ☃",
            "template_vars": {"a": 1, "b": {"c": [1, 2.5, null, "é"]}, "": true},
        });
        let created = alice.post(TEMPLATES, given.clone()).await.created();
        let stored = alice.get("/job-script-templates/solver").await.ok();
        for field in ["name", "identifier", "description", "template_vars"] {
            assert_eq!(created[field], given[field]);
            assert_eq!(stored[field], given[field]);
        }
    }

    async fn nobody_chooses_the_owner_or_the_number(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": "t", "owner_email": "z@z.co", "id": 77, "nope": 1});
        let created = alice.post(TEMPLATES, body).await.created();
        assert_eq!(created["owner_email"], "alice@example.com");
        assert_eq!(created["id"], 1);
    }

    async fn null_and_empty_have_their_own_meaning(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": "t", "identifier": "", "description": null, "template_vars": null});
        let created = alice.post(TEMPLATES, body).await.created();
        assert_eq!(created["identifier"], json!(null));
        assert_eq!(created["description"], "");
        assert_eq!(created["template_vars"], json!(null));
        assert_eq!(alice.get("/job-script-templates/1").await.ok()["template_vars"], json!(null));
        // Any number of templates has no identifier.
        alice.post(TEMPLATES, json!({"name": "u", "identifier": null})).await.created();
    }

    async fn an_identifier_belongs_to_one_template(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let body = json!({"name": "t", "identifier": "solver"});
        alice.post(TEMPLATES, body.clone()).await.created();
        let refused = bob.post(TEMPLATES, body).await.expect(409);
        let words = "Job script template with the identifier=solver already exists";
        assert_eq!(refused.detail(), words);
        bob.post(TEMPLATES, json!({"name": "t", "identifier": "SOLVER"})).await.created();
    }

    async fn an_identifier_cannot_be_mistaken_for_a_number(app: TestApp) {
        let alice = app.user("alice").await;
        for identifier in ["123", "   ", "²", "١"] {
            let body = json!({"name": "t", "identifier": identifier});
            let refused = alice.post(TEMPLATES, body).await.expect(422);
            let words = format!(
                "Identifier on job_script_templates can not be a empty string nor be composed \
                 only by digits. Got {identifier}"
            );
            assert_eq!(refused.detail(), words);
        }
    }

    async fn a_name_has_1_to_255_characters(app: TestApp) {
        let alice = app.user("alice").await;
        for name in ["x".repeat(255), "é".repeat(255), "x".to_owned()] {
            assert_eq!(alice.post(TEMPLATES, json!({"name": name})).await.created()["name"], name);
        }
        let long = "x".repeat(256);
        for (name, kind, words) in [
            (json!(""), "value_error", "Value error, Cannot be an empty string"),
            (json!(long), "string_too_long", "String should have at most 255 characters"),
            (json!(null), "string_type", "Input should be a valid string"),
            (json!(5), "string_type", "Input should be a valid string"),
        ] {
            let body = alice.post(TEMPLATES, json!({"name": name})).await.expect(422).json();
            let problem = &body["detail"][0];
            assert_eq!((&problem["type"], &problem["msg"]), (&json!(kind), &json!(words)));
            assert_eq!(problem["loc"], json!(["body", "name"]));
            assert_eq!(problem["input"], name);
        }
    }

    async fn variables_are_an_object_with_short_names(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": "n", "template_vars": [1]});
        let refused = alice.post(TEMPLATES, body).await.expect(422).json();
        assert_eq!(refused["detail"][0]["type"], "dict_type");
        let long = "k".repeat(256);
        let body = json!({"name": "n", "template_vars": {&long: 1}});
        let refused = alice.post(TEMPLATES, body).await.expect(422).json();
        let place = json!(["body", "template_vars", long, "[key]"]);
        assert_eq!(refused["detail"][0]["loc"], place);
    }

    async fn settings_of_a_workflow_take_a_mebibyte_at_most_and_variables_more(app: TestApp) {
        let alice = app.user("alice").await;
        let larger = json!({"a": "x".repeat(1 << 20)});
        let body = json!({"name": "t", "template_vars": larger});
        alice.post(TEMPLATES, body.clone()).await.created();
        assert_eq!(alice.put("/job-script-templates/1", body).await.ok()["template_vars"], larger);
        let clone = alice.post("/job-script-templates/clone/1", json!(null)).await.created();
        assert_eq!(clone["template_vars"], larger);
        let settings = larger;
        let path = "/job-script-templates/1/upload-by-url/workflow?file_url=http://localhost:1/a.py";
        let refused = alice.put(path, settings).await.expect(413).detail();
        assert_eq!(refused, "runtime_config exceeds 1048576 bytes as JSON");
    }
}
