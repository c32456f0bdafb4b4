//! Bodies that do not end.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Actor, TestApp};

const MIB: usize = 1 << 20;

/// Announces a body of so many bytes and sends what the server takes of half of it.
async fn half_a_body(app: &TestApp, actor: &Actor, size: usize) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST /jobbergate/job-scripts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n\"",
        actor.token().unwrap()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let half = vec![b'a'; size / 2];
    let sending = stream.write_all(&half);
    let _ = tokio::time::timeout(Duration::from_millis(100), sending).await;
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_do_not_end_take_a_share_only() {
    let app = TestApp::on_sqlite().await;
    let (eve, alice) = (app.user("eve").await, app.user("alice").await);
    let mut unfinished = Vec::new();
    for _ in 0..20 {
        unfinished.push(half_a_body(&app, &eve, 16 * MIB).await);
    }
    let refused = eve.post("/job-scripts", json!({"name": "x".repeat(3 * MIB)})).await;
    assert_eq!(refused.headers["retry-after"], "5");
    let said = refused.expect(503).detail();
    assert_eq!(said, "Too much is being sent at once; try again in a moment");
    let description = "d".repeat(2 * MIB);
    let long = alice.post("/job-scripts", json!({"name": "s", "description": description})).await;
    assert_eq!(long.status, 422);
    alice.post("/job-scripts", json!({"name": "s"})).await.created();
    alice.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", vec![b'x'; 5 * MIB]).await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_waits_for_room_and_gets_it() {
    let app = TestApp::on_sqlite().await;
    let eve = app.user("eve").await;
    eve.post("/job-scripts", json!({"name": "s"})).await.created();
    let unfinished = half_a_body(&app, &eve, 16 * MIB).await;
    let upload = eve.upload("/job-scripts/1/upload/ENTRYPOINT", "run.sh", vec![b'x'; 5 * MIB]);
    let leave = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        drop(unfinished);
    };
    let (uploaded, ()) = tokio::join!(upload, leave);
    uploaded.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_only_so_many_connections() {
    let app = TestApp::configured(|config| config.memory.max_connections = 2).await;
    let first = TcpStream::connect(app.address).await.unwrap();
    let second = TcpStream::connect(app.address).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut third = TcpStream::connect(app.address).await.unwrap();
    third.write_all(b"GET /jobbergate/health HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 12];
    let early = tokio::time::timeout(Duration::from_millis(300), third.read_exact(&mut answer));
    assert!(early.await.is_err(), "{answer:?}");
    drop(first);
    third.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, b"HTTP/1.1 204");
    drop(second);
}
