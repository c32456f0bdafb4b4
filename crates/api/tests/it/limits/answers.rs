//! Answers that nobody reads.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    on_both,
    support::{Actor, TestApp, eventually},
};

const FILE: usize = 5 << 20;

async fn has_large_file(actor: &Actor) {
    actor.post("/job-scripts", json!({"name": "s"})).await.created();
    let content: Vec<_> = (0..FILE).map(|n| (n / 1000) as u8).collect();
    actor.upload("/job-scripts/1/upload/ENTRYPOINT", "run.bin", content).await.ok();
}

async fn ask(app: &TestApp, actor: &Actor) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "GET /jobbergate/job-scripts/1/upload/run.bin HTTP/1.1\r\nHost: x\r\n\
         Authorization: Bearer {}\r\n\r\n",
        actor.token().unwrap()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

on_both! {
    async fn a_file_of_any_size_is_read_as_it_was_written(app: TestApp) {
        let alice = app.user("alice").await;
        alice.post("/job-scripts", json!({"name": "s"})).await.created();
        for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000, FILE] {
            let content: String = (0..size).map(|n| char::from(b'a' + (n / 7 % 26) as u8)).collect();
            let path = "/job-scripts/1/upload/SUPPORT";
            alice.upload(path, "a.txt", content.clone()).await.ok();
            let answer = alice.get("/job-scripts/1/upload/a.txt").await;
            assert_eq!(answer.headers["content-length"], size.to_string());
            assert_eq!(answer.headers["content-type"], "text/plain; charset=utf-8");
            assert!(answer.expect(200).text == content, "{size}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_nothing_of_an_answer_is_given_up() {
    let app = TestApp::configured(|config| config.client_idle_seconds = 1).await;
    let alice = app.user("alice").await;
    has_large_file(&alice).await;
    let mut unread = Vec::new();
    for _ in 0..20 {
        unread.push(ask(&app, &alice).await);
    }
    tokio::time::sleep(Duration::from_secs(4)).await;
    for mut stream in unread {
        let mut answer = Vec::new();
        // What the system had taken from the server is still there.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.len() < FILE, "{}", answer.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reads_slowly_gets_everything() {
    let app = TestApp::configured(|config| config.client_idle_seconds = 2).await;
    let alice = app.user("alice").await;
    has_large_file(&alice).await;
    let mut stream = ask(&app, &alice).await;
    let mut read = 0;
    let mut buffer = vec![0; 512 << 10];
    while read < FILE {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let length = stream.read(&mut buffer).await.unwrap();
        assert_ne!(length, 0, "closed after {read} bytes");
        read += length;
    }
}

/// A client of HTTP/2 that never lets any data come, though it keeps the connection alive.
#[tokio::test(flavor = "multi_thread")]
async fn who_opens_no_window_is_given_up() {
    let app = TestApp::configured(|config| config.client_idle_seconds = 1).await;
    let alice = app.user("alice").await;
    has_large_file(&alice).await;
    let stream = TcpStream::connect(app.address).await.unwrap();
    let mut builder = h2::client::Builder::new();
    let (mut requests, mut connection) =
        builder.initial_window_size(0).handshake::<_, bytes::Bytes>(stream).await.unwrap();
    let (ended, end) = tokio::sync::oneshot::channel();
    // It answers pings.
    tokio::spawn(async move {
        let _ = std::future::poll_fn(|context| {
            std::pin::Pin::new(&mut connection).poll(context).map(drop)
        })
        .await;
        let _ = ended.send(());
    });
    let url = format!("http://{}/jobbergate/job-scripts/1/upload/run.bin", app.address);
    let mut answers = Vec::new();
    for _ in 0..10 {
        requests = requests.ready().await.unwrap();
        let request = axum::http::Request::get(&url)
            .header("authorization", format!("Bearer {}", alice.token().unwrap()))
            .body(())
            .unwrap();
        answers.push(requests.send_request(request, true).unwrap().0);
    }
    let (first, _) = (answers.pop().unwrap().await.unwrap(), &answers);
    assert_eq!(first.status(), 200);
    let closed = tokio::time::timeout(Duration::from_secs(10), end).await;
    assert!(closed.is_ok(), "the connection is still there");
    let served = async || alice.get("/health").await.status == 204;
    assert!(eventually(served).await);
}
