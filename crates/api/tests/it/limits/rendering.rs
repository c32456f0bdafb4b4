//! Templates that take long, and people who wait for theirs.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::{Actor, Answer, TestApp, eventually};

/// Takes as long as it may: of steps and memory it uses next to nothing.
const ENDLESS: &str = "{% set x = 'a' * 60000 %}{% for i in range(100000) %}{% if x.islower() %}{% endif %}{% endfor %}";

async fn render(actor: &Actor, template: &str, outputs: Map<String, Value>) -> Answer {
    let body = body(outputs);
    actor.post(&format!("/job-scripts/render-from-template/{template}"), body).await
}

fn body(outputs: Map<String, Value>) -> Value {
    json!({
        "create_request": {"name": "s"},
        "render_request": {
            "template_output_name_mapping": outputs, "sbatch_params": null,
            "param_dict": {"data": {}},
        },
    })
}

fn outputs(names: &[&str]) -> Map<String, Value> {
    names.iter().map(|name| ((*name).to_owned(), format!("out-{name}").into())).collect()
}

/// A request to render, from somebody who does not wait for the answer.
async fn abandoned(app: &TestApp, actor: &Actor, template: &str) -> TcpStream {
    let body = body(outputs(&["a.j2"])).to_string();
    let head = format!(
        "POST /jobbergate/job-scripts/render-from-template/{template} HTTP/1.1\r\nHost: x\r\n\
         Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        actor.token().unwrap(),
        body.len()
    );
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn all_files_of_a_request_share_one_allowance() {
    let app = TestApp::on_sqlite().await;
    let eve = app.user("eve").await;
    let names = ["a.j2", "b.j2", "c.j2", "d.j2"];
    let files: Vec<_> = names.iter().map(|name| (*name, ENDLESS)).collect();
    eve.has_template("slow", &files).await;
    let begin = Instant::now();
    let refused = render(&eve, "slow", outputs(&names)).await;
    let said = refused.expect(422).detail();
    assert!(said.contains("filename=") && said.contains("take"), "{said}");
    // Each file by itself may take 5 s.
    assert!(begin.elapsed() < Duration::from_secs(14), "{:?}", begin.elapsed());
    assert_eq!(eve.get("/job-scripts").await.ok()["total"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_renders_a_hundred_files_at_most() {
    let app = TestApp::on_sqlite().await;
    let alice = app.user("alice").await;
    let names: Vec<_> = (0..101).map(|n| format!("f{n}.j2")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), "x")).collect();
    alice.has_template("many", &files).await;
    let all: Vec<_> = names.iter().map(String::as_str).collect();
    let said = render(&alice, "many", outputs(&all)).await.expect(422).detail();
    assert_eq!(said, "template_output_name_mapping names 101 files, 100 are possible at most");
    render(&alice, "many", outputs(&all[..100])).await.created();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_much_does_not_keep_others_waiting() {
    let app = TestApp::on_sqlite().await;
    let (eve, alice) = (app.user("eve").await, app.user("alice").await);
    eve.has_template("slow", &[("a.j2", ENDLESS)]).await;
    alice.has_template("quick", &[("a.j2", "echo 1")]).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(abandoned(&app, &eve, "slow").await);
    }
    for _ in 0..5 {
        render(&alice, "quick", outputs(&["a.j2"])).await.created();
    }
    drop(waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_ends() {
    let app = TestApp::on_sqlite().await;
    let eve = app.user("eve").await;
    eve.has_template("slow", &[("a.j2", ENDLESS)]).await;
    eve.has_template("quick", &[("a.j2", "echo 1")]).await;
    let mut waiting = Vec::new();
    for _ in 0..20 {
        waiting.push(abandoned(&app, &eve, "slow").await);
    }
    drop(waiting);
    // Twenty renders of 5 s would go on for much longer than a turn is waited for.
    let quick = async || render(&eve, "quick", outputs(&["a.j2"])).await.status == 201;
    assert!(eventually(quick).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_too_much_waiting_is_told_when_to_come_again() {
    let app = TestApp::on_sqlite().await;
    let eve = app.user("eve").await;
    eve.has_template("slow", &[("a.j2", ENDLESS)]).await;
    let mut waiting = Vec::new();
    for _ in 0..40 {
        waiting.push(abandoned(&app, &eve, "slow").await);
    }
    let refused = render(&eve, "slow", outputs(&["a.j2"])).await;
    assert_eq!(refused.headers["retry-after"], "5");
    let said = refused.expect(503).detail();
    assert_eq!(said, "Too much is being rendered and checked; try again in a moment");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_checked_within_the_memory_is_refused() {
    let app = TestApp::on_sqlite().await;
    let alice = app.user("alice").await;
    alice.post("/job-scripts", json!({"name": "s"})).await.created();
    let path = "/job-scripts/1/upload/SUPPORT";
    for name in ["a.py", "a.yaml", "a.j2"] {
        let said = alice.upload(path, name, "a,".repeat(2 << 20)).await.expect(400).detail();
        assert!(said.contains("too complex to check"), "{said}");
        assert!(said.contains("JOBBERGATE_COMPUTE_MEMORY_MIB=320"), "{said}");
    }
    alice.upload(path, "a.py", "x = 'text'\n".repeat(20_000)).await.ok();
}
