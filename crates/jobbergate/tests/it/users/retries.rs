//! Requests that are sent again, and nothing that is done twice.

use std::{
    fs::{self, OpenOptions},
    os::unix::fs::OpenOptionsExt,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{
    liar::Liar,
    mishap::{BAD_GATEWAY, Fate, NOT_FOUND, Proxy},
    world::{Outcome, World},
};

const SUBMIT: &str = "POST /jobbergate/job-submissions HTTP/1.1";

impl World {
    fn through(&self, proxy: &Proxy, line: &[&str]) -> Outcome {
        self.run_with(line, &[("BASE_API_URL", proxy.url().as_str())])
    }

    fn count(&self, group: &str) -> usize {
        let line = ["--raw", group, "list", "--all", "--size", "100"];
        self.run(&line).json().as_array().unwrap().len()
    }
}

/// What loses the first two answers to a request that creates something.
fn losing(fate: Fate) -> impl Fn(&str, usize) -> Fate {
    move |line, before| match line.starts_with("POST") && before < 2 {
        true => fate.clone(),
        false => Fate::Passed,
    }
}

#[test]
fn an_answer_that_is_lost_makes_nothing_twice() {
    let world = World::open().with_script();
    world.run(&["job-submissions", "create", "1", "-n", "x"]).well();
    world.write("alone.sh", "#!/bin/bash\necho\n");
    for (group, line) in [
        ("job-submissions", vec!["create", "1", "-n", "x"]),
        ("job-submissions", vec!["clone", "1"]),
        ("job-scripts", vec!["create", "wind", "-f", "--no-submit", "--no-download"]),
        ("job-scripts", vec!["create-stand-alone", "alone.sh", "--name", "x"]),
        ("job-scripts", vec!["clone", "1"]),
        ("applications", vec!["create", "-n", "x", "-a", "wind"]),
        ("applications", vec!["clone", "wind"]),
    ] {
        for fate in [Fate::AnswerLost, Fate::AnswerReplaced(BAD_GATEWAY)] {
            let before = world.count(group);
            let proxy = Proxy::before(&world.address, losing(fate.clone()));
            let line = [&["--raw", group], &line[..]].concat();
            let made = world.through(&proxy, &line).json();
            assert!(made.is_object(), "{line:?}: {made}");
            assert_eq!(world.count(group), before + 1, "{line:?} {fate:?}");
            let requests = proxy.seen("POST ");
            assert_eq!(requests.len(), 3, "{requests:?}");
            let key = |request: &String| {
                let line = request.lines().find(|line| line.starts_with("idempotency-key: "));
                line.unwrap().to_owned()
            };
            assert!(requests.iter().all(|request| key(request) == key(&requests[0])));
        }
    }
}

#[test]
fn a_server_that_knows_of_no_keys_is_not_asked_twice() {
    let world = World::open().with_script();
    let proxy = Proxy::before(&world.address, |line, _| match line {
        SUBMIT => Fate::AnswerLost,
        "GET /jobbergate/openapi.json HTTP/1.1" => Fate::Answered(NOT_FOUND),
        _ => Fate::Passed,
    });
    let words = world.through(&proxy, &["job-submissions", "create", "1", "-n", "x"]).failed(1);
    assert!(words.starts_with("REQUEST FAILED - ReadError\nCouldn't create"), "{words}");
    assert!(words.contains("may have been done nevertheless"), "{words}");
    assert_eq!((proxy.seen(SUBMIT).len(), world.count("job-submissions")), (1, 1));
}

#[test]
fn what_may_be_done_twice_is_tried_again() {
    let world = World::open().with_script();
    let proxy = Proxy::before(&world.address, |_, before| match before {
        0 => Fate::AnswerLost,
        1 => Fate::AnswerReplaced(BAD_GATEWAY),
        _ => Fate::Passed,
    });
    world.through(&proxy, &["job-scripts", "get-one", "1"]).well();
    world.through(&proxy, &["job-scripts", "update", "1", "--name", "y"]).well();
    world.through(&proxy, &["applications", "update", "wind", "-a", "wind"]).well();
    // It was deleted by the first, so that the last finds nothing.
    world.through(&proxy, &["job-scripts", "delete", "1"]).well();
    assert_eq!(proxy.seen("DELETE ").len(), 3);
    let words = world.run(&["job-scripts", "delete", "9"]).failed(1);
    assert!(words.starts_with("REQUEST FAILED - Not Found\n"), "{words}");
}

#[test]
fn what_can_be_done_once_only_is_not_tried_again() {
    let world = World::open().with_script();
    world.run(&["job-submissions", "create", "1", "-n", "x"]).well();
    let proxy = Proxy::before(&world.address, |line, _| match line.starts_with("PUT") {
        true => Fate::AnswerLost,
        false => Fate::Passed,
    });
    for line in [
        vec!["job-submissions", "cancel", "1"],
        vec!["applications", "update", "wind", "--update-identifier", "storm"],
    ] {
        let before = proxy.seen("PUT ").len();
        let words = world.through(&proxy, &line).failed(1);
        assert!(
            words.contains("ReadError") && words.contains("may have been done nevertheless"),
            "{words}"
        );
        assert_eq!(proxy.seen("PUT ").len(), before + 1, "{line:?}");
    }
}

#[test]
fn only_what_may_pass_is_tried_again_and_not_for_ever() {
    let world = World::open();
    for (status, body, attempts) in [
        (502, "", 4),
        (503, r#"{"detail": "busy"}"#, 4),
        (504, "", 4),
        (429, r#"{"detail": "too much"}"#, 4),
        (500, r#"{"detail": "broken"}"#, 1),
        (404, r#"{"detail": "none"}"#, 1),
        (409, r#"{"detail": "taken"}"#, 1),
        (507, r#"{"detail": "full"}"#, 1),
    ] {
        let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&asked);
        let liar = Liar::that_answers(move |_| {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            (status, body.to_owned())
        });
        let begin = Instant::now();
        let line = ["job-scripts", "get-one", "1"];
        world.run_with(&line, &[("BASE_API_URL", liar.url().as_str())]).failed(1);
        assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), attempts, "{status}");
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    }
}

#[test]
fn a_server_that_wants_to_be_left_alone_for_long_is() {
    let world = World::open();
    const LATER: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 3600\r\n\
                         content-length: 0\r\nconnection: close\r\n\r\n";
    const SOON: &str = "HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\n\
                        content-length: 0\r\nconnection: close\r\n\r\n";
    let proxy = Proxy::before(&world.address, |_, _| Fate::Answered(LATER));
    world.through(&proxy, &["applications", "list"]).failed(1);
    assert_eq!(proxy.seen("GET ").len(), 1);
    let proxy = Proxy::before(&world.address, |_, before| match before {
        0 => Fate::Answered(SOON),
        _ => Fate::Passed,
    });
    let begin = Instant::now();
    world.through(&proxy, &["applications", "list"]).well();
    assert!(begin.elapsed() >= Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn a_submission_that_is_still_under_way_is_waited_for() {
    let world = World::open().with_script();
    const UNDER_WAY: &str = "HTTP/1.1 409 Conflict\r\nretry-after: 1\r\ncontent-length: 2\r\n\
                             connection: close\r\n\r\n{}";
    let proxy = Proxy::before(&world.address, |line, before| match (line, before) {
        (SUBMIT, 0..5) => Fate::Answered(UNDER_WAY),
        _ => Fate::Passed,
    });
    world.through(&proxy, &["job-submissions", "create", "1", "-n", "x"]).well();
    assert_eq!((proxy.seen(SUBMIT).len(), world.count("job-submissions")), (6, 1));
}

#[test]
fn a_job_that_slurm_has_is_told_of_once_whatever_is_lost() {
    let world = World::open().with_script();
    world.write("sbatch", "#!/bin/sh\necho submitted >> ../log\necho 42\n");
    let path = world.path("sbatch");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(&path, mode).unwrap();
    let proxy = Proxy::before(&world.address, |line, before| match (line, before) {
        (SUBMIT, 0..5) => Fate::AnswerLost,
        _ => Fate::Passed,
    });
    let line =
        ["--raw", "job-submissions", "create", "1", "-n", "x", "--execution-directory", "run"];
    let variables = [("SBATCH_PATH", path.to_str().unwrap()), ("BASE_API_URL", &proxy.url())];
    let made: Value = world.run_with(&line, &variables).json();
    assert_eq!(made["slurm_job_id"], json!(42));
    assert_eq!(world.read("log"), "submitted\n");
    assert_eq!(world.count("job-submissions"), 1);
}

#[test]
fn a_doubt_stays_whatever_the_attempts_after_it_meet() {
    let world = World::open().with_script();
    const TOO_MUCH: &str = "HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\
                            connection: close\r\n\r\n{}";
    const REFUSED: &str = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\
                           connection: close\r\n\r\n{}";
    const STILL_AT_IT: &str = "HTTP/1.1 409 Conflict\r\nretry-after: 60\r\ncontent-length: 2\r\n\
                               connection: close\r\n\r\n{}";
    let line = ["job-submissions", "create", "1", "-n", "x"];
    for (rounds, after) in [(1, TOO_MUCH), (2, REFUSED), (3, STILL_AT_IT)] {
        let proxy = Proxy::before(&world.address, move |line, before| match (line, before) {
            (SUBMIT, 0) => Fate::AnswerLost,
            (SUBMIT, _) => Fate::Answered(after),
            _ => Fate::Passed,
        });
        let words = world.through(&proxy, &line).failed(1);
        assert!(words.contains("may have been done nevertheless"), "{after}: {words}");
        assert_eq!(world.count("job-submissions"), rounds);
    }
    // What another attempt, of which nothing else is known, is still at.
    let proxy = Proxy::before(&world.address, |line, _| match line {
        SUBMIT => Fate::Answered(STILL_AT_IT),
        _ => Fate::Passed,
    });
    let words = world.through(&proxy, &line).failed(1);
    assert!(words.contains("still at it -- It may have been done nevertheless"), "{words}");
    // What surely was not done may be done again.
    let proxy = Proxy::before(&world.address, |line, _| match line {
        SUBMIT => Fate::Answered(TOO_MUCH),
        _ => Fate::Passed,
    });
    let words = world.through(&proxy, &line).failed(1);
    assert!(!words.contains("nevertheless"), "{words}");
}

/// Puts a pipe in the place of a file, from which nothing can be read; what was there.
fn clog(path: &Path) -> Vec<u8> {
    let content = fs::read(path).unwrap();
    fs::remove_file(path).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    content
}

fn is_being_read(pipe: &Path) -> bool {
    let nonblocking = 0o4000;
    OpenOptions::new().write(true).custom_flags(nonblocking).open(pipe).is_ok()
}

#[test]
fn a_server_that_is_killed_in_the_middle_makes_one_script_when_it_is_back() {
    let mut world = World::open().with_wind();
    let files = world.data.path().join("files/job_script_template_files/1");
    let template = files.join("wind.sh.j2");
    let content = clog(&template);
    let line = ["--raw", "job-scripts", "create", "wind", "-f", "--no-submit", "--no-download"];
    let mut command = world.command(&line);
    command.env("JOBBERGATE_REQUESTS_TIMEOUT", "60");
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begin = Instant::now();
    while !is_being_read(&template) {
        assert!(begin.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    }
    world.restart(|_| {
        fs::remove_file(&template).unwrap();
        fs::write(&template, content).unwrap();
    });
    let made = Outcome::from(child.wait_with_output().unwrap()).json();
    assert_eq!(made["name"], "Wind tunnel");
    assert_eq!(world.count("job-scripts"), 1);
}
