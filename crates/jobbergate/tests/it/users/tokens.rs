//! Logging in, and tokens on disk.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    os::unix::fs::PermissionsExt,
    process::{Child, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    liar::Liar,
    visitor::Visitor,
    world::{Outcome, World},
};

/// A token that says this, and that nobody has signed.
fn unsigned(claims: &Value) -> String {
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn expired() -> String {
    unsigned(&json!({"exp": 1, "email": "alice@example.com"}))
}

fn in_an_hour() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() + 3600
}

/// `jobbergate login`, and the link that it shows.
fn begin(world: &World, more: &[&str]) -> (Child, BufReader<std::process::ChildStdout>, String) {
    let mut command = world.command(&[&["login"], more].concat());
    command.env("COLUMNS", "200").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("http") {
        line.clear();
        assert_ne!(out.read_line(&mut line).unwrap(), 0);
    }
    let link = line.trim_matches(['│', ' ', '\n']).to_owned();
    (child, out, link)
}

fn end(child: Child, mut out: BufReader<std::process::ChildStdout>) -> Outcome {
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    Outcome { code: output.status.code(), out: rest, err }
}

async fn log_in(world: &World) {
    let (child, out, link) = begin(world, &[]);
    Visitor::alice(world).decide(&link, "allow").await;
    let outcome = end(child, out);
    assert!(outcome.out.contains("alice@example.com"), "{outcome:?}");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[tokio::test]
async fn alice_logs_in_works_is_refreshed_and_logs_out() {
    let world = World::of_strangers();
    log_in(&world).await;
    for name in ["access.token", "refresh.token"] {
        let text = fs::read_to_string(world.token_file(name)).unwrap();
        assert!(text.split('.').count() == 3 && !text.contains(char::is_whitespace), "{text}");
        let mode = fs::metadata(world.token_file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    world.run(&["applications", "list"]).well();
    let refresh = world.run(&["show-token", "--refresh", "--plain"]).well();
    assert_eq!(refresh.trim(), fs::read_to_string(world.token_file("refresh.token")).unwrap());
    // It has ended, or is gone: the refresh token gives another.
    fs::write(world.token_file("access.token"), expired()).unwrap();
    world.run(&["job-submissions", "list"]).well();
    fs::remove_file(world.token_file("access.token")).unwrap();
    world.run(&["job-submissions", "list"]).well();
    assert_ne!(refresh.trim(), fs::read_to_string(world.token_file("refresh.token")).unwrap());
    let claims = world.run(&["show-token", "--decode"]).json();
    assert_eq!(
        (&claims["email"], &claims["azp"]),
        (&json!("alice@example.com"), &json!("default"))
    );
    assert!(world.run(&["logout"]).well().contains("Logged out"));
    assert!(
        !world.token_file("access.token").exists() && !world.token_file("refresh.token").exists()
    );
    world.run(&["logout"]).well();
    let words = world.run(&["applications", "list"]).failed(1);
    assert!(
        words.starts_with("Authentication error\n") && words.contains("jobbergate login"),
        "{words}"
    );
}

#[tokio::test]
async fn alice_logs_in_with_the_browser_of_her_machine() {
    let world = World::of_strangers();
    let (child, out, link) = begin(&world, &["--browser"]);
    // Something else of her machine, and a connection that is never used.
    let query = link.split_once('?').unwrap().1;
    let query: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    let address = query.iter().find(|(name, _)| name == "redirect_uri").unwrap().1.to_string();
    let port = address.trim_start_matches("http://127.0.0.1:").split('/').next().unwrap();
    let _idle = std::net::TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    let forged = reqwest::get(format!("{address}?code=x&state=y")).await.unwrap();
    assert_eq!(forged.status(), 404);
    let page = Visitor::alice(&world).decide_and_come_back(&link, "allow").await;
    assert!(page.contains("You are logged in."), "{page}");
    let outcome = end(child, out);
    assert!(outcome.out.contains("alice@example.com"), "{outcome:?}");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    world.run(&["applications", "list"]).well();
    fs::write(world.token_file("access.token"), expired()).unwrap();
    world.run(&["applications", "list"]).well();
}

#[tokio::test]
async fn who_says_no_in_the_browser_is_not_logged_in() {
    let world = World::of_strangers();
    let (child, out, link) = begin(&world, &["--browser"]);
    let page = Visitor::alice(&world).decide_and_come_back(&link, "deny").await;
    assert!(page.contains("You are not logged in"), "{page}");
    let outcome = end(child, out);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.err.contains("The log-in was refused"), "{outcome:?}");
    assert!(!world.token_file("access.token").exists());
}

#[test]
fn a_link_that_is_longer_than_the_terminal_stays_whole() {
    let world = World::of_strangers();
    let mut command = world.command(&["login", "--browser"]);
    command.env("COLUMNS", "60").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let link = lines.find(|line| line.contains("http://")).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(link.starts_with("http://") && link.contains("code_challenge_method=S256"), "{link}");
}

/// A token of a minute, which ends in so many seconds.
fn ending_in(seconds: u64) -> String {
    let end = in_an_hour() - 3600 + seconds;
    unsigned(&json!({"iat": end - 60, "exp": end, "email": "a@example.com"}))
}

#[test]
fn a_token_is_refreshed_before_it_ends_and_good_until_then() {
    let world = World::of_strangers();
    let well = provider(&["tokens"]);
    let domain = format!("{}/realms/x", well.address());
    let shown = |domain: &str| {
        world.run_with(&["show-token", "--plain"], &[("OIDC_DOMAIN", domain)]).well()
    };
    let keep = |token: &str| {
        world.become_owner_of(token);
        fs::write(world.token_file("refresh.token"), "refresh").unwrap();
    };
    let (early, late) = (ending_in(40), ending_in(8));
    keep(&early);
    assert_eq!(shown(&domain).trim(), early);
    keep(&late);
    // The provider is away, and the token good for now.
    assert_eq!(shown("127.0.0.1:1/realms/x").trim(), late);
    assert_ne!(shown(&domain).trim(), late);
    assert_eq!(fs::read_to_string(world.token_file("refresh.token")).unwrap(), "opaque");
    // Nothing to refresh it with.
    fs::remove_file(world.token_file("refresh.token")).unwrap();
    world.become_owner_of(&late);
    assert_eq!(shown(&domain).trim(), late);
}

#[tokio::test]
async fn command_lines_that_refresh_at_once_all_get_a_token() {
    let world = World::of_strangers();
    log_in(&world).await;
    for _ in 0..3 {
        fs::write(world.token_file("access.token"), expired()).unwrap();
        let started: Vec<_> = (0..8)
            .map(|_| {
                let mut command = world.command(&["--raw", "applications", "list"]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in started {
            Outcome::from(child.wait_with_output().unwrap()).well();
        }
    }
    world.run(&["show-token", "--plain"]).well();
}

#[tokio::test]
async fn who_is_denied_hears_of_it_at_once() {
    let world = World::of_strangers();
    let (child, out, link) = begin(&world, &["--device"]);
    Visitor::alice(&world).decide(&link, "deny").await;
    let outcome = end(child, out);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.err.contains("The log-in was refused"), "{outcome:?}");
    assert!(!world.token_file("access.token").exists());
}

#[test]
fn a_token_is_shown_in_several_ways() {
    let world = World::open();
    let token = fs::read_to_string(world.token_file("access.token")).unwrap();
    let shown = |more: &[&str]| world.run(&[&["show-token", "--plain"], more].concat()).well();
    assert_eq!(shown(&[]), format!("{token}\n"));
    assert_eq!(shown(&["--prefix"]), format!("Bearer {token}\n"));
    assert_eq!(shown(&["--header"]), format!("{{ \"Authorization\": \"Bearer {token}\" }}\n"));
    assert!(world.run(&["show-token"]).well().contains("─ Access Token ─"));
    let words = world.run(&["show-token", "--refresh"]).failed(1);
    assert!(words.starts_with("Authentication error\n"), "{words}");
}

#[test]
fn a_client_with_a_secret_needs_nobody() {
    let world = World::of_strangers();
    let made: Value =
        serde_json::from_str(&world.admin(&["client", "create", "robot", "--json"])).unwrap();
    let secret = made["client_secret"].as_str().unwrap();
    let robot = [("OIDC_CLIENT_ID", "robot"), ("OIDC_CLIENT_SECRET", secret)];
    let claims = world.run_with(&["show-token", "--decode"], &robot).json();
    assert_eq!(claims["azp"], "robot");
    let wrong = [("OIDC_CLIENT_ID", "robot"), ("OIDC_CLIENT_SECRET", "wrong")];
    fs::remove_file(world.token_file("access.token")).unwrap();
    let words = world.run_with(&["show-token"], &wrong).failed(1);
    assert!(words.contains("Authentication error") && !words.contains(secret), "{words}");
}

/// A provider that answers questions for tokens in turn.
fn provider(tokens: &'static [&'static str]) -> Liar {
    let asked = std::sync::atomic::AtomicUsize::new(0);
    Liar::that_answers(move |request| {
        if request.contains("auth/device") {
            let device = json!({"device_code": "d", "verification_uri_complete": "http://x/y",
                "interval": 1, "expires_in": 60});
            return (200, device.to_string());
        }
        let at = asked.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        match tokens[at.min(tokens.len() - 1)] {
            "tokens" => {
                let access = unsigned(&json!({"exp": in_an_hour(), "email": "a@example.com"}));
                (200, json!({"access_token": access, "refresh_token": "opaque"}).to_string())
            }
            "endless" => {
                let access = unsigned(&json!({"email": "a@example.com"}));
                (200, json!({"access_token": access}).to_string())
            }
            "nameless" => {
                let access = unsigned(&json!({"exp": in_an_hour()}));
                (200, json!({"access_token": access}).to_string())
            }
            "away" => (503, "<h1>Service Unavailable</h1>".to_owned()),
            error => (400, json!({"error": error}).to_string()),
        }
    })
}

#[test]
fn a_log_in_may_have_any_time() {
    let world = World::of_strangers();
    let patient = Liar::that_answers(|request| {
        if request.contains("auth/device") {
            let device = json!({"device_code": "d", "verification_uri_complete": "http://x/y",
                "interval": u64::MAX, "expires_in": u64::MAX});
            return (200, device.to_string());
        }
        let access = unsigned(&json!({"exp": in_an_hour(), "email": "a@example.com"}));
        (200, json!({"access_token": access}).to_string())
    });
    let outcome = log_in_at(&world, &patient);
    assert!(outcome.well().contains("Logged in!"));
}

fn log_in_at(world: &World, provider: &Liar) -> Outcome {
    let domain = format!("{}/realms/x", provider.address());
    world.run_with(&["login"], &[("OIDC_DOMAIN", domain.as_str())])
}

#[test]
fn providers_of_all_kinds_are_understood_or_told_of() {
    let world = World::of_strangers();
    let patient = provider(&["authorization_pending", "slow_down", "tokens"]);
    let begin = std::time::Instant::now();
    assert!(log_in_at(&world, &patient).well().contains("Logged in!"));
    assert!(begin.elapsed() >= Duration::from_secs(7), "{:?}", begin.elapsed());
    // A refresh token need not be a JWT.
    assert_eq!(fs::read_to_string(world.token_file("refresh.token")).unwrap(), "opaque");
    world.run(&["logout"]).well();
    for (answer, expected) in [
        (&["expired_token"][..], "not completed in time"),
        (&["invalid_client"], "invalid_client"),
        (&["endless"], "says when it ends"),
        (&["nameless"], "names no e-mail address"),
    ] {
        let outcome = log_in_at(&world, &provider(answer));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.err.contains(expected), "{outcome:?}");
        assert!(!world.token_file("access.token").exists());
    }
    let away = [("OIDC_DOMAIN", "127.0.0.1:1/realms/x")];
    let words = world.run_with(&["login"], &away).failed(1);
    assert!(words.contains("did not answer") && words.contains("OIDC_DOMAIN"), "{words}");
}

#[tokio::test]
async fn who_logs_in_while_the_server_restarts_is_logged_in() {
    let mut world = World::of_strangers();
    let (child, out, link) = begin(&world, &[]);
    // Longer than the pause between two questions.
    world.restart(|_| std::thread::sleep(Duration::from_secs(7)));
    Visitor::alice(&world).decide(&link, "allow").await;
    let outcome = end(child, out);
    assert!(outcome.out.contains("alice@example.com"), "{outcome:?}");
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
}

#[test]
fn a_provider_that_is_away_is_asked_until_the_time_is_over() {
    let world = World::of_strangers();
    let restarting = provider(&["authorization_pending", "away", "away", "tokens"]);
    assert!(log_in_at(&world, &restarting).well().contains("Logged in!"));
    let gone = Liar::that_answers(|request| match request.contains("auth/device") {
        true => {
            let device = json!({"device_code": "d", "verification_uri_complete": "http://x/y",
                "interval": 1, "expires_in": 3});
            (200, device.to_string())
        }
        false => (502, String::new()),
    });
    let outcome = log_in_at(&world, &gone);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.err.contains("The identity provider did not answer"), "{outcome:?}");
    assert!(outcome.err.contains("502"), "{outcome:?}");
}

#[test]
fn nobody_is_sent_to_log_in_for_tokens_that_cannot_be_kept() {
    let world = World::of_strangers();
    fs::write(world.path("file"), "").unwrap();
    let file = world.path("file");
    for line in [&["login"][..], &["login", "--browser"]] {
        let words = world.run_with(line, &[("JOBBERGATE_CACHE_DIR", file.to_str().unwrap())]);
        let words = words.failed(1);
        assert!(words.starts_with("Authentication error\n"), "{words}");
        assert!(words.contains("file/token"), "{words}");
    }
}

#[test]
fn a_cache_that_cannot_be_used_is_named() {
    let world = World::open();
    fs::write(world.path("file"), "").unwrap();
    let file = world.path("file");
    let words = world
        .run_with(&["applications", "list"], &[("JOBBERGATE_CACHE_DIR", file.to_str().unwrap())]);
    let words = words.failed(1);
    assert!(words.starts_with("Authentication error\n") && words.contains("file/token"), "{words}");
    // What is no token is none.
    fs::write(world.token_file("access.token"), "from another version").unwrap();
    assert!(world.run(&["applications", "list"]).failed(1).contains("jobbergate login"));
}
