//! Following a submission that no agent takes up, or whose server is another one.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use serde_json::json;

use super::{
    desk::{outcome, started},
    liar::Liar,
    mishap::{Fate, Proxy},
    world::World,
};

const SUBMISSIONS: &str = "job-submissions";

fn submitted() -> World {
    let world = World::open().with_script();
    world.run(&[SUBMISSIONS, "create", "1", "-n", "x"]).well();
    world
}

#[test]
fn what_waits_for_an_agent_that_is_not_there_says_so() {
    let world = submitted();
    let why = world.run(&[SUBMISSIONS, "why", "1"]).well();
    for words in ["Submission 1 (x) on cluster c1 is CREATED", "has never reported", "What to do:"]
    {
        assert!(why.contains(words), "{words}: {why}");
    }
    let late = world.run(&[SUBMISSIONS, "wait", "1", "--timeout", "1s"]).failed(124);
    assert!(late.contains("goes on"), "{late}");
    let nothing = world.run(&[SUBMISSIONS, "logs", "1"]).failed(1);
    assert!(nothing.starts_with("Couldn't show the output\n"), "{nothing}");
    assert!(nothing.contains("waits for its cluster") && nothing.contains("--follow"), "{nothing}");
    let watching = started(world.command(&[SUBMISSIONS, "watch", "1"]));
    thread::sleep(Duration::from_secs(1));
    world.run(&[SUBMISSIONS, "cancel", "1"]).well();
    let watched = outcome(watching);
    assert_eq!(watched.code, Some(121), "{watched:?}");
    assert!(watched.out.contains("CREATED     waits for the agent of cluster c1"), "{watched:?}");
    assert!(watched.out.ends_with("CANCELLED\n"), "{watched:?}");
}

#[test]
fn a_submission_that_is_not_there_or_goes_away_is_said_to() {
    let world = submitted();
    for command in ["watch", "wait", "why", "logs"] {
        let missing = world.run(&[SUBMISSIONS, command, "9"]).failed(1);
        assert!(missing.contains("9"), "{command}: {missing}");
    }
    let watching = started(world.command(&["--raw", SUBMISSIONS, "watch", "1"]));
    thread::sleep(Duration::from_secs(1));
    world.run(&[SUBMISSIONS, "delete", "1"]).well();
    let watched = outcome(watching);
    assert_eq!(watched.code, Some(123), "{watched:?}");
    assert!(watched.out.ends_with(
        "{\"event\":\"end\",\"job_submission_id\":1,\"ending\":\"deleted\",\"exit_code\":123,\
         \"status\":null,\"slurm_job_state\":null}\n"
    ));
}

/// As the Python server answers: neither events nor output.
fn python_server() -> Liar {
    let times = AtomicUsize::new(0);
    Liar::that_answers(move |request| {
        let submission = |status: &str, state: Option<&str>| {
            json!({
                "id": 7, "name": "run1", "owner_email": "alice@example.com", "is_archived": false,
                "created_at": "2026-11-29T20:00:00Z", "updated_at": "2026-11-29T20:10:00Z",
                "client_id": "c1", "status": status, "slurm_job_id": 12, "slurm_job_state": state,
                "slurm_job_info": "{\"state_reason\": \"Priority\", \"exit_code\": 512}",
            })
        };
        let step = |id: i64, state: &str| {
            json!({"id": id, "job_submission_id": 7, "timestamp": "2026-11-29T20:05:00Z",
                "slurm_job_state": state, "additional_info": null})
        };
        let path = request.split_whitespace().nth(1).unwrap().split('?').next().unwrap();
        let (status, answer) = match path {
            "/jobbergate/job-submissions/7" => match times.fetch_add(1, Ordering::SeqCst) {
                0 | 1 => (200, submission("SUBMITTED", Some("PENDING"))),
                _ => (200, submission("ABORTED", Some("FAILED"))),
            },
            "/jobbergate/job-submissions/7/progress" => {
                let mut steps = vec![step(1, "PENDING")];
                if times.load(Ordering::SeqCst) > 2 {
                    steps.extend([step(2, "RUNNING"), step(3, "FAILED")]);
                }
                let total = steps.len();
                (200, json!({"items": steps, "total": total, "page": 1, "size": 100, "pages": 1}))
            }
            "/jobbergate/clusters/status/c1" => (
                200,
                json!({"client_id": "c1", "created_at": "2026-11-01T00:00:00Z",
                    "updated_at": "2026-11-01T00:00:00Z", "last_reported": "2026-11-01T00:00:00Z",
                    "interval": 60, "is_healthy": true}),
            ),
            _ => (404, json!({"detail": "Not Found"})),
        };
        (status, answer.to_string())
    })
}

#[test]
fn a_server_without_events_and_output_is_asked_again_and_again() {
    let world = World::open();
    let server = python_server();
    let url = server.url();
    let variables = [("BASE_API_URL", url.as_str())];
    let why = world.run_with(&[SUBMISSIONS, "why", "7"], &variables).well();
    assert!(why.contains("higher priority are before it in the queue (Priority)"), "{why}");
    let watched = world.run_with(&[SUBMISSIONS, "watch", "7"], &variables);
    assert_eq!(watched.code, Some(2), "{watched:?}");
    let states: Vec<_> = watched.out.lines().skip(1).map(|line| &line[21..]).collect();
    assert_eq!(states, ["PENDING     job 12", "RUNNING", "FAILED"], "{}", watched.out);
    let logs = world.run_with(&[SUBMISSIONS, "logs", "7", "-f"], &variables).failed(1);
    assert!(logs.contains("it is the Python server, or an old one"), "{logs}");
}

#[test]
fn a_question_that_fails_for_the_moment_is_asked_again() {
    let world = submitted();
    let proxy = Proxy::before(&world.address, |_, before| match before {
        0 => Fate::Answered(
            "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        ),
        _ => Fate::Passed,
    });
    let url = proxy.url();
    let variables = [("BASE_API_URL", url.as_str())];
    let why = world.run_with(&[SUBMISSIONS, "why", "1"], &variables).well();
    assert!(why.contains("has never reported"), "{why}");
    let nothing = world.run_with(&[SUBMISSIONS, "logs", "1"], &variables).failed(1);
    assert!(nothing.contains("waits for its cluster"), "{nothing}");
    assert_eq!(proxy.seen("GET /jobbergate/job-submissions/1/output").len(), 2);
}

#[test]
fn who_follows_bears_a_provider_that_is_away_and_not_one_that_refuses() {
    let world = World::open();
    world.become_owner_of(&world.token(&["--email", "alice@example.com", "--expires-in", "12"]));
    std::fs::write(world.token_file("refresh.token"), "refresh").unwrap();
    let asked = AtomicUsize::new(0);
    let provider = Liar::that_answers(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => (503, String::new()),
        _ => (400, json!({"error": "invalid_grant"}).to_string()),
    });
    let server = Liar::that_answers(|request| match request.split_whitespace().nth(1).unwrap() {
        "/jobbergate/job-submissions/7" => {
            let submission = json!({
                "id": 7, "name": "run1", "owner_email": "alice@example.com", "is_archived": false,
                "created_at": "2026-11-29T20:00:00Z", "updated_at": "2026-11-29T20:10:00Z",
                "client_id": "c1", "status": "SUBMITTED", "slurm_job_id": 12,
            });
            (200, submission.to_string())
        }
        _ => (404, json!({"detail": "Not Found"}).to_string()),
    });
    let (url, domain) = (server.url(), format!("{}/realms/x", provider.address()));
    let mut command = world.command(&[SUBMISSIONS, "wait", "7", "--timeout", "60s"]);
    command.env("BASE_API_URL", url).env("OIDC_DOMAIN", domain);
    let waited = outcome(started(command));
    assert_eq!(waited.code, Some(1), "{waited:?}");
    let (away, refused) = ("The identity provider did not answer", "invalid_grant");
    assert!(waited.err.contains(away) && waited.err.contains(refused), "{waited:?}");
}
