//! Starting and stopping the program.

use std::process::Output;

use crate::support::{Process, program};

fn run(arguments: &[&str]) -> Output {
    program().args(arguments).output().unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_server_starts_with_nothing_configured_and_stops_when_told_to() {
    let home = tempfile::tempdir().unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
    serve.env("HOME", home.path());
    let server = Process::start(serve, &home.path().join("log"));
    server.said("listening");
    assert!(home.path().join(".local/share/jobbergate/jobbergate.db").exists());
    assert!(server.stop());
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let words = complaint(&run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", "/proc/nope"]));
    assert!(words.contains("/proc/nope") && words.contains("--data-dir"), "{words}");
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let words = complaint(&run(&["serve", "--listen", &address, "--data-dir", data]));
    assert!(words.contains(&address) && words.contains("--listen"), "{words}");
}

#[test]
fn a_database_that_does_not_answer_is_named_without_its_password() {
    let url = "postgres://joe:secret@127.0.0.1:1/db";
    let words = complaint(&run(&["serve", "--listen", "127.0.0.1:0", "--database-url", url]));
    assert!(words.contains("127.0.0.1:1/db") && !words.contains("secret"), "{words}");
}

#[test]
fn a_blank_variable_counts_as_unset() {
    let directory = tempfile::tempdir().unwrap();
    let mut token = program();
    token.args(["admin", "token", "--email", "alice@example.com", "--data-dir"]);
    token.arg(directory.path()).env("DATABASE_PORT", "").env("DATABASE_URL", " ");
    let output = token.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_system_without_certificates_is_told_what_to_install() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().to_str().unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir", data]);
    let mut agent = program();
    agent.args(["agent", "--base-api-url", "https://127.0.0.1:1", "--oidc-client-id", "c"]);
    agent.args(["--oidc-domain", "127.0.0.1:1", "--state-dir", data]);
    agent.args(["--slurm-user-mapper", "single-user", "--single-user-submitter", "daemon"]);
    agent.env("JOBBERGATE_AGENT_OIDC_CLIENT_SECRET", "s");
    for mut command in [serve, agent] {
        let output = command.env("SSL_CERT_FILE", "/dev/null").output().unwrap();
        let words = complaint(&output);
        assert!(words.contains("ca-certificates"), "{words}");
    }
}

#[test]
fn an_administrator_has_the_tables_made_before_the_first_start() {
    let directory = tempfile::tempdir().unwrap();
    let migrate = |arguments: &[&str]| {
        let data = directory.path().to_str().unwrap();
        let output = run(&[&["admin", "migrate", "--data-dir", data], arguments].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(migrate(&["--plan"]).contains("it is empty"));
    assert!(!directory.path().join("jobbergate.db").exists());
    assert!(migrate(&[]).contains("nothing to do"));
    assert!(migrate(&["--plan"]).contains("nothing to do"));
}
