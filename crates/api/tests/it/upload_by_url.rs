//! `PUT …/upload-by-url/…`

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    on_both,
    support::{Actor, Remote, TestApp, in_url},
};

const TEMPLATE: &str = "/job-script-templates/t/upload-by-url/template/SUPPORT";
const SCRIPT: &str = "/job-scripts/1/upload-by-url/SUPPORT";
const FILES: &str = "/job-script-templates/t/upload/template";

/// What the server says about a URL that it fetches nothing from.
async fn refusal(actor: &Actor, url: &str) -> String {
    let path = format!("{TEMPLATE}?file_url={}", in_url(url));
    actor.put(&path, Value::Null).await.expect(400).detail()
}

/// A server that may not fetch anything from the machine it runs on.
async fn strict() -> TestApp {
    TestApp::configured(|config| config.upload_by_url.upload_by_url_allowed_hosts.clear()).await
}

/// A server that waits for files for a second.
async fn impatient() -> TestApp {
    TestApp::configured(|config| config.upload_by_url.upload_by_url_timeout = 1).await
}

on_both! {
    async fn a_file_is_fetched_and_called_like_the_last_part_of_the_path(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        let id = alice.has_template("t", &[]).await;
        let put = async |query: String| alice.put(&format!("{TEMPLATE}?{query}"), Value::Null).await;
        let expected = json!({
            "parent_id": id,
            "filename": "ok.sh",
            "file_type": "SUPPORT",
            "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:00:00Z",
        });
        assert_eq!(put(remote.query("/ok.sh")).await.ok(), expected);
        assert_eq!(put(remote.query("/ok.sh?x=1#y")).await.ok(), expected);
        for (path, name) in [("/d/b%20%E2%98%83.sh", "b ☃.sh"), ("/d/..%2F..%2Fevil.sh", "evil.sh")] {
            assert_eq!(put(remote.query(path)).await.ok()["filename"], name);
            let found = alice.get(&format!("{FILES}/{}", in_url(name))).await.expect(200);
            assert_eq!(found.text, "echo remote");
        }
        let named = put(format!("filename=dir/n.sh&{}", remote.query("/ok.sh"))).await.ok();
        assert_eq!(named["filename"], "dir/n.sh");
        let named = put(format!("filename=root.sh&{}", remote.query("/"))).await.ok();
        assert_eq!(named["filename"], "root.sh");
    }

    async fn a_script_gets_files_in_the_same_way_and_still_one_entrypoint(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_script("s", "echo").await;
        let path = format!("{SCRIPT}?{}", remote.query("/ok.sh"));
        assert_eq!(alice.put(&path, Value::Null).await.ok()["parent_id"], 1);
        assert_eq!(alice.get("/job-scripts/1/upload/ok.sh").await.expect(200).text, "echo remote");
        let entrypoint = "/job-scripts/1/upload-by-url/ENTRYPOINT";
        let path = format!("{entrypoint}?{}", remote.query("/run2.sh"));
        let refused = alice.put(&path, Value::Null).await.expect(422).detail();
        assert!(refused.ends_with("Found: run.sh"), "{refused}");
        let path = format!("{entrypoint}?previous_filename=run.sh&{}", remote.query("/run2.sh"));
        assert_eq!(alice.put(&path, Value::Null).await.ok()["filename"], "run2.sh");
        alice.get("/job-scripts/1/upload/run.sh").await.expect(404);
    }

    async fn a_file_takes_the_place_of_a_previous_one_if_there_is_one(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_template("t", &[("old.sh", "old")]).await;
        let absent = format!("{TEMPLATE}?previous_filename=absent&{}", remote.query("/ok.sh"));
        let words = "job_script_template_files row not found by parent_id=1, filename='absent'";
        assert_eq!(alice.put(&absent, Value::Null).await.expect(404).detail(), words);
        let path = format!("{TEMPLATE}?previous_filename=old.sh&{}", remote.query("/ok.sh"));
        alice.put(&path, Value::Null).await.ok();
        let files = alice.get("/job-script-templates/t").await.ok()["template_files"].clone();
        assert_eq!(files.as_array().unwrap().len(), 1);
        assert_eq!(files[0]["filename"], "ok.sh");
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), ["job_script_template_files/1/ok.sh"]);
        }
    }

    async fn what_cannot_be_fetched_is_explained_and_changes_nothing(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_template("t", &[]).await;
        let more = "\nFor more information check: \
                    https://developer.mozilla.org/en-US/docs/Web/HTTP/Status";
        for (path, kind, code, location) in [
            ("/absent.sh", "Client error", "404 Not Found", ""),
            ("/broken", "Server error", "500 Internal Server Error", ""),
            ("/redirect", "Redirect response", "302 Found", "\nRedirect location: '/ok.sh'"),
        ] {
            let url = remote.url(path);
            let expected = format!(
                "Failed to download file from {url} -- HTTPStatusError: {kind} '{code}' for url \
                 '{url}'{location}{more}/{}",
                &code[..3]
            );
            assert_eq!(refusal(&alice, &url).await, expected);
        }
        let cut_off = refusal(&alice, &remote.url("/cut-off")).await;
        assert!(cut_off.contains("/cut-off -- RemoteProtocolError: "), "{cut_off}");
        let packed = refusal(&alice, &remote.url("/packed")).await;
        assert!(packed.ends_with(" -- the answer is encoded as gzip, which was not asked for"));
        let closed = "http://127.0.0.1:9/x.sh";
        let words = format!(
            "Failed to download file from {closed} -- ConnectError: All connection attempts failed"
        );
        assert_eq!(refusal(&alice, closed).await, words);
        let bad = refusal(&alice, &remote.url("/bad.py")).await;
        assert!(bad.starts_with("File bad.py did not pass the syntax check for its extension"));
        let unnamed = remote.url("/");
        let words = format!("Filename could not be extracted from the provided URL: {unnamed}");
        assert_eq!(refusal(&alice, &unnamed).await, words);
        assert!(!remote.requests().contains(&"/".to_owned()));
        let view = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(view["template_files"], json!([]));
        if let Some(s3) = &app.s3 {
            assert_eq!(s3.keys().unwrap(), Vec::<String>::new());
        }
    }

    async fn a_url_has_a_scheme_that_files_are_fetched_by(app: TestApp) {
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        for url in ["ftp://h/x.sh", "file:///etc/passwd", "data:text/plain,x", "gopher://h/x"] {
            let words = format!("Unsupported protocol to get file data by url for {url}");
            assert_eq!(refusal(&alice, url).await, words);
        }
        let no_bucket = refusal(&alice, "s3:///key").await;
        assert_eq!(no_bucket, "s3:///key names no bucket and key of S3; expected s3://bucket/key");
        for (query, kind, msg) in [
            (
                "?file_url=nope",
                "url_parsing",
                "Input should be a valid URL, relative URL without a base",
            ),
            ("?file_url=", "url_parsing", "Input should be a valid URL, input is empty"),
            ("?file_url=http://", "url_parsing", "Input should be a valid URL, empty host"),
            ("", "missing", "Field required"),
        ] {
            for path in [TEMPLATE, SCRIPT, "/job-script-templates/t/upload-by-url/workflow"] {
                let answer = alice.put(&format!("{path}{query}"), Value::Null).await.expect(422);
                let problem = &answer.json()["detail"][0];
                assert_eq!(problem["loc"], json!(["query", "file_url"]), "{query}");
                assert_eq!((&problem["type"], &problem["msg"]), (&json!(kind), &json!(msg)));
            }
        }
    }

    async fn a_file_may_be_as_large_as_the_limit(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_template("t", &[]).await;
        let put = async |path: &str| {
            alice.put(&format!("{TEMPLATE}?{}", remote.query(path)), Value::Null).await
        };
        put("/max.txt").await.ok();
        let words = "Uploaded files cannot exceed 5242880 bytes, got 5242881 bytes";
        assert_eq!(put("/big.sh").await.expect(413).detail(), words);
        let words = "Uploaded files cannot exceed 5242880 bytes, got more";
        assert_eq!(put("/endless").await.expect(413).detail(), words);
        let view = alice.get("/job-script-templates/t").await.ok();
        assert_eq!(view["template_files"].as_array().unwrap().len(), 1);
    }

    async fn nothing_is_fetched_for_those_who_may_not_write(app: TestApp) {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let remote = Remote::start().await;
        alice.has_template("t", &[]).await;
        alice.has_script("s", "echo").await;
        let workflow = "/job-script-templates/t/upload-by-url/workflow";
        for path in [TEMPLATE, SCRIPT, workflow] {
            let path = format!("{path}?{}", remote.query("/jobbergate.py"));
            let refused = bob.put(&path, Value::Null).await.expect(403);
            assert_eq!(refused.detail(), "Mismatch on attribute(s): owner_email");
        }
        for path in [TEMPLATE.replace("/t/", "/9/"), SCRIPT.replace('1', "9")] {
            alice.put(&format!("{path}?{}", remote.query("/ok.sh")), Value::Null).await.expect(404);
        }
        assert_eq!(remote.requests(), Vec::<String>::new());
    }

    async fn nobody_waits_for_a_download_to_end(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        alice.has_template("t", &[("a.sh", "a")]).await;
        let path = format!("{TEMPLATE}?{}", remote.query("/silent"));
        let waiting = (0..8).map(|_| {
            let (alice, path) = (alice.clone(), path.clone());
            tokio::spawn(async move { alice.put(&path, Value::Null).await })
        });
        let waiting: Vec<_> = waiting.collect();
        while remote.log_length() < 8 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        alice.upload(&format!("{FILES}/SUPPORT"), "b.sh", "b").await.ok();
        alice.delete("/job-script-templates/t").await.expect(204);
        assert!(waiting.iter().all(|download| !download.is_finished()));
        for download in waiting {
            let words = download.await.unwrap().expect(400).detail();
            assert!(words.ends_with(" -- ReadTimeout: not finished within 5 s"), "{words}");
        }
    }

    async fn a_template_that_goes_meanwhile_gets_nothing(app: TestApp) {
        let (alice, remote) = (app.user("alice").await, Remote::start().await);
        for round in 1..6 {
            alice.has_template("t", &[]).await;
            let path = format!("{TEMPLATE}?{}", remote.query("/max.txt"));
            let (put, deleted) = futures::future::join(
                alice.put(&path, Value::Null),
                alice.delete("/job-script-templates/t"),
            )
            .await;
            deleted.expect(204);
            assert!(matches!(put.status.as_u16(), 200 | 404), "{put:?}");
            let storage = app.app.tenants.default_tenant().storage;
            let left = storage.get("job_script_template_files", round, "max.txt").await.unwrap();
            assert!(left.is_none());
        }
    }
}

#[tokio::test]
async fn slow_servers_are_given_up() {
    let (app, remote) = (impatient().await, Remote::start().await);
    let alice = app.user("alice").await;
    alice.has_template("t", &[]).await;
    for path in ["/slow", "/silent"] {
        let start = Instant::now();
        let words = refusal(&alice, &remote.url(path)).await;
        assert!(words.ends_with(" -- ReadTimeout: not finished within 1 s"), "{words}");
        assert!(start.elapsed() < Duration::from_secs(4), "{path}: {:?}", start.elapsed());
    }
}

#[tokio::test]
async fn nothing_is_fetched_from_addresses_that_are_not_public() {
    let (app, remote) = (strict().await, Remote::start().await);
    let alice = app.user("alice").await;
    alice.has_template("t", &[]).await;
    let port = remote.port;
    let hosts = [
        "127.0.0.1",
        "127.0.0.2",
        "127.1",
        "127.0.0.1.",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "１２７.0.0.1",
        "127。0。0。1",
        "%31%32%37.0.0.1",
        "[::1]",
        "[::]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:7f00:1::]",
        "[fe80::1]",
        "[fd00::1]",
        "[ff02::1]",
        "localhost",
        "LOCALHOST",
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "me:secret@127.0.0.1",
        "example.com@127.0.0.1",
        "example.com:80@localhost",
    ];
    for host in hosts {
        let words = refusal(&alice, &format!("http://{host}:{port}/ok.sh")).await;
        assert!(words.contains(" has no public address; an administrator can allow it"), "{words}");
        assert!(!words.contains("secret"), "{words}");
    }
    for odd in
        ["https://127.0.0.1/x", "http:127.0.0.1/x", "http:\\\\127.0.0.1\\x", "HTTP://127.1/x"]
    {
        let words = refusal(&alice, odd).await;
        assert!(words.contains(" has no public address; "), "{odd}: {words}");
    }
    assert_eq!(remote.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn names_that_mean_nothing_are_told_of() {
    let app = strict().await;
    let alice = app.user("alice").await;
    alice.has_template("t", &[]).await;
    let words = refusal(&alice, "http://nowhere.invalid/x").await;
    assert_eq!(
        words,
        "Failed to download file from http://nowhere.invalid/x -- ConnectError: the name \
         nowhere.invalid cannot be resolved"
    );
}

#[tokio::test]
async fn what_an_administrator_allows_is_fetched() {
    let remote = Remote::start().await;
    let port = remote.port;
    for (allowed, reached, refused) in [
        ("localhost", ["localhost", "LOCALHOST"], "127.0.0.1"),
        ("127.0.0.1", ["127.0.0.1", "[::ffff:127.0.0.1]"], "127.0.0.2"),
        ("10.0.0.0/8, 127.0.0.0/31", ["127.0.0.1", "localhost"], "127.0.0.2"),
    ] {
        let app = TestApp::configured(|config| {
            config.upload_by_url.upload_by_url_allowed_hosts = allowed.to_owned();
        })
        .await;
        let alice = app.user("alice").await;
        alice.has_template("t", &[]).await;
        for host in reached {
            let url = in_url(&format!("http://{host}:{port}/ok.sh"));
            alice.put(&format!("{TEMPLATE}?file_url={url}"), Value::Null).await.ok();
        }
        let words = refusal(&alice, &format!("http://{refused}:{port}/ok.sh")).await;
        assert!(words.contains(" has no public address; "), "{words}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_to_where_nothing_may_be_fetched() {
    let (app, remote) = (TestApp::on_sqlite().await, Remote::start().await);
    let alice = app.user("alice").await;
    alice.has_template("t", &[]).await;
    refusal(&alice, &remote.url("/redirect")).await;
    assert_eq!(remote.requests(), ["/redirect"]);
}

#[tokio::test]
async fn credentials_in_a_url_are_used_but_not_repeated() {
    let (app, remote) = (TestApp::on_sqlite().await, Remote::start().await);
    let alice = app.user("alice").await;
    alice.has_template("t", &[]).await;
    let url = |path: &str| format!("http://me:secret@127.0.0.1:{}{path}", remote.port);
    let path = format!("{TEMPLATE}?file_url={}", in_url(&url("/who.txt")));
    alice.send(alice.request(Method::PUT, &path)).await.ok();
    // The caller's own token stays here.
    let sent = alice.get(&format!("{FILES}/who.txt")).await.expect(200).text;
    assert_eq!(sent, "Basic bWU6c2VjcmV0");
    let words = refusal(&alice, &url("/absent.sh")).await;
    assert!(words.contains("http://me@127.0.0.1") && !words.contains("secret"), "{words}");
}
