//! `/job-script-templates/{id_or_identifier}/upload/template/…`

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::{
    on_both,
    support::{in_url, raw},
};

const SUPPORT: &str = "/job-script-templates/t/upload/template/SUPPORT";
const FILES: &str = "/job-script-templates/t/upload/template";
const LIMIT: usize = 5 * 1024 * 1024;

on_both! {
    async fn a_file_is_uploaded_replaced_and_downloaded(app: TestApp) {
        let alice = app.user("alice").await;
        let id = alice.has_template("t", &[]).await;
        let first = alice.upload(SUPPORT, "a.txt", "one").await.ok();
        let expected = json!({
            "parent_id": id,
            "filename": "a.txt",
            "file_type": "SUPPORT",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        });
        assert_eq!(first, expected);
        app.clock.advance(TimeDelta::seconds(1));
        let path = format!("{FILES}/ENTRYPOINT?filename=a.txt");
        let second = alice.upload(&path, "whatever", "two").await.ok();
        assert_eq!(second["created_at"], "2026-01-01T00:00:00Z");
        assert_eq!(second["updated_at"], "2026-01-01T00:00:01Z");
        assert_eq!(second["file_type"], "ENTRYPOINT");
        let answer = app.user("bob").await.get(&format!("{FILES}/a.txt")).await.expect(200);
        assert_eq!(answer.text, "two");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        assert_eq!(answer.header("filename"), Some("a.txt"));
    }

    async fn a_template_may_have_several_entrypoints(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("one.sh", "1")]).await;
        alice.upload(&format!("{FILES}/ENTRYPOINT"), "two.sh", "2").await.ok();
        for (kind, status) in [("NOPE", 422), ("support", 422)] {
            alice.upload(&format!("{FILES}/{kind}"), "a", "x").await.expect(status);
        }
    }

    async fn any_name_can_be_downloaded_again(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let long = "g".repeat(300) + ".txt";
        let names = [
            "dir/sub.txt", "../../evil.txt", "/etc/passwd", "a//b", "naïve.txt", "☃ 雪.txt", "~x",
            "%41.txt", "a b+c&d=e?.txt", "trailing/", ".", "..", "CON", "a\\b", &long,
        ];
        for name in names {
            let path = match name.len() {
                ..=255 => format!("{SUPPORT}?filename={}", in_url(name)),
                _ => SUPPORT.to_owned(),
            };
            assert_eq!(alice.upload(&path, name, name.to_owned()).await.ok()["filename"], name);
        }
        for name in names {
            let target = format!("/jobbergate{FILES}/{}", in_url(name));
            let answer = raw(&app, "GET", &target, alice.token()).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{name}: {answer}");
            assert!(answer.ends_with(&format!("\r\n\r\n{name}")), "{name}: {answer}");
        }
        let stored = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(stored["template_files"].as_array().unwrap().len(), names.len());
        alice.delete("/job-script-templates/t").await.expect(204);
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), Vec::<String>::new());
        }
    }

    async fn names_that_nobody_could_ask_for_are_refused(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let long = "f".repeat(256);
        for name in ["a%0Ab.txt", "a%00b.txt", long.as_str()] {
            alice.upload(&format!("{SUPPORT}?filename={name}"), "a", "x").await.expect(422);
        }
        let refused = alice.upload(SUPPORT, &"n".repeat(901), "x").await.expect(422).detail();
        assert_eq!(refused, "File names cannot exceed 900 bytes, got 901");
        assert_eq!(alice.upload(SUPPORT, "", "x").await.status, 400);
        let view = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(view["template_files"], json!([]));
    }

    async fn a_file_is_renamed_with_or_without_new_content(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        alice.upload(SUPPORT, "old.txt", "content").await.ok();
        let rename = format!("{SUPPORT}?filename=new.txt&previous_filename=old.txt");
        alice.put(&rename, json!(null)).await.ok();
        assert_eq!(alice.get(&format!("{FILES}/new.txt")).await.expect(200).text, "content");
        alice.get(&format!("{FILES}/old.txt")).await.expect(404);
        let missing = alice.put(&rename, json!(null)).await.expect(404);
        let words = "job_script_template_files row not found by parent_id=1, filename='old.txt'";
        assert_eq!(missing.detail(), words);
        let replace = format!("{SUPPORT}?filename=last.txt&previous_filename=new.txt");
        alice.upload(&replace, "x", "other").await.ok();
        assert_eq!(alice.get(&format!("{FILES}/last.txt")).await.expect(200).text, "other");
        let same = format!("{SUPPORT}?filename=last.txt&previous_filename=last.txt");
        let itself = format!("{SUPPORT}?previous_filename=last.txt");
        for path in [same, itself] {
            let refused = alice.put(&path, json!(null)).await.expect(400).detail();
            assert_eq!(refused, "Either a file or a previous filename must be provided");
        }
        assert_eq!(alice.get(&format!("{FILES}/last.txt")).await.expect(200).text, "other");
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), ["job_script_template_files/1/last.txt"]);
        }
    }

    async fn a_file_may_be_empty_or_as_large_as_the_limit(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        alice.upload(SUPPORT, "empty.txt", "").await.ok();
        assert_eq!(alice.get(&format!("{FILES}/empty.txt")).await.expect(200).text, "");
        alice.upload(SUPPORT, "max.txt", vec![b'x'; LIMIT]).await.ok();
        assert_eq!(alice.get(&format!("{FILES}/max.txt")).await.expect(200).text.len(), LIMIT);
        let refused = alice.upload(SUPPORT, "over.txt", vec![b'x'; LIMIT + 1]).await.expect(413);
        let words = "Uploaded files cannot exceed 5242880 bytes, got 5242881 bytes";
        assert_eq!(refused.detail(), words);
        alice.get(&format!("{FILES}/over.txt")).await.expect(404);
    }

    async fn a_form_without_a_file_is_explained(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let words = "Either a file or a previous filename must be provided";
        let none = alice.put(&format!("{SUPPORT}?filename=a"), json!({"a": 1})).await.expect(400);
        assert_eq!(none.detail(), words);
        let text = reqwest::multipart::Form::new().text("upload_file", "abc");
        let request = alice.request(Method::PUT, SUPPORT).multipart(text);
        let problem = &alice.send(request).await.expect(422).json()["detail"][0];
        assert_eq!(problem["msg"], "Value error, Expected UploadFile, received: <class 'str'>");
        for (content_type, words) in [
            ("multipart/form-data; boundary=XbX", "There was an error parsing the body"),
            ("multipart/form-data", "Missing boundary in multipart."),
        ] {
            let request = alice.request(Method::PUT, SUPPORT);
            let request = request.header("content-type", content_type).body("garbage");
            let refused = alice.send(request).await.expect(400).detail();
            assert_eq!(refused, words);
        }
    }

    async fn what_old_browsers_call_a_file_is_understood(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        for (sent, filename) in [
            (b"name=\"upload_file\"; filename=\"C:\\dir\\a.sh\"".as_slice(), "a.sh"),
            (b"name=\"upload_file\"; filename=\"caf\xe9.sh\"", "caf\u{e9}.sh"),
            (b"name=\"upload_file\"; filename=\"caf\xc3\xa9.sh\"", "caf\u{e9}.sh"),
        ] {
            let head = b"--XbX\r\nContent-Disposition: form-data; ".as_slice();
            let body = [head, sent, b"\r\n\r\nhi\r\n--XbX--\r\n"].concat();
            let request = alice.request(Method::PUT, SUPPORT).body(body);
            let request = request.header("content-type", "multipart/form-data; boundary=XbX");
            assert_eq!(alice.send(request).await.ok()["filename"], filename);
        }
        let body = "--XbX\r\nContent-Disposition: form-data; filename=a\r\n\r\nhi\r\n--XbX--\r\n";
        let request = alice.request(Method::PUT, SUPPORT).body(body);
        let request = request.header("content-type", "multipart/form-data; boundary=XbX");
        let words = "The Content-Disposition header field \"name\" must be provided.";
        assert_eq!(alice.send(request).await.expect(400).detail(), words);
    }

    async fn a_file_is_deleted_once(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("d/a.txt", "x")]).await;
        let path = format!("{FILES}/d/a.txt");
        assert_eq!(app.user("bob").await.delete(&path).await.status, 403);
        assert_eq!(alice.delete(&path).await.expect(200).text, "null");
        let words = "job_script_template_files row not found by parent_id=1, filename='d/a.txt'";
        assert_eq!(alice.delete(&path).await.expect(404).detail(), words);
        assert_eq!(alice.get(&path).await.expect(404).detail(), words);
    }

    async fn only_the_owner_and_maintainers_write(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.has_template("t", &[]).await;
        let refused = bob.upload(SUPPORT, "a", "x").await.expect(403);
        assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        app.maintainer().await.upload(SUPPORT, "a", "x").await.ok();
        let nowhere = "/job-script-templates/9999/upload/template/SUPPORT";
        alice.upload(nowhere, "a", "x").await.expect(404);
    }
}
