//! `POST /job-script-templates/clone/{id_or_identifier}`

use chrono::TimeDelta;
use jobbergate_api::permission::Permission;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both;

on_both! {
    async fn a_clone_has_another_owner_and_its_own_files(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let body = json!({
            "name": "t", "identifier": "t", "description": "d", "template_vars": {"a": [1, null]},
        });
        alice.post("/job-script-templates", body).await.created();
        let files = "/job-script-templates/1/upload/template";
        alice.upload(&format!("{files}/ENTRYPOINT"), "run.sh.j2", "echo {{ a }}").await.ok();
        alice.upload(&format!("{files}/SUPPORT?filename=d%2Fx.txt"), "x", "x").await.ok();
        alice.has_workflow(1, "x = 1", r#"{"k": [2.5]}"#).await.ok();
        app.clock.advance(TimeDelta::seconds(1));
        let request = bob.request(Method::POST, "/job-script-templates/clone/t");
        let clone = bob.send(request).await.created();
        let now = "2026-01-01T00:00:01Z";
        let file = |name: &str, kind: &str| json!({
            "parent_id": 2, "filename": name, "file_type": kind, "created_at": now,
            "updated_at": now,
        });
        let expected = json!({
            "id": 2,
            "name": "t",
            "owner_email": "bob@example.com",
            "created_at": now,
            "updated_at": now,
            "is_archived": false,
            "description": "d",
            "identifier": null,
            "cloned_from_id": 1,
            "template_vars": {"a": [1, null]},
            "template_files": [file("d/x.txt", "SUPPORT"), file("run.sh.j2", "ENTRYPOINT")],
            "workflow_files": [{
                "parent_id": 2, "filename": "jobbergate.py", "runtime_config": {"k": [2.5]},
                "created_at": now, "updated_at": now,
            }],
        });
        assert_eq!(clone, expected);
        assert_eq!(bob.get("/job-script-templates/2").await.ok(), expected);
        alice.delete("/job-script-templates/1").await.expect(204);
        for (path, content) in [
            ("template/d/x.txt", "x"),
            ("template/run.sh.j2", "echo {{ a }}"),
            ("workflow", "x = 1"),
        ] {
            let path = format!("/job-script-templates/2/upload/{path}");
            assert_eq!(bob.get(&path).await.expect(200).text, content);
        }
        // The original's number is gone from the clone, not the clone with it.
        assert_eq!(bob.get("/job-script-templates/2").await.ok()["cloned_from_id"], json!(null));
    }

    async fn what_is_mentioned_differs(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": "t", "description": "d", "template_vars": {"a": 1}});
        alice.post("/job-script-templates", body).await.created();
        let clone = async |body: Value| alice.post("/job-script-templates/clone/1", body).await;
        let named = json!({
            "name": "other", "identifier": "ident", "description": "new", "template_vars": {"z": 1},
        });
        let made = clone(named.clone()).await.created();
        for (field, value) in named.as_object().unwrap() {
            assert_eq!(&made[field], value, "{field}");
        }
        // As with scripts, null means the original's.
        for body in [
            json!(null),
            json!({}),
            json!({"name": null, "description": null, "template_vars": null, "identifier": null}),
            json!({"identifier": ""}),
        ] {
            let made = clone(body).await.created();
            assert_eq!((&made["name"], &made["description"]), (&json!("t"), &json!("d")));
            assert_eq!((&made["template_vars"], &made["identifier"]), (&json!({"a": 1}), &json!(null)));
        }
        assert_eq!(clone(json!({"description": ""})).await.created()["description"], "");
        assert_eq!(clone(json!({"template_vars": {}})).await.created()["template_vars"], json!({}));
    }

    async fn what_a_template_cannot_have_a_clone_cannot(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a", "x")]).await;
        let clone = async |body: Value| alice.post("/job-script-templates/clone/1", body).await;
        let taken = clone(json!({"identifier": "t"})).await.expect(409).detail();
        assert_eq!(taken, "Job script template with the identifier=t already exists");
        for body in [
            json!({"name": ""}),
            json!({"name": "n".repeat(256)}),
            json!({"name": "\0"}),
            json!({"identifier": "42"}),
            json!({"template_vars": [1]}),
            json!({"template_vars": {"\0": 1}}),
            json!([]),
        ] {
            clone(body).await.expect(422);
        }
        let nobody = alice.post("/job-script-templates/clone/9999", json!({})).await.expect(404);
        assert_eq!(nobody.detail(), "job_script_templates entry was not found by locator=9999");
        let nobody = alice.post("/job-script-templates/clone/99999999999", json!({})).await;
        nobody.expect(404);
        assert_eq!(alice.get("/job-script-templates?include_null_identifier=true").await.ok()["total"], 1);
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), ["job_script_template_files/1/a"]);
        }
        app.without_email(Permission::JobTemplatesCreate).await
            .post("/job-script-templates/clone/1", json!({})).await.expect(400);
    }

    async fn an_identifier_is_given_to_one_of_many_clones_at_once(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a", "x"), ("b", "y")]).await;
        let body = json!({"identifier": "only"});
        let clones = (0..5).map(|_| alice.post("/job-script-templates/clone/t", body.clone()));
        let answers = futures::future::join_all(clones).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409]);
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap().len(), 4);
        }
    }
}
