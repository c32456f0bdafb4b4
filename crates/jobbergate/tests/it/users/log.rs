//! The log file.

use std::{fs, os::unix::fs::PermissionsExt};

use super::world::World;

#[test]
fn requests_are_logged_and_nothing_that_is_nobody_s_business() {
    let world = World::open().with_script();
    world.write("answers.json", r#"{"partition": "s3cret-answer"}"#);
    let create = ["job-scripts", "create", "wind", "--param-file", "answers.json", "--fast"];
    world.run(&[&create[..], &["--no-submit", "--no-download"]].concat()).well();
    world.run(&["job-scripts", "get-one", "99"]).failed(1);
    world.run(&["show-token", "--plain"]).well();
    let robot = [("OIDC_CLIENT_ID", "robot"), ("OIDC_CLIENT_SECRET", "s3cret-of-robot")];
    let access = fs::read_to_string(world.token_file("access.token")).unwrap();
    fs::remove_file(world.token_file("access.token")).unwrap();
    world.run_with(&["applications", "list"], &robot).failed(1);
    let path = world.cache().join("logs/jobbergate-cli.log");
    let log = fs::read_to_string(&path).unwrap();
    for expected in [
        "job-scripts create (",
        "POST http://",
        "/jobbergate/job-scripts/render-from-template/1: 201 Created in ",
        "/jobbergate/job-scripts/99: 404 Not Found in ",
        "job-scripts get-one: REQUEST FAILED - Not Found\n",
        "show-token: done\n",
        "/protocol/openid-connect/token: 401 Unauthorized\n",
    ] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    for secret in ["s3cret", "answers.json", access.trim(), "Bearer", "eyJ"] {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
    assert!(log.lines().all(|line| line.starts_with("20") && line.as_bytes()[23] == b'Z'), "{log}");
    for (path, mode) in [(path, 0o600), (world.cache().join("logs"), 0o700)] {
        let found = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(found, mode, "{}", path.display());
    }
}

#[test]
fn no_command_fails_because_of_its_log() {
    let world = World::open();
    fs::write(world.cache().join("logs"), "in the way").unwrap();
    world.run(&["applications", "list"]).well();
    let new = World::of_strangers();
    new.run(&["--version"]).well();
    new.run(&["applications", "list", "--help"]).well();
    assert!(!new.cache().exists());
}
