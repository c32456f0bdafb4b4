//! Files when things go wrong: a row always has content, and content always has a row.

use std::time::Duration;

use futures::future::{join, join4};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    on_both,
    support::{Actor, TestApp, in_url},
};

const TABLE: &str = "job_script_template_files";

/// That each of these names has a row with content, or neither.
async fn assert_whole(app: &TestApp, actor: &Actor, template: i64, names: &[&str]) {
    let view = actor.get(&format!("/job-script-templates/{template}")).await.ok();
    let rows: Vec<_> = view["template_files"].as_array().unwrap().clone();
    for name in names {
        let row = rows.iter().any(|row| row["filename"] == *name);
        let stored = app.stored(TABLE, template, name).await;
        assert_eq!(row, stored.is_some(), "{name} has a row: {row}");
    }
}

/// Sends a request with a body that does not end until the server answers; the answer, and how
/// much of the body it took.
async fn send_endless(app: &TestApp, actor: &Actor, framing: &str, start: &str) -> (String, usize) {
    let (host, token) = (app.address, actor.token().unwrap());
    let head = format!(
        "PUT /jobbergate/job-script-templates/t/upload/template/SUPPORT HTTP/1.1\r\n\
         Host: {host}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: multipart/form-data; boundary=XbX\r\n{framing}\r\n\r\n"
    );
    let chunked = framing.contains("chunked");
    let framed = |data: &[u8]| match chunked {
        true => [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat(),
        false => data.to_vec(),
    };
    let (mut reader, mut writer) = TcpStream::connect(app.address).await.unwrap().into_split();
    writer.write_all(head.as_bytes()).await.unwrap();
    writer.write_all(&framed(start.as_bytes())).await.unwrap();
    let reading = tokio::spawn(async move {
        let mut answer = vec![0; 4096];
        let length = reader.read(&mut answer).await.unwrap_or_default();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    });
    let chunk = framed(&[b'x'; 64 * 1024]);
    let mut sent = 0;
    while !reading.is_finished() && sent < 200 * 1024 * 1024 {
        let write = tokio::time::timeout(Duration::from_secs(5), writer.write_all(&chunk)).await;
        if !matches!(write, Ok(Ok(()))) {
            break;
        }
        sent += 64 * 1024;
    }
    (tokio::time::timeout(Duration::from_secs(5), reading).await.unwrap().unwrap(), sent)
}

on_both! {
    async fn a_body_that_does_not_end_is_refused(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let file = "--XbX\r\nContent-Disposition: form-data; name=\"upload_file\"; \
                    filename=\"a\"\r\n\r\n";
        let field = "--XbX\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n";
        let header = "--XbX\r\nX-Header: ";
        let preamble = "no boundary at all";
        for framing in ["Transfer-Encoding: chunked", "Content-Length: 100000000000"] {
            for (start, status, most) in
                [(file, 413, 64), (field, 413, 64), (header, 400, 16), (preamble, 400, 16)]
            {
                let (answer, sent) = send_endless(&app, &alice, framing, start).await;
                // Some answers are lost when the server hangs up while the client is writing.
                let expected = format!("HTTP/1.1 {status}");
                assert!(answer.is_empty() || answer.starts_with(&expected), "{answer}");
                assert!(sent < most * 1024 * 1024, "{framing} {start:?}: {sent}");
            }
        }
        assert_whole(&app, &alice, 1, &["a"]).await;
        alice.upload("/job-script-templates/t/upload/template/SUPPORT", "a", "x").await.ok();
    }

    async fn what_does_not_pass_its_check_leaves_nothing(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("good.py", "x = 1")]).await;
        let path = "/job-script-templates/t/upload/template/SUPPORT";
        let names = ["bad.py", "bad.yaml", "bad.j2", "bad.jinja2"];
        for (name, content) in names.iter().zip(["def (", "a: [1,", "{% if %}", "{{ x"]) {
            alice.upload(path, name, content).await.expect(400);
        }
        assert_whole(&app, &alice, 1, &names).await;
        // What is there already stays, also when it is renamed to what it is not.
        alice.upload(path, "good.py", "def (").await.expect(400);
        let rename = format!("{path}?filename=good.yaml&previous_filename=good.py");
        alice.upload(&rename, "x", "a: [1,").await.expect(400);
        let found = alice.get("/job-script-templates/t/upload/template/good.py").await.expect(200);
        assert_eq!(found.text, "x = 1");
        assert_whole(&app, &alice, 1, &["good.py", "good.yaml"]).await;
    }

    async fn uploads_renames_and_deletions_at_once_leave_rows_with_their_content(app: TestApp) {
        let alice = app.user("alice").await;
        let upload = "/job-script-templates/t/upload/template/SUPPORT";
        let file = "/job-script-templates/t/upload/template/a";
        alice.has_template("t", &[]).await;
        for round in 0..15 {
            alice.upload(upload, "b", "b").await.ok();
            let rename = format!("{upload}?filename=a&previous_filename=b");
            let back = format!("{upload}?filename=b&previous_filename=a");
            let (uploaded, deleted, renamed, again) = join4(
                alice.upload(upload, "a", format!("a{round}")),
                alice.delete(file),
                alice.put(&rename, Value::Null),
                alice.upload(&back, "x", "b"),
            )
            .await;
            uploaded.expect(200);
            for answer in [deleted, renamed, again] {
                assert!(matches!(answer.status.as_u16(), 200 | 404), "{answer:?}");
            }
            assert_whole(&app, &alice, 1, &["a", "b"]).await;
        }
    }

    async fn a_template_may_change_or_go_while_it_is_cloned(app: TestApp) {
        let alice = app.user("alice").await;
        for _ in 0..8 {
            let id = alice.has_template("t", &[("a", "old"), ("b", "b")]).await;
            alice.has_workflow(id, "x = 1", "{}").await.ok();
            let template = format!("/job-script-templates/{id}");
            let upload = format!("{template}/upload/template/SUPPORT");
            let rename = format!("{upload}?filename=c&previous_filename=b");
            let clone = format!("/job-script-templates/clone/{id}");
            let (cloned, replaced, renamed, (second, deleted)) = join4(
                alice.post(&clone, Value::Null),
                alice.upload(&upload, "a", "new"),
                alice.put(&rename, Value::Null),
                join(alice.post(&clone, Value::Null), alice.delete(&template)),
            )
            .await;
            deleted.expect(204);
            for answer in [replaced, renamed] {
                assert!(matches!(answer.status.as_u16(), 200 | 404 | 409), "{answer:?}");
            }
            for answer in [cloned, second] {
                let words = "job_script_templates entry was not found";
                if answer.status == 404 && answer.detail().starts_with(words) {
                    continue;
                }
                let made = answer.created()["id"].as_i64().unwrap();
                assert_whole(&app, &alice, made, &["a", "b", "c"]).await;
                let workflow = format!("/job-script-templates/{made}/upload/workflow");
                assert_eq!(alice.get(&workflow).await.expect(200).text, "x = 1");
            }
            for (table, name) in [(TABLE, "a"), (TABLE, "b"), (TABLE, "c")] {
                assert!(app.stored(table, id, name).await.is_none(), "{table} {name}");
            }
            assert!(app.stored("workflow_files", id, "jobbergate.py").await.is_none());
        }
    }

    async fn who_reads_a_file_while_it_goes_gets_it_or_is_told_that_it_is_gone(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        let upload = "/job-script-templates/t/upload/template/SUPPORT";
        let file = "/job-script-templates/t/upload/template/a";
        for _ in 0..15 {
            alice.upload(upload, "a", "content").await.ok();
            let (first, deleted, second, third) =
                join4(alice.get(file), alice.delete(file), alice.get(file), alice.get(file)).await;
            deleted.expect(200);
            for answer in [first, second, third] {
                if answer.status == 404 {
                    let words = "job_script_template_files row not found by parent_id=1";
                    assert!(answer.detail().starts_with(words), "{answer:?}");
                } else {
                    assert_eq!(answer.expect(200).text, "content");
                }
            }
        }
    }

    async fn an_upload_that_cannot_be_stored_leaves_no_row(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("old", "old")]).await;
        app.refuse_to_store(TABLE, 1, "new").await;
        let path = "/job-script-templates/t/upload/template/SUPPORT";
        let words = alice.upload(path, "new", "x").await.expect(503).detail();
        assert!(words.starts_with("The file storage is not available now; try again"), "{words}");
        let rename = format!("{path}?filename=new&previous_filename=old");
        alice.put(&rename, Value::Null).await.expect(503);
        let files = alice.get("/job-script-templates/t").await.ok()["template_files"].clone();
        assert_eq!(files.as_array().unwrap().len(), 1);
        let old = alice.get("/job-script-templates/t/upload/template/old").await.expect(200);
        assert_eq!(old.text, "old");
        app.refuse_to_store("workflow_files", 1, "jobbergate.py").await;
        alice.has_workflow(1, "x = 1", "{}").await.expect(503);
        let view = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(view["workflow_files"], json!([]));
    }

    async fn a_clone_that_cannot_be_stored_leaves_nothing(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[("a", "a"), ("b", "b")]).await;
        alice.has_workflow(1, "x = 1", "{}").await.ok();
        app.refuse_to_store(TABLE, 2, "b").await;
        alice.post("/job-script-templates/clone/t", Value::Null).await.expect(503);
        assert!(app.stored(TABLE, 2, "a").await.is_none());
        alice.get("/job-script-templates/2").await.expect(404);
        // The number is not given again: what is left there belongs to nobody.
        let made = alice.post("/job-script-templates/clone/t", Value::Null).await;
        let made = made.created()["id"].as_i64().unwrap();
        assert_eq!(made, 3);
        assert_whole(&app, &alice, made, &["a", "b"]).await;
        app.refuse_to_store("job_script_files", 2, "b").await;
        alice.has_script("s", "echo").await;
        alice.upload("/job-scripts/1/upload/SUPPORT", "b", "b").await.ok();
        alice.post("/job-scripts/clone/1", Value::Null).await.expect(503);
        assert!(app.stored("job_script_files", 2, "run.sh").await.is_none());
        assert_eq!(alice.get("/job-scripts").await.ok()["total"], 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_and_a_folder_of_one_name_and_names_of_the_store_are_kept_in_a_directory() {
    let app = TestApp::on_sqlite().await;
    let alice = app.user("alice").await;
    alice.has_template("t", &[]).await;
    let path = "/job-script-templates/t/upload/template/SUPPORT";
    let names = ["d", "d/e", "d/e/f", "a#1", "a#", "#2"];
    for name in names {
        alice.upload(path, name, name).await.ok();
    }
    for name in names {
        let file = format!("/job-script-templates/t/upload/template/{}", in_url(name));
        assert_eq!(alice.get(&file).await.expect(200).text, name);
    }
    alice.delete("/job-script-templates/t").await.expect(204);
    for name in names {
        assert!(app.stored(TABLE, 1, name).await.is_none(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_bucket_the_server_says_so_and_loses_nothing() {
    let mut app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    alice.has_template("t", &[("a", "a"), ("b", "b")]).await;
    drop(app.s3.take());
    let files = "/job-script-templates/t/upload/template";
    alice.upload(&format!("{files}/SUPPORT"), "new", "x").await.expect(503);
    alice.get(&format!("{files}/a")).await.expect(503);
    let clone = alice.post("/job-script-templates/clone/t", Value::Null).await.expect(503);
    assert!(clone.detail().starts_with("The file storage is not available now; try again"));
    // Deleting is done once the row is gone; the content is for the collector.
    alice.delete(&format!("{files}/b")).await.expect(200);
    let view = alice.get("/job-script-templates/t").await.ok();
    assert_eq!(view["template_files"].as_array().unwrap().len(), 1);
    let all = alice.get("/job-script-templates?include_null_identifier=true").await.ok();
    assert_eq!(all["total"], 1);
}
