//! What goes wrong between here and the server.

use std::fs;

use super::{
    liar::Liar,
    world::{Outcome, World},
};

/// Asks a server that answers like this.
fn ask(world: &World, answer: (u16, &str), line: &[&str]) -> Outcome {
    let liar = Liar::that_says(answer.0, answer.1);
    world.run_with(line, &[("BASE_API_URL", liar.url().as_str())])
}

#[test]
fn a_server_that_is_away_or_slow_is_named() {
    let world = World::open();
    let line = ["--raw", "applications", "get-one", "1"];
    let words = world.run_with(&line, &[("BASE_API_URL", "http://127.0.0.1:1")]).failed(1);
    assert!(
        words.starts_with("REQUEST FAILED - ConnectError\nCouldn't retrieve application"),
        "{words}"
    );
    assert!(words.contains("refused") && words.contains("BASE_API_URL"), "{words}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let patience = [("BASE_API_URL", url.as_str()), ("JOBBERGATE_REQUESTS_TIMEOUT", "1")];
    let words = world.run_with(&line, &patience).failed(1);
    assert!(words.starts_with("REQUEST FAILED - ReadTimeout\n"), "{words}");
}

#[test]
fn the_server_s_own_words_are_passed_on_with_advice() {
    let world = World::open();
    let words = world.run(&["job-scripts", "get-one", "7"]).failed(1);
    let expected = "REQUEST FAILED - Not Found\nCouldn't retrieve job script (7) from API -- \
                    job_scripts entry was not found by locator=7 -- Please check the id number or \
                    identifier and try again\n";
    assert_eq!(words, expected);
    let long = "x".repeat(300);
    let words = world.run(&["applications", "list", "--search", &long]).failed(1);
    assert!(words.contains("query.search: String should have at most 255 characters"), "{words}");
    let reader = ["--email", "b@example.com", "--permission", "jobbergate:job-scripts:read"];
    world.become_owner_of(&world.token(&reader));
    let words = world.run(&["applications", "list"]).failed(1);
    assert!(words.starts_with("REQUEST FAILED - Forbidden\n"), "{words}");
    assert!(words.contains("contact your administrator"), "{words}");
}

#[test]
fn a_misspelt_identifier_is_corrected() {
    let world = World::open().with_wind();
    for line in [
        &["applications", "get-one", "wnd"][..],
        &["applications", "delete", "--identifier", "wnd"],
        &["applications", "update", "wnd", "--application-name", "x"],
        &["applications", "clone", "wnd"],
        &["applications", "download-files", "wnd"],
        &["job-scripts", "create", "wnd", "-f"],
    ] {
        let words = world.run(line).failed(1);
        assert!(words.starts_with("REQUEST FAILED - Not Found\n"), "{words}");
        assert!(words.ends_with("and try again -- Did you mean wind?\n"), "{words}");
    }
    let words = world.run(&["applications", "get-one", "calculix"]).failed(1);
    assert!(
        words.ends_with("-- `jobbergate applications list` shows those that there are\n"),
        "{words}"
    );
    let words = world.run(&["applications", "get-one", "9"]).failed(1);
    assert!(words.ends_with("Please check the id number or identifier and try again\n"), "{words}");
}

#[test]
fn who_is_not_the_owner_is_told_whom_to_ask() {
    let world = World::open().with_script();
    world.become_owner_of(&world.token(&["--email", "b@example.com"]));
    let words = world.run(&["job-scripts", "delete", "1"]).failed(1);
    assert!(
        words.starts_with("REQUEST FAILED - Forbidden\n") && words.contains("owner"),
        "{words}"
    );
}

#[test]
fn an_answer_that_is_none_is_told_of() {
    let world = World::open();
    let line = ["job-scripts", "get-one", "1"];
    for (answer, title, expected) in [
        ((200, "<h1>Hello</h1>"), "REQUEST FAILED", "Response carried no data"),
        ((200, "{}"), "REQUEST FAILED", "Unexpected data in response: it has no id"),
        ((204, ""), "REQUEST FAILED", "Received an error response: 204"),
        ((302, ""), "REQUEST FAILED", "Received an error response: 302"),
        ((502, "<h1>Bad Gateway</h1>"), "REQUEST FAILED - Bad Gateway", "try again later"),
        (
            (401, r#"{"detail": "no"}"#),
            "REQUEST FAILED - Unauthorized",
            "no -- Please log in again",
        ),
        (
            (422, r#"{"detail": "\u001b[31m[red]"}"#),
            "REQUEST FAILED - Unprocessable Entity",
            "[red]",
        ),
    ] {
        let words = ask(&world, answer, &line).failed(1);
        assert!(words.starts_with(&format!("{title}\n")) && words.contains(expected), "{words}");
        assert!(!words.contains('\u{1b}'), "{words}");
    }
    let words =
        ask(&world, (200, r#"{"items": [{}], "total": 1, "pages": 1}"#), &["job-scripts", "list"]);
    assert!(words.failed(1).contains("it has no id"));
}

#[test]
fn no_file_of_a_server_is_written_elsewhere() {
    let world = World::open();
    fs::create_dir(world.path("here")).unwrap();
    for name in ["../out.sh", "/tmp/jobbergate-out.sh", "a/../../out.sh"] {
        let object = serde_json::json!({
            "id": 1, "name": "x", "owner_email": "a@example.com",
            "files": [{"filename": name, "file_type": "ENTRYPOINT"}],
            "template_files": [{"filename": name, "file_type": "ENTRYPOINT"}],
        });
        let liar = Liar::that_says(200, &object.to_string());
        for group in ["job-scripts", "applications"] {
            let mut command = world.command(&[group, "download-files", "1"]);
            command.current_dir(world.path("here")).env("BASE_API_URL", liar.url());
            let words = Outcome::from(command.output().unwrap()).failed(1);
            assert!(words.contains("it was refused") && words.contains(name), "{words}");
        }
    }
    assert_eq!(fs::read_dir(world.path("here")).unwrap().count(), 0);
    assert!(!world.path("out.sh").exists() && !world.path("templates").exists());
}

#[test]
fn a_download_that_fails_leaves_what_was_there() {
    let world = World::open().with_script();
    world.write("wind.sh/in-the-way", "");
    world.write("mesh.txt", "mine");
    let words = world.run(&["job-scripts", "download-files", "1"]).failed(1);
    assert!(
        words.starts_with("File could not be written\n") && words.contains("wind.sh"),
        "{words}"
    );
    assert!(world.path("wind.sh/in-the-way").exists());
}
