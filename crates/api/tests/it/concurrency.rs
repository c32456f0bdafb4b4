//! Requests at the same time, and clients that go away.

use std::time::Duration;

use futures::future::{join, join_all};
use jobbergate_api::args;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    on_both,
    support::{Actor, TestApp, eventually},
};

/// Sends a request, or the beginning of one, as soon as its body is being read.
async fn begin(app: &TestApp, actor: &Actor, head: &str, body: &str) -> TcpStream {
    let (host, token) = (app.address, actor.token().unwrap());
    let head = format!(
        "{head}\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nExpect: 100-continue\r\n\r\n"
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).await.unwrap();
    stream
}

/// Does not wait for the answer.
async fn send_and_leave(app: &TestApp, actor: &Actor, head: &str, body: &str) {
    drop(begin(app, actor, head, body).await);
}

fn statuses(answers: Vec<crate::support::Answer>) -> Vec<u16> {
    let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    statuses
}

/// Somebody who is so late that it is another one's turn removes nothing of what that one wrote.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_removes_nothing_that_others_write() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    let mut db = app.db().write().await.unwrap();
    db.execute("SELECT id FROM job_scripts WHERE id = 1 FOR UPDATE", args![]).await.unwrap();
    let late = alice.clone();
    let late =
        tokio::spawn(
            async move { late.upload("/job-scripts/1/upload/SUPPORT", "a.txt", "late").await },
        );
    let stored = async || app.stored("job_script_files", 1, "a.txt").await;
    assert!(eventually(async || stored().await.is_some()).await);
    // Its claim has expired, and another upload of the same file has begun.
    let mut others = app.db().write().await.unwrap();
    let taken = others.execute("UPDATE file_claims SET claimant = 'other'", args![]).await.unwrap();
    assert_eq!(taken, 1);
    others.commit().await.unwrap();
    let storage = app.app.tenants.default_tenant().storage;
    storage.put("job_script_files", 1, "a.txt", "other".into()).await.unwrap();
    drop(db);
    let said = late.await.unwrap().expect(503).detail();
    assert!(said.starts_with("Storing the file took too long"), "{said}");
    assert_eq!(stored().await.as_deref(), Some(b"other".as_slice()));
}

on_both! {
    async fn what_was_asked_for_happens_though_the_client_went_away(app: TestApp) {
        let alice = app.user("alice").await;
        let body = r#"{"name": "left behind"}"#;
        let head = format!(
            "POST /jobbergate/job-scripts HTTP/1.1\r\nContent-Type: application/json\r\n\
             Content-Length: {}",
            body.len()
        );
        for _ in 0..10 {
            send_and_leave(&app, &alice, &head, body).await;
        }
        let all = async || alice.get("/job-scripts").await.ok()["total"] == 10;
        assert!(eventually(all).await);
        alice.post("/job-scripts", json!({"name": "next"})).await.created();
    }

    async fn half_an_upload_leaves_nothing_and_holds_nobody_up(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "old").await;
        let head = "PUT /jobbergate/job-scripts/1/upload/ENTRYPOINT HTTP/1.1\r\n\
                    Content-Type: multipart/form-data; boundary=XbX\r\nContent-Length: 100000";
        let part = "--XbX\r\nContent-Disposition: form-data; name=\"upload_file\"; \
                    filename=\"run.sh\"\r\n\r\nhalf";
        for _ in 0..20 {
            send_and_leave(&app, &alice, head, part).await;
        }
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "old");
        alice.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", "new").await.ok();
        assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "new");
    }

    async fn of_uploads_of_one_file_at_once_one_is_kept_whole(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_script("s", "old").await;
        let contents: Vec<_> = (0..8).map(|n| n.to_string().repeat(100_000)).collect();
        let uploads = contents.iter().map(|content| {
            alice.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", content.clone())
        });
        assert_eq!(statuses(join_all(uploads).await), [200; 8]);
        let kept = alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text;
        assert!(contents.contains(&kept));
        assert_eq!(alice.get("/job-scripts/1").await.ok()["files"].as_array().unwrap().len(), 1);
    }

    async fn of_entrypoints_uploaded_at_once_one_is_kept(app: TestApp) {
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        let uploads = (0..5).map(|n| {
            let alice = alice.clone();
            async move {
                let name = format!("run{n}.sh");
                alice.upload("/job-scripts/1/upload/ENTRYPOINT", &name, "echo").await
            }
        });
        assert_eq!(statuses(join_all(uploads).await), [200, 422, 422, 422, 422]);
        assert_eq!(alice.get("/job-scripts/1").await.ok()["files"].as_array().unwrap().len(), 1);
    }

    async fn a_job_that_slurm_takes_while_it_is_cancelled_is_known_and_cancelled(app: TestApp) {
        let (alice, agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        for round in 0..5 {
            let id = alice.has_submission(script, "c").await;
            let report = json!({
                "id": id, "slurm_job_id": 100 + round, "slurm_job_state": "PENDING",
                "slurm_job_info": "{}",
            });
            let cancel = format!("/job-submissions/cancel/{id}");
            let (cancelled, submitted) = join(
                alice.put(&cancel, Value::Null),
                agent.post("/job-submissions/agent/submitted", report),
            )
            .await;
            cancelled.expect(200);
            submitted.expect(202);
            let view = alice.get(&format!("/job-submissions/{id}")).await.ok();
            assert_eq!(view["status"], "CANCELLED");
            assert_eq!(view["slurm_job_id"], 100 + round);
            let progress = alice.get(&format!("/job-submissions/{id}/progress")).await.ok();
            assert_eq!(progress["total"], 2);
        }
    }

    async fn a_submission_is_cancelled_once(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        let script = alice.has_script("s", "echo").await;
        alice.has_submission(script, "c").await;
        let cancels = (0..5).map(|_| alice.put("/job-submissions/cancel/1", Value::Null));
        assert_eq!(statuses(join_all(cancels).await), [200, 400, 400, 400, 400]);
        assert_eq!(alice.get("/job-submissions/1/progress").await.ok()["total"], 1);
    }

    async fn an_identifier_is_given_once(app: TestApp) {
        let alice = app.user("alice").await;
        let body = json!({"name": "t", "identifier": "solver"});
        let creates = (0..5).map(|_| alice.post("/job-script-templates", body.clone()));
        assert_eq!(statuses(join_all(creates).await), [201, 409, 409, 409, 409]);
    }

    async fn a_script_may_go_while_others_use_it(app: TestApp) {
        let (alice, _agent) = (app.user("alice").await, app.agent("c").await);
        for _ in 0..5 {
            let script = alice.has_script("s", "echo").await;
            let path = format!("/job-scripts/{script}");
            let submission = json!({"name": "j", "job_script_id": script, "client_id": "c"});
            let upload = format!("{path}/upload/SUPPORT");
            let clone = format!("/job-scripts/clone/{script}");
            let (deleted, (submitted, (uploaded, cloned))) = join(
                alice.delete(&path),
                join(
                    alice.post("/job-submissions", submission),
                    join(alice.upload(&upload, "a.txt", "x"), alice.post(&clone, Value::Null)),
                ),
            )
            .await;
            deleted.expect(204);
            for (answer, good) in [(submitted, 201), (uploaded, 200), (cloned, 201)] {
                let status = answer.status.as_u16();
                assert!(status == good || matches!(status, 404 | 409), "{answer:?}");
            }
            alice.get(&path).await.expect(404);
            if let Some(s3) = &app.s3 {
                let gone = format!("job_script_files/{script}/");
                assert!(s3.keys().unwrap().iter().all(|key| !key.starts_with(&gone)));
            }
        }
    }

    async fn many_write_at_once(app: TestApp) {
        let alice = app.user("alice").await;
        let creates = (0..40).map(|n| alice.post("/job-scripts", json!({"name": n.to_string()})));
        assert_eq!(statuses(join_all(creates).await), [201; 40]);
        assert_eq!(alice.get("/job-scripts").await.ok()["total"], 40);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_ask_for_nothing_are_closed() {
    let app = TestApp::configured(|config| config.client_idle_seconds = 1).await;
    let whole = "GET /jobbergate/health HTTP/1.1\r\nHost: x\r\n\r\n";
    for (sent, answer) in [
        ("", ""),
        ("GET /jobber", ""),
        ("GET /jobbergate/health HTTP/1.1\r\nHost: x\r\n", ""),
        (whole, "HTTP/1.1 204"),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", ""),
    ] {
        let mut stream = TcpStream::connect(app.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answered = Vec::new();
        let end = stream.read_to_end(&mut answered);
        tokio::time::timeout(Duration::from_secs(5), end).await.unwrap().unwrap();
        assert!(answered.starts_with(answer.as_bytes()), "{sent:?}: {answered:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_sending_is_given_up() {
    let app = TestApp::configured(|config| config.client_idle_seconds = 1).await;
    let alice = app.user("alice").await;
    let agent = app.agent("c").await;
    let script = alice.has_script("s", "old").await;
    for (head, body) in [
        ("POST /jobbergate/job-scripts HTTP/1.1\r\nContent-Type: application/json", "{\"na"),
        (
            "PUT /jobbergate/job-scripts/1/upload/ENTRYPOINT HTTP/1.1\r\n\
             Content-Type: multipart/form-data; boundary=XbX",
            "--XbX\r\nContent-Disposition: form-data; name=\"upload_file\"; \
             filename=\"run.sh\"\r\n\r\nhalf",
        ),
        ("PUT /jobbergate/job-submissions/agent/metrics/1 HTTP/1.1", "\u{1}"),
    ] {
        let actor = if head.contains("metrics") { &agent } else { &alice };
        let head = format!("{head}\r\nContent-Length: 100000");
        let mut stream = begin(&app, actor, &head, body).await;
        let mut answer = vec![0; 2048];
        let length = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("did not arrive in time"), "{answer}");
    }
    let file = alice.get(&format!("/job-scripts/{script}/upload/run.sh")).await;
    assert_eq!(file.expect(200).text, "old");
}
