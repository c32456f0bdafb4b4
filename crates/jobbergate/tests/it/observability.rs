//! What operators see of a running server.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::mpsc,
    time::Duration,
};

use jobbergate_api::db::{Db, arguments::Arguments};

use crate::support::{Process, program};

/// A server that keeps its data in `home`, and where it listens.
fn server(home: &Path, settings: &[(&str, &str)]) -> (Process, String) {
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    serve.env("JOBBERGATE_DATA_DIR", home).envs(settings.iter().copied());
    let server = Process::start(serve, &home.join("log"));
    let address = server.said("listening")["address"].as_str().unwrap().to_owned();
    (server, address)
}

/// The whole answer to a GET.
fn get(address: &str, path: &str, token: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n");
    stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

#[test]
fn prometheus_reads_figures_on_a_listener_of_their_own() {
    let home = tempfile::tempdir().unwrap();
    let figures = free_address();
    let (server, address) = server(home.path(), &[("JOBBERGATE_METRICS_LISTEN", &figures)]);
    get(&address, "/jobbergate/health", "");
    get(&address, "/jobbergate/job-scripts/7", "");
    let text = get(&figures, "/metrics", "");
    for line in [
        r#"jobbergate_http_requests_total{method="GET",route="/health",status="204"} 1"#,
        r#"jobbergate_http_requests_total{method="GET",route="/job-scripts/{job_script_id}",status="401"} 1"#,
        r#"jobbergate_http_request_duration_seconds_count{method="GET",route="/health"} 1"#,
        r#"jobbergate_database_connections{use="busy"}"#,
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(get(&address, "/metrics", "").starts_with("HTTP/1.1 404"));
    assert!(server.stop());
}

/// Stands where Sentry would, and passes on what it is sent.
fn sentry() -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let dsn = format!("http://key@{}/1", listener.local_addr().unwrap());
    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = Vec::new();
            let _ = stream.set_read_timeout(Some(Duration::from_millis(300)));
            let _ = stream.read_to_end(&mut request);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
            if sender.send(String::from_utf8_lossy(&request).into_owned()).is_err() {
                return;
            }
        }
    });
    (dsn, received)
}

#[test]
fn a_fault_is_reported_to_sentry_without_the_callers_token() {
    let home = tempfile::tempdir().unwrap();
    let (dsn, reports) = sentry();
    let settings = [("SENTRY_DSN", dsn.as_str()), ("SENTRY_ENVIRONMENT", "staging")];
    let (server, address) = server(home.path(), &settings);
    let mut admin = program();
    admin.args(["admin", "token", "--email", "alice@example.com", "--data-dir"]);
    let token = admin.arg(home.path()).output().unwrap().stdout;
    let token = String::from_utf8(token).unwrap().trim().to_owned();

    lose_a_table(&home.path().join("jobbergate.db"));
    let answer = get(&address, "/jobbergate/job-scripts", &token);
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");

    let report = reports.recv_timeout(Duration::from_secs(20)).unwrap();
    assert!(report.contains("request failed") && report.contains("staging"), "{report}");
    assert!(!report.contains(&token), "{report}");
    assert!(server.stop());
}

#[tokio::main(flavor = "current_thread")]
async fn lose_a_table(database: &Path) {
    let db = Db::open_sqlite(database).await.unwrap();
    let mut session = db.write().await.unwrap();
    session.execute("DROP TABLE job_script_files", Arguments(Vec::new())).await.unwrap();
    session.execute("DROP TABLE job_scripts", Arguments(Vec::new())).await.unwrap();
    session.commit().await.unwrap();
}

#[test]
fn a_dsn_that_makes_no_sense_is_named() {
    let output = program().args(["serve"]).env("SENTRY_DSN", "nonsense").output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && words.contains("SENTRY_DSN"), "{words}");
}
