//! `/job-script-templates/{id_or_identifier}/upload/workflow` and `…/upload-by-url/workflow`

use chrono::TimeDelta;
use reqwest::{Method, multipart};
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Answer, Remote},
};

const WORKFLOW: &str = "/job-script-templates/t/upload/workflow";
const BY_URL: &str = "/job-script-templates/t/upload-by-url/workflow";

async fn put(actor: &Actor, content: &str, settings: Option<&str>) -> Answer {
    let file = multipart::Part::bytes(content.as_bytes().to_vec()).file_name("anything.txt");
    let mut form = multipart::Form::new().part("upload_file", file);
    if let Some(settings) = settings {
        form = form.text("runtime_config", settings.to_owned());
    }
    actor.send(actor.request(Method::PUT, WORKFLOW).multipart(form)).await
}

on_both! {
    async fn a_workflow_is_uploaded_replaced_read_and_deleted(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let missing = "workflow_files row not found by parent_id=1, filename='jobbergate.py'";
        assert_eq!(alice.get(WORKFLOW).await.expect(404).detail(), missing);
        let first = put(&alice, "x = 1", Some(r#"{"a": {"b": [1, null]}}"#)).await.ok();
        let expected = json!({
            "parent_id": 1,
            "filename": "jobbergate.py",
            "runtime_config": {"a": {"b": [1, null]}},
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        });
        assert_eq!(first, expected);
        app.clock.advance(TimeDelta::seconds(1));
        let second = put(&alice, "x = 2", None).await.ok();
        assert_eq!(second["runtime_config"], expected["runtime_config"]);
        assert_eq!(second["created_at"], "2026-01-01T00:00:00Z");
        assert_eq!(second["updated_at"], "2026-01-01T00:00:01Z");
        let listed = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(listed["workflow_files"], json!([second]));
        assert_eq!(listed["template_files"], json!([]));
        let found = app.user("bob").await.get(WORKFLOW).await.expect(200);
        assert_eq!(found.text, "x = 2");
        assert_eq!(found.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(found.header("filename"), Some("jobbergate.py"));
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), ["workflow_files/1/jobbergate.py"]);
        }
        assert_eq!(put(&alice, "x = 3", Some("{}")).await.ok()["runtime_config"], json!({}));
        assert_eq!(alice.delete(WORKFLOW).await.expect(200).text, "null");
        assert_eq!(alice.delete(WORKFLOW).await.expect(404).detail(), missing);
        let listed = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(listed["workflow_files"], json!([]));
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), Vec::<String>::new());
        }
    }

    async fn the_first_upload_brings_settings(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let words = "Runtime configuration is required when the workflow file does not exist";
        for none in [None, Some(""), Some("null")] {
            assert_eq!(put(&alice, "x = 1", none).await.expect(400).detail(), words);
        }
        // As curl sends `--form runtime_config=@settings.json`.
        let form = multipart::Form::new()
            .part("runtime_config", multipart::Part::text(r#"{"a": 1}"#).file_name("settings.json"))
            .part("upload_file", multipart::Part::text("x = 1").file_name("w.py"));
        let request = alice.request(Method::PUT, WORKFLOW).multipart(form);
        assert_eq!(alice.send(request).await.ok()["runtime_config"], json!({"a": 1}));
    }

    async fn what_is_wrong_with_a_form_is_told_at_once(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        for (settings, kind, msg) in [
            (
                "{bad",
                "value_error",
                "Value error, Expecting property name enclosed in double quotes: line 1 column 2 \
                 (char 1)",
            ),
            ("[]", "model_attributes_type", "Input should be a valid dictionary or object to extract fields from"),
            ("1", "model_attributes_type", "Input should be a valid dictionary or object to extract fields from"),
            ("{} x", "value_error", "Value error, Extra data: line 1 column 4 (char 3)"),
            ("nope", "value_error", "Value error, Expecting value: line 1 column 1 (char 0)"),
        ] {
            let problem = put(&alice, "x", Some(settings)).await.expect(422).json()["detail"][0].clone();
            assert_eq!(problem["loc"], json!(["body", "runtime_config"]));
            assert_eq!(problem["type"], kind, "{settings}");
            if kind == "model_attributes_type" || settings == "{bad" {
                assert_eq!(problem["msg"], msg);
            }
        }
        let deep = "[".repeat(100_000);
        for refused in [r#"{"a": "\u0000"}"#, r#"{"\u0000": 1}"#, r#"{"a": NaN}"#, r#"{"a": "\ud800"}"#, &deep] {
            put(&alice, "x", Some(refused)).await.expect(422);
        }
        let form = multipart::Form::new().text("runtime_config", "[1]");
        let request = alice.request(Method::PUT, WORKFLOW).multipart(form);
        let problems = alice.send(request).await.expect(422).json();
        let expected = json!([
            {"type": "missing", "loc": ["body", "upload_file"], "msg": "Field required", "input": null},
            {
                "type": "model_attributes_type",
                "loc": ["body", "runtime_config"],
                "msg": "Input should be a valid dictionary or object to extract fields from",
                "input": [1],
            },
        ]);
        assert_eq!(problems["detail"], expected);
        alice.put(WORKFLOW, json!({})).await.expect(422);
        alice.get(WORKFLOW).await.expect(404);
    }

    async fn a_workflow_is_python_of_limited_size(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let refused = put(&alice, "def (", Some("{}")).await.expect(400).detail();
        let words = "File jobbergate.py did not pass the syntax check for its extension";
        assert!(refused.starts_with(words), "{refused}");
        let large = "#".repeat(5 * 1024 * 1024 + 1);
        let refused = put(&alice, &large, Some("{}")).await.expect(413).detail();
        assert_eq!(refused, "Uploaded files cannot exceed 5242880 bytes, got 5242881 bytes");
        let listed = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(listed["workflow_files"], json!([]));
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), Vec::<String>::new());
        }
    }

    async fn only_the_owner_and_maintainers_write(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_template("t", &[]).await;
        put(&alice, "x = 1", Some("{}")).await.ok();
        let words = "Mismatch on attribute(s): owner_email";
        assert_eq!(put(&bob, "x = 2", None).await.expect(403).detail(), words);
        assert_eq!(bob.delete(WORKFLOW).await.expect(403).detail(), words);
        assert_eq!(bob.get(WORKFLOW).await.expect(200).text, "x = 1");
        put(&app.maintainer().await, "x = 2", None).await.ok();
        let nowhere = "/job-script-templates/9999/upload/workflow";
        let words = "job_script_templates entry was not found by locator=9999";
        assert_eq!(alice.get(nowhere).await.expect(404).detail(), words);
        assert_eq!(alice.delete(nowhere).await.expect(404).detail(), words);
    }

    async fn a_workflow_is_fetched_by_url(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_template("t", &[]).await;
        let put = async |path: &str, settings: Value| {
            alice.put(&format!("{BY_URL}?{}", remote.query(path)), settings).await
        };
        let words = "Runtime configuration is required when the workflow file does not exist";
        assert_eq!(put("/jobbergate.py", Value::Null).await.expect(400).detail(), words);
        let made = put("/jobbergate.py", json!({"b": 2, "c": {"d": []}})).await.ok();
        assert_eq!(made["runtime_config"], json!({"b": 2, "c": {"d": []}}));
        // Whatever it is called there.
        let again = put("/other-name.sh", Value::Null).await.expect(400).detail();
        assert!(again.starts_with("File jobbergate.py did not pass the syntax check"), "{again}");
        let path = format!("{BY_URL}?{}", remote.query("/jobbergate.py"));
        let again = alice.send(alice.request(Method::PUT, &path)).await.ok();
        assert_eq!(again["runtime_config"], json!({"b": 2, "c": {"d": []}}));
        assert_eq!(alice.get(WORKFLOW).await.expect(200).text, "x = 1\n");
        let problem = put("/jobbergate.py", json!([1])).await.expect(422).json()["detail"][0].clone();
        let expected = json!({
            "type": "model_attributes_type",
            "loc": ["body"],
            "msg": "Input should be a valid dictionary or object to extract fields from",
            "input": [1],
        });
        assert_eq!(problem, expected);
        put("/endless", json!({})).await.expect(413);
        put("/bad.py", json!({})).await.expect(400);
        assert_eq!(alice.get(WORKFLOW).await.expect(200).text, "x = 1\n");
    }

    async fn it_goes_with_its_template(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a", "x")]).await;
        put(&alice, "x = 1", Some("{}")).await.ok();
        alice.delete("/job-script-templates/t").await.expect(204);
        let storage = app.app.tenants.default_tenant().storage;
        assert!(storage.get("workflow_files", 1, "jobbergate.py").await.unwrap().is_none());
    }
}
