//! Backups and moves, as an administrator makes them.

use std::{fs, path::Path, process::Output, time::Duration};

use serde_json::{Value, json};

use crate::support::{Process, program};

fn admin(data: &Path, arguments: &[&str]) -> Output {
    program().arg("admin").args(arguments).arg("--data-dir").arg(data).output().unwrap()
}

fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server and where it is.
fn serve(data: &Path) -> (Process, String) {
    let mut serve = program();
    serve
        .args(["serve", "--log-format", "json", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data);
    let log = data.with_extension("log");
    let _ = fs::remove_file(&log);
    let server = Process::start(serve, &log);
    let url = server.said("listening")["url"].as_str().unwrap().to_owned();
    (server, url)
}

struct Alice {
    url: String,
    token: String,
}

impl Alice {
    fn at(data: &Path, url: &str) -> Self {
        let token = done(&admin(data, &["token", "--email", "alice@example.com"]));
        Self { url: format!("{url}/jobbergate"), token: token.trim().to_owned() }
    }

    async fn makes_script(&self, name: &str) {
        let client = reqwest::Client::new();
        let request = client.post(format!("{}/job-scripts", self.url)).bearer_auth(&self.token);
        let answer = request.json(&json!({"name": name})).send().await.unwrap();
        assert_eq!(answer.status(), 201);
    }

    async fn scripts(&self) -> i64 {
        let client = reqwest::Client::new();
        let request = client.get(format!("{}/job-scripts", self.url)).bearer_auth(&self.token);
        let page: Value = request.send().await.unwrap().json().await.unwrap();
        page["total"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn a_running_server_is_backed_up_and_not_restored_over() {
    let home = tempfile::tempdir().unwrap();
    let (data, copy) = (home.path().join("data"), home.path().join("copy"));
    let (server, url) = serve(&data);
    let alice = Alice::at(&data, &url);
    alice.makes_script("kept").await;
    let copy_name = copy.to_str().unwrap();
    let said = done(&admin(&data, &["backup", copy_name]));
    assert!(said.contains("1 databases, 0 files"), "{said}");
    alice.makes_script("too late").await;
    let words = complaint(&admin(&data, &["restore", copy_name, "--replace"]));
    assert!(words.contains("a server is running") && words.contains("stop it first"), "{words}");
    assert_eq!(alice.scripts().await, 2);
    assert!(server.stop());
    let words = complaint(&admin(&data, &["restore", copy_name]));
    assert!(words.contains("--replace"), "{words}");
    let said = done(&admin(&data, &["restore", copy_name, "--replace"]));
    assert!(said.contains("replaced-"), "{said}");
    let (server, url) = serve(&data);
    assert_eq!(Alice::at(&data, &url).scripts().await, 1);
    assert!(server.stop());
}

#[tokio::test]
async fn a_server_does_not_start_on_half_a_restored_directory() {
    let home = tempfile::tempdir().unwrap();
    let (data, copy) = (home.path().join("data"), home.path().join("copy"));
    let (server, url) = serve(&data);
    Alice::at(&data, &url).makes_script("kept").await;
    done(&admin(&data, &["backup", copy.to_str().unwrap()]));
    assert!(server.stop());
    // As a restore leaves it that is killed while it puts things in their place.
    fs::create_dir_all(data.join(".restoring/new")).unwrap();
    fs::write(data.join(".restoring-switching"), "").unwrap();
    refuses_to_serve(&data);
    let target = home.path().join("b");
    for command in [&["backup", target.to_str().unwrap()][..], &["clean"], &["migrate"]] {
        let words = complaint(&admin(&data, command));
        assert!(words.contains("admin restore --replace"), "{words}");
    }
    let examined = admin(&data, &["doctor"]);
    let said = String::from_utf8_lossy(&examined.stdout);
    assert!(!examined.status.success() && said.contains("not restored to the end"), "{said}");
    // The next try fails, too: nothing is in its place yet.
    let damaged = home.path().join("damaged");
    fs::create_dir(&damaged).unwrap();
    for name in ["backup.json", "SHA256SUMS"] {
        fs::copy(copy.join(name), damaged.join(name)).unwrap();
    }
    complaint(&admin(&data, &["restore", damaged.to_str().unwrap(), "--replace"]));
    refuses_to_serve(&data);
    done(&admin(&data, &["restore", copy.to_str().unwrap(), "--replace"]));
    let (server, url) = serve(&data);
    assert_eq!(Alice::at(&data, &url).scripts().await, 1);
    assert!(server.stop());
}

fn refuses_to_serve(data: &Path) {
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
    let words = complaint(&serve.output().unwrap());
    assert!(words.contains("admin restore --replace"), "{words}");
}

#[tokio::test]
async fn an_export_or_import_that_is_killed_leaves_nothing_and_is_done_again() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let (server, url) = serve(&data);
    let alice = Alice::at(&data, &url);
    for n in 0..200 {
        alice.makes_script(&format!("s{n}")).await;
    }
    let archive = home.path().join("a.tar.gz");
    let name = archive.to_str().unwrap();
    for millis in [30, 60] {
        killed_after(&data, &["export", name], millis);
        assert!(!archive.exists() || fs::remove_file(&archive).is_ok());
    }
    let said = done(&admin(&data, &["export", name]));
    assert!(said.contains("200 scripts"), "{said}");
    assert!(!archive.with_extension("gz.partial").exists());
    assert!(server.stop());
    let target = home.path().join("target");
    let mut imported = false;
    for millis in [20, 40, 60, 80] {
        imported = killed_after(&target, &["import", name], millis);
        if imported {
            break;
        }
    }
    if !imported {
        // It may have been done when it was killed, and only not have said so.
        let again = admin(&target, &["import", name]);
        if !again.status.success() {
            assert!(complaint(&again).contains("there is something already"));
        }
    }
    let (server, url) = serve(&target);
    assert_eq!(Alice::at(&target, &url).scripts().await, 200);
    assert!(server.stop());
    let words = complaint(&admin(&target, &["import", name]));
    assert!(words.contains("there is something already"), "{words}");
}

/// Whether the command was done before it was killed.
fn killed_after(data: &Path, arguments: &[&str], millis: u64) -> bool {
    let mut command = program();
    command.arg("admin").args(arguments).arg("--data-dir").arg(data);
    let mut child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(millis));
    let ended = child.try_wait().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    ended.is_some_and(|status| status.success())
}
