//! What jobs write, on the screens of their owners.

use std::{
    process::Command,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use jobbergate_types::{
    SlurmJobState,
    job_submissions::JobSubmissionStatus,
    output::{OutputPart, OutputQuery, OutputStream},
};
use reqwest::StatusCode;

use crate::support::{AgentOptions, Site, script_of};

/// Follows a job as `logs -f` does, until it has ended.
async fn follow(site: &Site, id: i64, mut heard: impl FnMut(&OutputPart)) -> String {
    let mut query = OutputQuery { from: Some(0), wait: 30, ..OutputQuery::default() };
    let (mut text, end) = (Vec::new(), Instant::now() + Duration::from_secs(90));
    loop {
        assert!(Instant::now() < end, "{}", String::from_utf8_lossy(&text));
        match site.alice.submission_output(id, &query).await {
            Ok(part) => {
                heard(&part);
                text.extend_from_slice(&part.bytes);
                if part.ended {
                    return String::from_utf8(text).unwrap();
                }
                query = query.after(&part);
            }
            Err(error) if error.status() == Some(StatusCode::CONFLICT) => {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn an_owner_sees_each_line_soon_after_it_was_written_and_the_end() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let script = "for i in $(seq 10); do date +%s.%N; sleep 1; done; echo the end";
    let id = site.submit(&script_of(script)).await;
    let mut delays = Vec::new();
    let text = follow(&site, id, |part| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let text = String::from_utf8_lossy(&part.bytes);
        delays.extend(text.lines().filter_map(|line| line.parse::<f64>().ok()).map(|at| now - at));
    });
    let text = text.await;
    assert_eq!(text.lines().count(), 11, "{text}");
    assert!(text.ends_with("the end\n"));
    delays.sort_by(f64::total_cmp);
    println!("from the job to the screen: {delays:.3?}");
    assert!(delays[delays.len() / 2] < 5.0, "{delays:?}");
    let whole = site.alice.submission_output(id, &OutputQuery::default()).await.unwrap();
    assert_eq!((whole.bytes, whole.ended), (text.into_bytes(), true));
}

#[tokio::test]
async fn output_is_read_by_its_owner_only_and_stays_where_it_is() {
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("echo out; echo err >&2; echo 0123456789")).await;
    site.wait_for_status(id, JobSubmissionStatus::Done).await;
    let stderr =
        OutputQuery { stream: OutputStream::Stderr, from: Some(-11), ..Default::default() };
    let part = site.alice.submission_output(id, &stderr).await.unwrap();
    assert_eq!(part.bytes, b"0123456789\n");
    assert!(part.path.starts_with(site.work.path().to_str().unwrap()), "{}", part.path);
    let bob = site.somebody("bob@example.com");
    let refused = bob.submission_output(id, &OutputQuery::default()).await.unwrap_err();
    assert_eq!(refused.status(), Some(StatusCode::FORBIDDEN));
}

/// The example in the documentation.
fn example() -> &'static str {
    let text = include_str!("../../../../docs/agent.md");
    let (_, example) = text.split_once("```sh\noutput=").unwrap();
    example.split_once("```").unwrap().0
}

#[tokio::test]
async fn a_job_is_followed_with_nothing_but_curl() {
    if Command::new("curl").arg("--version").output().is_err() {
        return jobbergate_testkit::skipped("there is no curl");
    }
    let site = Site::open();
    let _agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("for i in 1 2 3; do echo $i; sleep 1; done")).await;
    let follow = format!("output={}", example().replace("/7/", &format!("/{id}/")));
    let mut shell = Command::new("sh");
    shell.args(["-c", &follow]).env("SERVER", format!("http://{}", site.address));
    shell.env("TOKEN", site.token_of("alice@example.com"));
    let followed = tokio::task::spawn_blocking(move || shell.output().unwrap()).await.unwrap();
    let (said, complaints) = (followed.stdout, String::from_utf8_lossy(&followed.stderr));
    assert_eq!(String::from_utf8_lossy(&said), "1\n2\n3\n", "{complaints}");
    site.wait_for_status(id, JobSubmissionStatus::Done).await;
}

#[tokio::test]
async fn who_asks_while_no_agent_is_there_is_told_so() {
    let site = Site::open();
    let agent = site.agent(AgentOptions::default());
    let id = site.submit(&script_of("echo out; sleep 60")).await;
    site.wait_for_state(id, SlurmJobState::Running).await;
    let query = OutputQuery { wait: 5, ..OutputQuery::default() };
    assert_eq!(site.alice.submission_output(id, &query).await.unwrap().bytes, b"out\n");
    assert!(agent.stop());
    let nobody = site.alice.submission_output(id, &query).await.unwrap_err();
    assert_eq!(nobody.status(), Some(StatusCode::SERVICE_UNAVAILABLE));
    let _agent = site.agent(AgentOptions::default());
    assert_eq!(site.alice.submission_output(id, &query).await.unwrap().bytes, b"out\n");
    site.alice.cancel_submission(id).await.unwrap();
}
