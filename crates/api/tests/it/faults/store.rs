//! S3 servers that are silent, that can't do everything, or may not.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};
use chrono::{TimeDelta, Utc};
use clap::Parser;
use futures::future::join_all;
use jobbergate_api::{
    app::Context,
    cleaning::{self, Cleaned, StoredFiles, Task},
    compute::Customer,
    config::{CleaningConfig, ServeConfig},
};
use jobbergate_testkit::{
    proxy::{Mode, Proxy},
    s3::S3,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::{Actor, TestApp, database, in_url, settings};

fn use_s3(config: &mut ServeConfig, s3: &S3, endpoint: String) {
    config.s3_bucket_name = Some(s3.bucket.clone());
    config.s3_endpoint_url = Some(endpoint);
    config.aws_access_key_id = Some(s3.access_key.clone());
    config.aws_secret_access_key = Some(s3.secret_key.clone());
}

fn port(s3: &S3) -> u16 {
    s3.endpoint.rsplit(':').next().unwrap().parse().unwrap()
}

async fn through(endpoint: impl FnOnce(&S3) -> String, s3: S3, on_postgres: bool) -> TestApp {
    let directory = tempfile::tempdir().unwrap();
    let mut config = settings(&directory);
    use_s3(&mut config, &s3, endpoint(&s3));
    if !on_postgres {
        return TestApp::start(config, directory, None, Some(s3)).await;
    }
    let database = database().await;
    config.database_url = Some(database.url().to_owned());
    config.database_pool_size = 5;
    TestApp::start(config, directory, Some(database), Some(s3)).await
}

/// While so many requests that need the storage hang, others are served.
async fn others_are_served(on_postgres: bool, uploads: usize) {
    let s3 = S3::start().await.unwrap();
    let proxy = Proxy::start(port(&s3), Mode::Open).await.unwrap();
    let app = through(|_| format!("http://{}", proxy.address), s3, on_postgres).await;
    let alice = app.user("alice").await;
    for _ in 0..4 {
        alice.has_script("s", "old").await;
    }
    let template = alice.has_template("t", &[("a", "a")]).await;
    proxy.set(Mode::Swallowed);
    let hang = |number: usize, actor: Actor| async move {
        let path = format!("/job-scripts/1/upload/SUPPORT?filename=f{number}");
        match number % 25 {
            5 => actor.delete("/job-scripts/2/upload/run.sh").await,
            6 => actor.delete("/job-scripts/3").await,
            7 => actor.post("/job-scripts/clone/4", Value::Null).await,
            8 => actor.put(&format!("{path}&previous_filename=run.sh"), Value::Null).await,
            _ => actor.upload(&path, "f", "x").await,
        }
    };
    let hanging: Vec<_> = (0..uploads).map(|n| tokio::spawn(hang(n, alice.clone()))).collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    for n in 0..20 {
        let served = tokio::time::timeout(Duration::from_secs(5), async {
            alice.get("/job-scripts").await.ok();
            alice.post("/job-scripts", json!({"name": n.to_string()})).await.created();
            let change = json!({"name": n.to_string()});
            alice.put(&format!("/job-script-templates/{template}"), change.clone()).await.ok();
            alice.put("/job-scripts/1", change).await.ok();
        });
        served.await.unwrap();
    }
    assert!(hanging.iter().any(|request| !request.is_finished()));
    let ended = tokio::time::timeout(Duration::from_secs(100), join_all(hanging)).await.unwrap();
    for answer in ended {
        let status = answer.unwrap().status.as_u16();
        assert!(matches!(status, 200 | 204 | 503), "{status}");
    }
    proxy.set(Mode::Open);
    let files = alice.get("/job-scripts/1").await.ok()["files"].clone();
    assert_eq!(files.as_array().unwrap().len(), 1);
    assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "old");
    alice.upload("/job-scripts/1/upload/SUPPORT", "f0", "x").await.ok();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_store_holds_up_only_those_who_need_it_on_postgresql() {
    others_are_served(true, 25).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_store_holds_up_only_those_who_need_it_on_sqlite() {
    others_are_served(false, 9).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_silent_store_takes_no_turn_to_render() {
    let s3 = S3::start().await.unwrap();
    let proxy = Proxy::start(port(&s3), Mode::Open).await.unwrap();
    let app = through(|_| format!("http://{}", proxy.address), s3, false).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    alice.has_template("t", &[("a.j2", "echo")]).await;
    proxy.set(Mode::Swallowed);
    let request = json!({
        "create_request": {"name": "s"},
        "render_request": {
            "template_output_name_mapping": {"a.j2": "a.sh"}, "sbatch_params": null,
            "param_dict": {},
        },
    });
    let render = |user: &Actor| {
        let (user, request) = (user.clone(), request.clone());
        tokio::spawn(async move {
            user.post("/job-scripts/render-from-template/t", request).await.status
        })
    };
    let waiting: Vec<_> = [&alice, &bob, &alice, &bob].map(render).into();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(waiting.iter().all(|render| !render.is_finished()));
    let pool = &app.app.compute;
    let carol = Customer::default();
    let turn = pool.turn(&carol, pool.memory());
    tokio::time::timeout(Duration::from_secs(1), turn).await.unwrap().unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(40), join_all(waiting)).await.unwrap();
    assert!(ended.into_iter().all(|status| status.unwrap() == 503));
}

/// A server before the real one that can't remove several objects at once, or may not remove any.
#[derive(Clone)]
struct Front {
    endpoint: String,
    locked: Arc<AtomicBool>,
    /// The sizes of the answers to what was read.
    read: Arc<Mutex<Vec<usize>>>,
}

impl Front {
    fn of(s3: &S3) -> Self {
        Self { endpoint: s3.endpoint.clone(), locked: Arc::default(), read: Arc::default() }
    }

    async fn start(self) -> std::net::SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Router::new().fallback(forward).with_state(self);
        tokio::spawn(async move { axum::serve(listener, service).await });
        address
    }
}

async fn forward(State(front): State<Front>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().unwrap().as_str();
    if parts.method == "POST" && target.contains("delete") {
        let xml = "<Error><Code>NotImplemented</Code><Message>no</Message></Error>";
        return (StatusCode::NOT_IMPLEMENTED, xml).into_response();
    }
    if parts.method == "DELETE" && front.locked.load(Ordering::SeqCst) {
        let xml = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
        return (StatusCode::FORBIDDEN, xml).into_response();
    }
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let url = format!("{}{target}", front.endpoint);
    let is_get = parts.method == "GET";
    let request = reqwest::Client::new().request(parts.method, url).headers(parts.headers);
    let answer = request.body(body).send().await.unwrap();
    let mut response = Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        if name != "transfer-encoding" {
            response = response.header(name, value);
        }
    }
    let content = answer.bytes().await.unwrap();
    if is_get {
        front.read.lock().unwrap().push(content.len());
    }
    response.body(Body::from(content)).unwrap()
}

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    cleaning: CleaningConfig,
}

async fn collect(app: &TestApp) -> Result<Cleaned, jobbergate_api::error::Error> {
    let context = Context::for_tenant(Arc::clone(&app.app), app.app.tenants.default_tenant());
    let settings = Defaults::parse_from(["jobbergate"]).cleaning;
    cleaning::perform(&context, &settings, Task::Garbage(StoredFiles::Scripts), false).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_removes_one_object_at_a_time_is_enough_and_one_that_may_not_is_told_of() {
    let s3 = S3::start().await.unwrap();
    let front = Front::of(&s3);
    let locked = Arc::clone(&front.locked);
    let address = front.start().await;
    let app = through(|_| format!("http://{address}"), s3, true).await;
    let alice = app.user("alice").await;
    for _ in 0..3 {
        let script = alice.has_script("s", "echo").await;
        alice.upload(&format!("/job-scripts/{script}/upload/SUPPORT"), "a", "x").await.ok();
    }
    let keys = || app.s3.as_ref().unwrap().keys().unwrap();
    alice.delete("/job-scripts/1/upload/a").await.ok();
    alice.delete("/job-scripts/2").await.expect(204);
    assert_eq!(
        keys(),
        ["job_script_files/1/run.sh", "job_script_files/3/a", "job_script_files/3/run.sh"]
    );
    locked.store(true, Ordering::SeqCst);
    alice.delete("/job-scripts/3").await.expect(204);
    assert_eq!(keys().len(), 3);
    app.clock.advance(Utc::now() + TimeDelta::minutes(61) - app.clock.now());
    let told = collect(&app).await.unwrap_err().with_cause();
    assert!(told.contains("Access Denied"), "{told}");
    locked.store(false, Ordering::SeqCst);
    let done = collect(&app).await.unwrap();
    assert!(matches!(done, Cleaned::Files { removed: 2, .. }), "{done:?}");
    assert_eq!(keys(), ["job_script_files/1/run.sh"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_of_a_large_file_that_the_client_does_not_get() {
    let s3 = S3::start().await.unwrap();
    let front = Front::of(&s3);
    let read = Arc::clone(&front.read);
    let address = front.start().await;
    let app = through(|_| format!("http://{address}"), s3, false).await;
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    for size in [0, 1, 65_536, 1_000_000] {
        let content = "x".repeat(size);
        alice.upload("/job-scripts/1/upload/SUPPORT", "a", content.clone()).await.ok();
        read.lock().unwrap().clear();
        assert_eq!(alice.get("/job-scripts/1/upload/a").await.expect(200).text, content);
        let read = std::mem::take(&mut *read.lock().unwrap());
        assert_eq!(read.iter().sum::<usize>(), size, "{read:?}");
        assert!(read.iter().all(|piece| *piece <= 65_536), "{read:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_of_a_file_reaches_another_files_content() {
    let app = TestApp::on_postgres().await;
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    let path = "/job-scripts/1/upload/SUPPORT";
    let stand_in = |name: &str| {
        let digest = Sha256::digest(name.as_bytes());
        digest.iter().fold("~".to_owned(), |hex, byte| format!("{hex}{byte:02x}"))
    };
    let victims = ["a//b", "..", "a"];
    let attackers = [stand_in("a//b"), stand_in(".."), stand_in(&stand_in("a//b"))];
    for victim in victims {
        let path = format!("{path}?filename={}", in_url(victim));
        alice.upload(&path, "f", victim).await.ok();
    }
    for attacker in &attackers {
        let name = in_url(attacker);
        alice.upload(&format!("{path}?filename={name}"), "f", "attack").await.ok();
        let rename = format!("{path}?filename=other&previous_filename={name}");
        alice.put(&rename, Value::Null).await.ok();
        alice.delete("/job-scripts/1/upload/other").await.ok();
        alice.upload(&format!("{path}?filename={name}"), "f", "attack").await.ok();
        alice.delete(&format!("/job-scripts/1/upload/{name}")).await.ok();
        for victim in victims {
            let stored = app.stored("job_script_files", 1, victim).await;
            assert_eq!(stored.as_deref(), Some(victim.as_bytes()), "{attacker} and {victim}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_was_writing_to_a_directory_is_collected_beside_postgresql() {
    let app = TestApp::configured_on_database(database().await, |config| {
        config.s3_bucket_name = None;
        config.s3_endpoint_url = None;
    })
    .await;
    app.clock.advance(Utc::now() + TimeDelta::minutes(59) - app.clock.now());
    let alice = app.user("alice").await;
    alice.has_script("s", "echo").await;
    let files = app.data().join("files/job_script_files");
    for orphan in ["1/run.sh#1", "1/other.sh#17", "1/gone.sh", "7/run.sh", "8/run.sh#2"] {
        let path = files.join(orphan);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "content").unwrap();
    }
    let nothing = Cleaned::Files { removed: 0, bytes: 0, missing: 0 };
    assert_eq!(collect(&app).await.unwrap(), nothing);
    app.clock.advance(TimeDelta::minutes(2));
    assert_eq!(collect(&app).await.unwrap(), Cleaned::Files { removed: 5, bytes: 35, missing: 0 });
    assert!(!files.join("8").exists());
    assert_eq!(alice.get("/job-scripts/1/upload/run.sh").await.expect(200).text, "echo");
    assert_eq!(collect(&app).await.unwrap(), nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_can_hold_the_files_that_servers_take_turns_by() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("jobbergate.lock"), "").unwrap();
    let app = TestApp::start(settings(&directory), directory, None, None).await;
    drop(app.db().take_turn(7).await.unwrap());
    for entry in std::fs::read_dir(app.data()).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{:?}", entry.path());
        }
    }
}
