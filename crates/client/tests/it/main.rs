//! The client with servers that answer well, badly and not at all.

#![cfg(test)]

mod events;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::{Path, Query, Request},
    http::{StatusCode, header},
    response::IntoResponse,
    routing::{get, post, put},
};
use jobbergate_client::{Client, ClientCredentials, Detail, Error, Retries, TokenSource};
use jobbergate_types::{
    FileType, clusters::ClusterStatusReport, list::Paging, metrics::MetricSample,
};
use reqwest::Method;
use serde_json::{Value, json};

async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn anonymous(router: Router) -> Client {
    let address = serve(Router::new().nest("/jobbergate", router)).await;
    Client::new(&format!("http://{address}"), TokenSource::Anonymous).unwrap()
}

/// An issuer of tokens `t1`, `t2`… and an API that accepts those from `t{accepted}` on.
async fn guarded(accepted: usize) -> (Client, Arc<AtomicUsize>) {
    let issued = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&issued);
    let issue = move |body: String| async move {
        assert!(body.contains("grant_type=client_credentials"), "{body}");
        let number = count.fetch_add(1, Ordering::SeqCst) + 1;
        Json(json!({"access_token": format!("t{number}"), "expires_in": 300}))
    };
    let check = move |request: Request| async move {
        let header = request.headers()[header::AUTHORIZATION].to_str().unwrap();
        let number: usize = header.trim_start_matches("Bearer t").parse().unwrap();
        let known = number >= accepted;
        if known { StatusCode::ACCEPTED } else { StatusCode::UNAUTHORIZED }
    };
    let router = Router::new()
        .route("/realms/r/protocol/openid-connect/token", post(issue))
        .route("/jobbergate/clusters/status", put(check));
    let address = serve(router).await;
    let domain = format!("{address}/realms/r");
    let secret = "s3cret".into();
    let credentials = ClientCredentials::new(&domain, false, "lab".to_owned(), secret).unwrap();
    let token = TokenSource::ClientCredentials(credentials);
    assert!(!format!("{token:?}").contains("s3cret"));
    (Client::new(&format!("http://{address}"), token).unwrap(), issued)
}

const REPORT: ClusterStatusReport =
    ClusterStatusReport { interval: 60, slurm_silent_seconds: None, slurm_problem: None };

#[tokio::test]
async fn a_token_is_asked_for_once() {
    let (client, issued) = guarded(0).await;
    let calls = (0..5).map(|_| client.report_cluster_status(&REPORT));
    for result in futures::future::join_all(calls).await {
        result.unwrap();
    }
    assert_eq!(issued.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let (client, issued) = guarded(2).await;
    client.report_cluster_status(&REPORT).await.unwrap();
    assert_eq!(issued.load(Ordering::SeqCst), 2);
    let (client, issued) = guarded(100).await;
    let error = client.report_cluster_status(&REPORT).await.unwrap_err();
    assert_eq!(error.status(), Some(StatusCode::UNAUTHORIZED));
    assert_eq!(issued.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let router = Router::new().route("/health", get(std::future::pending::<()>));
    let address = serve(Router::new().nest("/jobbergate", router)).await;
    let deadline = Duration::from_millis(300);
    let url = format!("http://{address}");
    let client = Client::with_deadline(&url, TokenSource::Anonymous, deadline).unwrap();
    let begin = Instant::now();
    let error = client.health().await.unwrap_err();
    assert!(matches!(&error, Error::Unreachable { .. }) && error.may_pass(), "{error}");
    assert!(begin.elapsed() < Duration::from_secs(5));
    let nobody = Client::new("http://127.0.0.1:9", TokenSource::Anonymous).unwrap();
    let error = nobody.health().await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_refusal_is_quoted() {
    let invalid = || async {
        let problem = json!({"type": "missing", "loc": ["body", "id"], "msg": "Field required"});
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"detail": [problem]})))
    };
    let gone = || async { (StatusCode::NOT_FOUND, Json(json!({"detail": "Gone"}))) };
    let router = Router::new()
        .route("/job-submissions/7", get(gone))
        .route("/job-scripts/7", get(invalid))
        .route("/clusters/status/lab", get(|| async { "not JSON" }));
    let client = anonymous(router).await;
    let gone = client.submission(7).await.unwrap_err();
    assert!(!gone.may_pass() && gone.to_string().contains("404 Not Found: Gone"), "{gone}");
    let Error::Status { detail: Detail::Validation(problems), .. } =
        client.script(7).await.unwrap_err()
    else {
        panic!("not a validation error")
    };
    assert_eq!(problems[0].msg, "Field required");
    let nonsense = client.cluster_status("lab").await.unwrap_err();
    assert!(matches!(nonsense, Error::Undecodable { .. }), "{nonsense}");
}

#[tokio::test]
async fn what_a_proxy_says_of_a_missing_server_is_no_answer_of_the_server() {
    let own = || async { (StatusCode::NOT_FOUND, Json(json!({"detail": "Not Found"}))) };
    let proxy = || async { (StatusCode::NOT_FOUND, "404 page not found\n") };
    let router = Router::new()
        .route("/job-submissions/7", get(own))
        .route("/job-submissions/8", get(proxy))
        .route("/job-submissions/9", get(|| async { StatusCode::NOT_FOUND }));
    let client = anonymous(router).await;
    let own = client.submission(7).await.unwrap_err();
    assert!(own.is_unknown_route() && !own.is_foreign() && !own.may_pass(), "{own}");
    for id in [8, 9] {
        let proxy = client.submission(id).await.unwrap_err();
        assert!(proxy.is_unknown_route() && proxy.is_foreign() && proxy.may_pass(), "{proxy}");
    }
}

#[tokio::test]
async fn all_pages_are_read() {
    let active = |Query(page): Query<Paging>| async move {
        let row = |id| json!({"id": id, "name": "n", "status": "SUBMITTED", "slurm_job_id": id});
        let rows: Vec<Value> = (0..page.size).map(|i| row((page.page - 1) * 100 + i)).collect();
        let rows = if page.page == 3 { &rows[..5] } else { &rows[..] };
        Json(json!({"items": rows, "total": 205, "page": page.page, "size": 100, "pages": 3}))
    };
    let client = anonymous(Router::new().route("/job-submissions/agent/active", get(active))).await;
    let rows = client.active(None).await.unwrap();
    assert_eq!(rows.len(), 205);
    assert!(rows.iter().enumerate().all(|(i, row)| row.id == i as i64));
}

#[tokio::test]
async fn what_an_agent_follows_is_read_by_number_from_a_server_that_can() {
    #[derive(serde::Deserialize)]
    struct After {
        after: i64,
    }
    let followed = |Query(After { after }): Query<After>| async move {
        let row = |id| json!({"id": id, "name": "n", "status": "SUBMITTED", "slurm_job_id": id});
        let unreadable = |id| json!({"id": id, "status": "MELTED"});
        let rows = (after + 1..=2005).take(1000);
        Json(json!(
            rows.map(|id| if id == 1000 { unreadable(id) } else { row(id) }).collect::<Vec<_>>()
        ))
    };
    let client =
        anonymous(Router::new().route("/job-submissions/agent/followed", get(followed))).await;
    let rows = client.active(Some("one")).await.unwrap();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, (1..=2005).filter(|id| *id != 1000).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_moves_over_the_border_of_two_pages_is_found() {
    let asked = Arc::new(AtomicUsize::new(0));
    // The first of 101 is deleted after the first page was read.
    let active = |Query(page): Query<Paging>| async move {
        let deleted = asked.fetch_add(1, Ordering::SeqCst).min(1) as i64;
        let row = |id| json!({"id": id, "name": "n", "status": "SUBMITTED", "slurm_job_id": id});
        let all: Vec<Value> = (deleted..101).map(row).collect();
        let rows: Vec<_> = all.chunks(100).nth(page.page as usize - 1).unwrap_or(&[]).to_vec();
        let (total, pages) = (all.len(), all.len().div_ceil(100));
        Json(json!({"items": rows, "total": total, "page": page.page, "size": 100, "pages": pages}))
    };
    let client = anonymous(Router::new().route("/job-submissions/agent/active", get(active))).await;
    let rows = client.active(None).await.unwrap();
    assert!(rows.iter().any(|row| row.id == 100), "{}", rows.len());
}

#[tokio::test]
async fn names_travel_unharmed() {
    let content = |Path(name): Path<String>| async move { name };
    let upload = |Path((id, role)): Path<(String, String)>, request: Request| async move {
        let query = request.uri().query().unwrap_or_default().to_owned();
        let view = json!({"parent_id": 1, "filename": format!("{id} {role} {query}"),
            "file_type": "SUPPORT", "created_at": "2026-01-02T03:04:05Z",
            "updated_at": "2026-01-02T03:04:05Z"});
        Json(view).into_response()
    };
    let router = Router::new()
        .route("/job-scripts/1/upload/{*name}", get(content))
        .route("/job-script-templates/{id}/upload/template/{role}", put(upload));
    let client = anonymous(router).await;
    for name in ["job.sh", "data/in put.txt", "100%/ä?#.txt"] {
        assert_eq!(client.script_file(1, name).await.unwrap(), name.as_bytes());
    }
    let file = client.upload_template_file("a b", FileType::Support, "x&y", b"1").await.unwrap();
    assert_eq!(file.filename, "a b SUPPORT filename=x%26y");
}

#[tokio::test]
async fn samples_are_uploaded_in_as_many_requests_as_they_need() {
    let bodies = Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = Arc::clone(&bodies);
    let keep = move |request: Request| async move {
        assert_eq!(request.headers()[header::CONTENT_TYPE], "application/octet-stream");
        let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
        seen.lock().unwrap().push(body);
        StatusCode::NO_CONTENT
    };
    let route = "/job-submissions/agent/metrics/7";
    let times = r#"{"job_submission_id": 7, "max_times": [
        {"max_time": 5, "node_host": "n1", "step": 0, "task": 2}]}"#;
    let known = move || async move { times };
    let client = anonymous(Router::new().route(route, put(keep).get(known))).await;
    let sample = MetricSample {
        time: 1_700_000_000,
        node_host: "n1".to_owned(),
        step: 1,
        task: -2,
        cpu_frequency: 1.5,
        cpu_time: 0.0,
        cpu_utilization: 0.0,
        gpu_memory: 1,
        gpu_utilization: 0.0,
        page_faults: 2,
        memory_rss: 3,
        disk_read: 4,
        memory_virtual: 5,
        disk_write: 6,
    };
    client.upload_metrics(7, &[]).await.unwrap();
    assert_eq!(bodies.lock().unwrap().len(), 0);
    client.upload_metrics(7, &vec![sample; 2341]).await.unwrap();
    let bodies = std::mem::take(&mut *bodies.lock().unwrap());
    let heads: Vec<_> = bodies.iter().map(|body| &body[..5]).collect();
    assert_eq!(heads, [[0xdd, 0, 0, 0x09, 0x24], [0xdd, 0, 0, 0, 1]]);
    assert!(bodies[0].len() < 1 << 20, "{}", bodies[0].len());
    let integer = |number: i64| [&[0xd3], number.to_be_bytes().as_slice()].concat();
    let float = |number: f64| [&[0xcb], number.to_be_bytes().as_slice()].concat();
    let row = [
        vec![0xdd, 0, 0, 0, 14],
        integer(1_700_000_000),
        b"\xdb\0\0\0\x02n1".to_vec(),
        integer(1),
        integer(-2),
        float(1.5),
        float(0.0),
        float(0.0),
        integer(1),
        float(0.0),
        integer(2),
        integer(3),
        integer(4),
        integer(5),
        integer(6),
    ];
    assert_eq!(bodies[1][5..], row.concat());
    let known = client.metric_max_times(7).await.unwrap();
    assert_eq!((known.max_times[0].max_time, known.max_times[0].task), (5, 2));
}

/// A server that is busy for the first `busy` requests, and the client's rules.
async fn busy(busy: usize, retries: bool) -> (Client, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let (asked, told) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, tell) = (Arc::clone(&asked), Arc::clone(&told));
    let answer = move || async move {
        match count.fetch_add(1, Ordering::SeqCst) < busy {
            true => StatusCode::SERVICE_UNAVAILABLE,
            false => StatusCode::OK,
        }
    };
    let client = anonymous(Router::new().route("/health", get(answer.clone()).post(answer))).await;
    if !retries {
        return (client, asked, told);
    }
    let retries = Retries {
        attempts: 3,
        first_pause: Duration::from_millis(10),
        patience: Duration::from_secs(10),
        tell: Arc::new(move |_| {
            tell.fetch_add(1, Ordering::SeqCst);
        }),
    };
    (client.with_retries(retries), asked, told)
}

#[tokio::test]
async fn calls_are_made_again_only_if_the_caller_wants_it() {
    for (is_busy, wanted, calls, is_well) in
        [(1, false, 1, false), (1, true, 2, true), (2, true, 3, true), (9, true, 3, false)]
    {
        let (client, asked, told) = busy(is_busy, wanted).await;
        assert_eq!(client.health().await.is_ok(), is_well);
        let counts = [&asked, &told].map(|count| count.load(Ordering::SeqCst));
        assert_eq!(counts, [calls, calls - 1]);
    }
}

#[tokio::test]
async fn what_makes_something_is_not_made_twice_by_a_server_without_keys() {
    let (client, asked, _) = busy(9, true).await;
    client.request(Method::POST, &["health"]).send().await.unwrap_err();
    client.request(Method::POST, &["health"]).key("k".to_owned()).send().await.unwrap_err();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    // It surely was not done.
    let nobody = Client::new("http://127.0.0.1:9", TokenSource::Anonymous).unwrap();
    let told = Arc::new(AtomicUsize::new(0));
    let tell = Arc::clone(&told);
    let nobody = nobody.with_retries(Retries {
        attempts: 3,
        first_pause: Duration::from_millis(10),
        patience: Duration::from_secs(10),
        tell: Arc::new(move |_| {
            tell.fetch_add(1, Ordering::SeqCst);
        }),
    });
    nobody.request(Method::POST, &["health"]).send().await.unwrap_err();
    assert_eq!(told.load(Ordering::SeqCst), 2);
}
