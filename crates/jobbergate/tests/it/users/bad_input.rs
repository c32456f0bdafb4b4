//! What users, disks and other versions do wrong: cause and remedy are named, and nothing is left half
//! done.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jobbergate_testkit::skipped;
use serde_json::{Value, json};

use super::{
    liar::Liar,
    world::{Outcome, World},
};

/// A small file system that is there until this is dropped.
struct Disk(PathBuf);

impl Disk {
    #[track_caller]
    fn of(size: &str, at: &Path) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let options = format!("size={size},mode=700");
        let mut mount = Command::new("mount");
        match mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(at).output() {
            Ok(output) if output.status.success() => Some(Self(at.to_owned())),
            other => {
                skipped(format!("mounting a tmpfs needs root: {other:?}"));
                None
            }
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

/// All that is below a directory.
fn snapshot(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(snapshot(&path));
            found.insert(path, Vec::new());
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

fn token(claims: &Value) -> String {
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn expired() -> String {
    token(&json!({"exp": 1, "email": "alice@example.com"}))
}

fn lasting() -> String {
    token(&json!({"exp": 32_503_680_000_u64}))
}

fn run_in(world: &World, directory: &Path, line: &[&str]) -> Outcome {
    world.command(line).current_dir(directory).output().unwrap().into()
}

#[test]
fn a_download_to_a_full_disk_leaves_all_as_it_was() {
    let world = World::open().with_script();
    let Some(disk) = Disk::of("192k", &world.path("disk")) else { return };
    let large = format!("#!/bin/bash\n# {}\n", "x".repeat(300_000));
    world.write("wind/templates/a.txt.j2", "small");
    world.write("wind/templates/wind.sh.j2", &large);
    world.run(&["applications", "update", "wind", "-a", "wind"]).well();
    world.write("a.txt", "small");
    world.write("large.sh", &large);
    let alone = ["job-scripts", "create-stand-alone", "large.sh", "--name", "x", "-s", "a.txt"];
    world.run(&alone).well();
    fs::write(disk.0.join("a.txt"), "mine").unwrap();
    let before = snapshot(&disk.0);
    for line in [
        vec!["job-scripts", "download-files", "2"],
        vec!["applications", "download-files", "wind"],
        vec!["job-submissions", "create", "2", "-n", "x", "--download"],
    ] {
        let words = run_in(&world, &disk.0, &line).failed(1);
        assert!(words.starts_with("File could not be written\n"), "{words}");
        assert!(words.contains("No space left on device"), "{words}");
        assert!(words.contains("Please make room there"), "{words}");
        assert!(words.ends_with("; no file was written\n"), "{words}");
        assert_eq!(snapshot(&disk.0), before, "{line:?}");
    }
    assert_eq!(world.run(&["--raw", "job-submissions", "list"]).json(), json!([]));
    let locally = ["job-scripts", "create-locally", "wind", "--name", "x", "-f", "--output-path"];
    let refused = world.run(&[&locally[..], &["disk"]].concat());
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.err.contains("No space left on device"), "{refused:?}");
    assert_eq!(snapshot(&disk.0), before);
}

/// A library that has a disk be full only when a file is to be safe there, as network file systems
/// and quotas do.
fn late_disk(world: &World) -> PathBuf {
    let (source, library) = (world.path("late.c"), world.path("late.so"));
    let text = "#include <errno.h>\nint fsync(int fd) { errno = ENOSPC; return -1; }\n";
    fs::write(&source, text).unwrap();
    let mut made = Command::new("cc");
    made.args(["-shared", "-fPIC", "-o"]);
    assert!(made.arg(&library).arg(&source).status().unwrap().success());
    library
}

#[test]
fn a_disk_that_is_full_at_the_last_moment_leaves_all_as_it_was() {
    let world = World::open().with_script();
    let library = late_disk(&world);
    fs::create_dir(world.path("down")).unwrap();
    fs::write(world.path("down/wind.sh"), "mine").unwrap();
    let before = snapshot(&world.path("down"));
    for line in [["job-scripts", "download-files", "1"], ["applications", "download-files", "wind"]]
    {
        let mut command = world.command(&line);
        command.current_dir(world.path("down")).env("LD_PRELOAD", &library);
        let words = Outcome::from(command.output().unwrap()).failed(1);
        assert!(words.starts_with("File could not be written\n"), "{words}");
        assert!(words.contains("No space left on device"), "{words}");
        assert_eq!(snapshot(&world.path("down")), before, "{line:?}");
    }
}

#[test]
fn a_result_that_cannot_be_printed_does_not_count_as_undone() {
    let world = World::open();
    world.wind();
    let mut create = world.command(&["applications", "create", "-n", "x", "-a", "wind"]);
    create.stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let words = Outcome::from(create.output().unwrap()).failed(1);
    assert!(words.starts_with("Output failed\nstandard output: No space left"), "{words}");
    assert!(words.contains("what the command had done by then is done"), "{words}");
    assert!(!words.contains("nothing was changed") && !words.contains("try again"), "{words}");
    let all = world.run(&["--raw", "applications", "list", "--all"]).json();
    assert_eq!(all.as_array().unwrap().len(), 1);
}

#[test]
fn a_full_disk_costs_no_refresh_token() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&asked);
    let provider = Liar::that_answers(move |_| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let tokens = json!({"access_token": lasting(), "refresh_token": lasting()});
        (200, tokens.to_string())
    });
    let world = World::of_strangers();
    let Some(_disk) = Disk::of("64k", &world.cache()) else { return };
    world.become_owner_of(&expired());
    fs::write(world.token_file("refresh.token"), "once").unwrap();
    let filling = world.cache().join("filling");
    // As much as there is room for.
    assert!(fs::write(&filling, vec![0; 64 << 10]).is_err());
    let domain = format!("{}/realms/x", provider.address());
    let show = || world.run_with(&["show-token", "--plain"], &[("OIDC_DOMAIN", domain.as_str())]);
    let words = show().failed(1);
    assert!(words.starts_with("Authentication error\n"), "{words}");
    assert!(words.contains("No space left") && words.contains("Please make room"), "{words}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 0);
    assert_eq!(fs::read_to_string(world.token_file("refresh.token")).unwrap(), "once");
    fs::remove_file(filling).unwrap();
    assert_eq!(show().well().trim(), lasting());
}

#[test]
fn a_session_that_is_over_is_told_with_the_provider_s_reason() {
    let world = World::of_strangers();
    world.become_owner_of(&expired());
    for refresh in [lasting(), "opaque".to_owned()] {
        fs::write(world.token_file("refresh.token"), &refresh).unwrap();
        let before = snapshot(&world.cache().join("token"));
        let words = world.run(&["job-submissions", "list"]).failed(1);
        assert!(
            words.starts_with("Authentication error\nThere is no token that is still good (inv")
        );
        assert!(words.contains("Please run `jobbergate login`"), "{words}");
        assert!(!words.contains(&refresh), "{words}");
        let mut after = snapshot(&world.cache().join("token"));
        after.remove(&world.token_file(".lock"));
        let mut before = before;
        before.remove(&world.token_file(".lock"));
        assert_eq!(after, before);
    }
    // Both have ended.
    fs::write(world.token_file("refresh.token"), expired()).unwrap();
    let words = world.run(&["job-submissions", "list"]).failed(1);
    assert!(words.contains("Please run `jobbergate login`, or set OIDC_CLIENT_SECRET"), "{words}");
}

#[test]
fn a_cache_full_of_garbage_does_no_harm() {
    let world = World::open().with_wind();
    let good = fs::read_to_string(world.token_file("access.token")).unwrap();
    let list = ["applications", "list"];
    // What other versions, and the Python command line, keep beside the tokens.
    fs::write(world.cache().join("clusters.json"), "{").unwrap();
    fs::write(world.cache().join("token/.lock"), "not a lock").unwrap();
    fs::write(world.cache().join("token/.access.token.1"), "half").unwrap();
    fs::create_dir(world.cache().join("version-9")).unwrap();
    fs::write(world.token_file("access.token"), format!("\n{good}\r\n")).unwrap();
    world.run(&list).well();
    let large = "x".repeat(1 << 20);
    let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":32503680000}"#);
    for garbage in [
        "".into(),
        "\0\0\0".into(),
        "{\"access_token\": \"x\", \"version\": 9}".into(),
        format!("e\u{7}30.{claims}.x"),
        format!("e30.{claims}.x\r\nX-Other: y"),
        "e30.e30.".into(),
        large,
    ] {
        fs::write(world.token_file("access.token"), &garbage).unwrap();
        fs::write(world.token_file("refresh.token"), &garbage).unwrap();
        let words = world.run(&list).failed(1);
        assert!(words.starts_with("Authentication error\n"), "{words}");
        assert!(words.contains("jobbergate login") && !words.contains(&claims), "{words}");
        assert!(words.len() < 600, "{words}");
    }
    fs::write(world.token_file("refresh.token"), [0xff, 0xfe, 0x00]).unwrap();
    world.become_owner_of(&good);
    world.run(&list).well();
    fs::remove_file(world.token_file("access.token")).unwrap();
    fs::create_dir(world.token_file("access.token")).unwrap();
    let words = world.run(&list).failed(1);
    assert!(words.contains("access.token") && words.contains("It is a directory"), "{words}");
}

#[test]
fn a_directory_that_is_no_application_is_told_what_it_lacks() {
    let world = World::open().with_wind();
    fs::create_dir(world.path("empty")).unwrap();
    for line in [
        vec!["applications", "create", "-n", "x", "-a", "empty"],
        vec!["applications", "update", "wind", "-a", "empty", "--update-identifier", "x"],
        vec!["job-scripts", "create-locally", "empty", "--name", "x", "-f"],
    ] {
        let before = snapshot(world.home.path().join("empty").as_path());
        let words = world.run(&line).failed(1);
        assert!(
            words.starts_with("Invalid application\nempty has no file jobbergate.yaml"),
            "{words}"
        );
        assert!(words.contains("Please name the directory"), "{words}");
        assert_eq!(snapshot(&world.path("empty")), before);
    }
    let all = world.run(&["--raw", "applications", "list", "--all"]).json();
    assert_eq!((all.as_array().unwrap().len(), &all[0]["identifier"]), (1, &json!("wind")));
}

#[test]
fn a_parameter_file_that_is_none_makes_no_script() {
    let world = World::open().with_wind();
    fs::create_dir(world.path("answers")).unwrap();
    for (name, content, expected) in [
        ("a.json", "[1]", "it must be a JSON object"),
        ("a.json", "{\"ranks\": }", "it is no JSON"),
        ("a.json", "ranks: 4", "it is no JSON"),
        ("a.json", "{\"ranks\": 99999999999999999999}", "too large an integer"),
        ("missing.json", "", "Please check the path"),
        ("answers", "", "It is a directory, and a file is needed there"),
    ] {
        if !content.is_empty() {
            world.write(name, content);
        }
        let create = ["job-scripts", "create", "wind", "-f", "--no-submit", "--param-file", name];
        let words = world.run(&create).failed(1);
        assert!(words.starts_with("Invalid parameter file\n"), "{words}");
        assert!(words.contains(name) && words.contains(expected), "{words}");
    }
    fs::write(world.path("latin1.json"), b"{\"partition\": \"k\xfcrz\"}").unwrap();
    let create = ["job-scripts", "create", "wind", "-f", "--no-submit", "--param-file"];
    let words = world.run(&[&create[..], &["latin1.json"]].concat()).failed(1);
    assert!(words.contains("UTF-8"), "{words}");
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).json(), json!([]));
}

#[test]
fn what_the_server_would_refuse_to_keep_is_found_before_anything_is_made() {
    let world = World::open();
    world.wind();
    world.write("wind/jobbergate.py", "class JobbergateApplication:\n    def mainflow(self:\n");
    let create = ["applications", "create", "-n", "x", "-a", "wind"];
    let words = world.run(&create).failed(1);
    assert!(words.starts_with("Invalid application\njobbergate.py, line "), "{words}");
    assert_eq!(world.run(&["--raw", "applications", "list", "--all"]).json(), json!([]));
    world.write("bad.py", "def (:\n");
    let alone = ["job-scripts", "create-stand-alone", "bad.py", "--name", "x"];
    let words = world.run(&alone).failed(1);
    assert!(words.starts_with("Job Script Error\nbad.py, line 1: "), "{words}");
    assert_eq!(world.run(&["--raw", "job-scripts", "list"]).json(), json!([]));
}

#[test]
fn a_download_says_what_it_replaces() {
    let world = World::open().with_script();
    let download = ["job-scripts", "download-files", "1"];
    for (before, is_told) in [(None, false), (None, false), (Some("mine"), true)] {
        if let Some(before) = before {
            world.write("wind.sh", before);
        }
        let outcome = world.run(&download);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert_eq!(outcome.err.contains("wind.sh was replaced"), is_told, "{outcome:?}");
    }
}

#[test]
fn a_file_above_the_limit_is_named_with_the_limit() {
    let world = World::open().with_script();
    let large = "#".repeat(5 * 1024 * 1024 + 1);
    world.write("large.sh", &large);
    world.write("wind/templates/large.txt.j2", &large);
    let alone = ["job-scripts", "create-stand-alone", "large.sh", "--name", "x"];
    let begin = std::time::Instant::now();
    let words = world.run(&alone).failed(1);
    assert!(words.contains("Couldn't upload large.sh of job script (2)"), "{words}");
    assert!(words.contains("cannot exceed 5242880 bytes"), "{words}");
    assert!(words.contains("The job script was deleted again"), "{words}");
    let scripts = world.run(&["--raw", "job-scripts", "list"]).json();
    assert_eq!(scripts.as_array().unwrap().len(), 1);
    let words = world.run(&["applications", "update", "wind", "-a", "wind"]);
    assert_eq!(words.code, Some(1), "{words:?}");
    assert!(words.err.contains("Couldn't upload templates/large.txt.j2"), "{words:?}");
    assert!(words.err.contains("cannot exceed 5242880 bytes"), "{words:?}");
    // It is said at once, not after some attempts.
    assert!(begin.elapsed() < std::time::Duration::from_secs(10), "{:?}", begin.elapsed());
}

#[test]
fn a_server_that_is_away_leaves_nothing_behind() {
    let world = World::open().with_script();
    let before = snapshot(&world.path("wind"));
    for line in [
        vec!["job-scripts", "download-files", "1"],
        vec!["job-submissions", "create", "1", "-n", "x", "--download"],
        vec!["applications", "create", "-n", "x", "-a", "."],
        vec!["job-submissions", "cancel", "1"],
    ] {
        let mut command = world.command(&line);
        command.current_dir(world.path("wind")).env("BASE_API_URL", "http://127.0.0.1:1");
        let words = Outcome::from(command.output().unwrap()).failed(1);
        assert!(
            words.starts_with("REQUEST FAILED - ConnectError\nCouldn't")
                || words.starts_with(
                    "REQUEST FAILED - ConnectError\nRequest to create application was not accepted"
                ),
            "{words}"
        );
        assert!(words.contains("Please check BASE_API_URL and the network"), "{words}");
        assert!(!words.contains("may have been done"), "{words}");
        assert_eq!(snapshot(&world.path("wind")), before);
    }
    // A name that nobody has is no matter of time.
    let begin = std::time::Instant::now();
    let url = [("BASE_API_URL", "http://no-such-host.invalid")];
    let words = world.run_with(&["applications", "list"], &url).failed(1);
    assert!(words.contains("Please check BASE_API_URL"), "{words}");
    assert!(begin.elapsed() < std::time::Duration::from_secs(3), "{:?}", begin.elapsed());
}

#[test]
fn what_is_misspelt_in_files_is_said_with_what_may_be_meant() {
    let world = World::open().with_wind();
    world.write("p.json", r#"{"rank": 9, "elsewhere": 1}"#);
    let create = ["job-scripts", "create", "wind", "-f", "--no-submit", "--no-download"];
    let made = world.run(&[&create[..], &["--param-file", "p.json"]].concat());
    assert_eq!(made.code, Some(0), "{made:?}");
    let note = "note: no question asks for rank, which is passed on to the templates; did you mean \
                ranks?\n";
    assert!(made.err.contains(note) && !made.err.contains("elsewhere"), "{made:?}");
    world.write(
        "wind/jobbergate.yaml",
        "application_config: {}\nqestions: []\njobbergate_config: {default_template: nope.j2}\n",
    );
    let made = world.run(&["applications", "create", "-n", "x", "-a", "wind"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    for note in [
        "note: jobbergate.yaml has a section qestions, which is not read; did you mean questions?\n",
        "note: jobbergate.yaml names the template nope.j2, which is not there",
    ] {
        assert!(made.err.contains(note), "{note}: {made:?}");
    }
}
