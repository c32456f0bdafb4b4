//! People's accounts, as an administrator with a shell manages them.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::program;

fn admin(data: &Path, arguments: &[&str]) -> Output {
    program().arg("admin").args(arguments).arg("--data-dir").arg(data).output().unwrap()
}

#[track_caller]
fn said(data: &Path, arguments: &[&str]) -> String {
    let output = admin(data, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn json_of(data: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(data, &[arguments, &["--json"]].concat())).unwrap()
}

#[track_caller]
fn refused(data: &Path, arguments: &[&str]) -> String {
    let output = admin(data, arguments);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

/// A server's data, after it was started for the first time; what it printed.
fn started(data: &Path) -> String {
    let printed = data.join("printed");
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data);
    serve.stdout(File::create(&printed).unwrap()).stderr(Stdio::piped());
    let mut child = serve.spawn().unwrap();
    for _ in 0..400 {
        let text = fs::read_to_string(&printed).unwrap();
        let over = text.ends_with('\n') || child.try_wait().unwrap().is_some();
        if over {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fs::read_to_string(&printed).unwrap()
}

fn with_password(data: &Path, arguments: &[&str], password: &str) -> Output {
    let mut command: Command = program();
    command.arg("admin").args(arguments).arg("--data-dir").arg(data);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn the_first_start_prints_where_the_first_administrator_makes_their_account() {
    let data = tempfile::tempdir().unwrap();
    let printed = started(data.path());
    let url = printed.lines().last().unwrap();
    assert!(printed.starts_with("There is no administrator yet."), "{printed}");
    let (page, secret) = url.split_once("?link=").unwrap();
    assert!(page.starts_with("http://127.0.0.1:") && page.ends_with("/realms/jobbergate/setup"));
    assert_eq!(secret.len(), 43);
    let create = ["user", "create", "ada@example.com", "--role", "admin", "--password-stdin"];
    let weak = with_password(data.path(), &create, "short\n");
    assert!(String::from_utf8_lossy(&weak.stderr).contains("The password is too short"));
    let made = with_password(data.path(), &create, "correct horse battery staple\n");
    assert!(made.status.success(), "{made:?}");
    let mut again = program();
    again.args(["serve", "--listen", "127.0.0.1:0", "--data-dir"]).arg(data.path());
    let child = again.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_secs(3));
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(child.id().try_into().unwrap()),
        nix::sys::signal::Signal::SIGTERM,
    )
    .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
}

#[test]
fn an_administrator_manages_accounts() {
    let data = tempfile::tempdir().unwrap();
    started(data.path());
    let data = data.path();
    let url =
        said(data, &["user", "invite", "alice@example.com", "--name", "Alice", "--role", "expert"]);
    assert!(url.contains("/realms/jobbergate/password?link="), "{url}");
    let again = admin(data, &["user", "invite", "alice@example.com"]);
    assert_ne!(String::from_utf8_lossy(&again.stdout), url);
    let words = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(words.contains("the link that alice@example.com was given before is good no more"));
    let words = refused(data, &["user", "invite", "alice@example.com", "--role", "admin"]);
    assert!(words.contains("`jobbergate admin role grant`"), "{words}");
    said(data, &["user", "create", "bob@example.com"]);
    let words = refused(data, &["user", "create", "bob@example.com"]);
    assert!(words.contains("There is an account for bob@example.com already"), "{words}");
    let alice = json_of(data, &["user", "show", "alice@example.com"]);
    assert_eq!((&alice["name"], &alice["state"]), (&json!("Alice"), &json!("invited")));
    assert_eq!(alice["roles"], json!(["expert"]));
    assert_eq!(json_of(data, &["user", "reset", "bob@example.com"])["email"], "bob@example.com");
    let words = refused(data, &["user", "invite", "Bob@Example.com"]);
    assert!(words.contains("differs from it only in the case of letters"), "{words}");
    assert_eq!(said(data, &["user", "disable", "BOB@example.com"]), "disabled bob@example.com\n");
    let list = said(data, &["user", "list"]);
    assert_eq!(
        list,
        "alice@example.com\tinvited\texpert\tAlice\tlocal\nbob@example.com\tdisabled\tuser\tbob@example.com\tlocal\n"
    );
    assert!(refused(data, &["user", "reset", "bob@example.com"]).contains("enable it first"));
    assert_eq!(said(data, &["user", "enable", "bob@example.com"]), "enabled bob@example.com\n");
    let link = ["user", "link", "bob@example.com"];
    assert!(refused(data, &link).contains("JOBBERGATE_LDAP_URI is not set"));
    let slapd = jobbergate_testkit::slapd::Slapd::start().unwrap();
    let uri = slapd.uri();
    let settings =
        ["--ldap-uri", &uri, "--ldap-base", "dc=example,dc=org", "--ldap-default-role", "user"];
    let searcher = [
        "--ldap-bind-dn",
        jobbergate_testkit::slapd::SEARCHER,
        "--ldap-bind-password",
        jobbergate_testkit::slapd::SEARCHER_PASSWORD,
    ];
    let linked = said(data, &[&link[..], &settings, &searcher].concat());
    assert!(linked.starts_with("left bob@example.com"), "{linked}");
    let bob = json_of(data, &["user", "show", "bob@example.com"]);
    assert_eq!((&bob["source"], &bob["state"]), (&json!("ldap"), &json!("active")));
    for command in ["reset", "invite"] {
        let words = refused(data, &["user", command, "bob@example.com"]);
        assert!(words.contains("The password of bob@example.com is kept in the directory"));
    }
    let reset = ["user", "reset", "bob@example.com", "--local"];
    assert_eq!(json_of(data, &reset)["email"], "bob@example.com");
    let bob = json_of(data, &["user", "show", "bob@example.com"]);
    assert_eq!((&bob["source"], &bob["state"]), (&json!("local"), &json!("invited")));
    assert!(said(data, &["user", "delete", "bob@example.com"]).starts_with("deleted bob@"));
    assert_eq!(json_of(data, &["user", "list"]).as_array().unwrap().len(), 1);
    assert!(refused(data, &["user", "show", "bob@example.com"]).contains("no account for bob@"));
}

#[test]
fn a_link_is_sent_to_whom_it_is_for() {
    let data = tempfile::tempdir().unwrap();
    started(data.path());
    let data = data.path();
    let words = refused(data, &["user", "invite", "alice@example.com", "--send"]);
    assert!(words.contains("no e-mail is configured"), "{words}");
    assert!(refused(data, &["user", "show", "alice@example.com"]).contains("no account"));
    let smtp = jobbergate_testkit::smtp::Smtp::start().unwrap();
    let port = smtp.port.to_string();
    let mails = ["--smtp-host", "localhost", "--smtp-port", &port, "--smtp-tls", "none"];
    let mails = [&mails[..], &["--smtp-from-email", "jobs@lab.co"]].concat();
    let sends = |command: [&'static str; 3]| [&command[..], &["--send"], &mails].concat();
    let invited = said(data, &sends(["user", "invite", "alice@example.com"]));
    assert_eq!(invited, "sent to alice@example.com\n");
    let again = json_of(data, &sends(["user", "reset", "alice@example.com"]));
    assert_eq!(again, json!({"email": "alice@example.com", "sent": true}));
    let received = smtp.received().unwrap();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].recipients, ["alice@example.com"]);
    assert!(received[0].text.contains("/realms/jobbergate/password?link="));
    let words = refused(data, &sends(["user", "invite", "nobody@example.com"]));
    assert!(words.contains("without --send it is printed"), "{words}");
}

#[test]
fn an_administrator_manages_roles_keys_and_applications() {
    let data = tempfile::tempdir().unwrap();
    started(data.path());
    let data = data.path();
    said(data, &["user", "create", "alice@example.com"]);
    said(data, &["role", "create", "watcher", "--permission", "jobbergate:clusters:read"]);
    assert!(refused(data, &["role", "create", "x", "--permission", "x"]).contains("there are: "));
    assert_eq!(
        said(data, &["role", "grant", "alice@example.com", "watcher"]),
        "alice@example.com has the role watcher from now on\n"
    );
    assert_eq!(
        json_of(data, &["user", "show", "alice@example.com"])["roles"],
        json!(["user", "watcher"])
    );
    said(data, &["role", "revoke", "alice@example.com", "user"]);
    let alice = json_of(data, &["user", "show", "alice@example.com"]);
    assert_eq!(alice["permissions"], json!(["jobbergate:clusters:read"]));
    let names = |list: &Value| {
        let all = list.as_array().unwrap().iter();
        all.map(|role| role["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let there = json_of(data, &["role", "list"]);
    assert_eq!(names(&there), ["admin", "expert", "maintainer", "user", "watcher"]);
    said(data, &["role", "delete", "watcher"]);
    assert!(refused(data, &["role", "delete", "admin"]).contains("can't be deleted"));

    let id = said(data, &["keys", "rotate"]);
    let keys = json_of(data, &["keys", "list"]);
    assert_eq!(keys.as_array().unwrap().last().unwrap()["id"], id.trim());
    let id = json_of(data, &["keys", "rotate", "--at-once"])["id"].clone();
    let keys = json_of(data, &["keys", "list"]);
    assert_eq!((keys.as_array().unwrap().len(), &keys[0]["id"]), (1, &id));

    let create = ["application", "create", "portal", "--name", "Portal", "--redirect-uri"];
    let made = json_of(data, &[&create[..], &["https://portal.example.com/cb"]].concat());
    assert_eq!(made["client_id"], "portal");
    assert!(made["client_secret"].is_string());
    let words = refused(data, &[&create[..], &["http://portal.example.com/cb"]].concat());
    assert!(words.contains("must begin with https://"), "{words}");
    assert!(said(data, &["client", "list"]).starts_with("portal\t"));
    said(data, &["client", "delete", "portal"]);
}

#[test]
fn whoever_reads_only_the_first_line_makes_no_command_fail() {
    let data = tempfile::tempdir().unwrap();
    started(data.path());
    said(data.path(), &["user", "create", "bob@example.com"]);
    for arguments in [&["user", "list"][..], &["config"], &["role", "list"], &["doctor"]] {
        let mut command = program();
        command.arg("admin").args(arguments).arg("--data-dir").arg(data.path());
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn what_is_missing_is_named_without_settings_that_are_there() {
    let data = tempfile::tempdir().unwrap();
    for settings in [&["--listen", "localhost:0"][..], &[]] {
        let mut command = program();
        command.args(["admin", "user", "create"]).args(settings);
        command.env("JOBBERGATE_LISTEN", "localhost:0").env("JOBBERGATE_DATA_DIR", data.path());
        let output = command.output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}");
        let usage = words.lines().find(|line| line.starts_with("Usage: ")).unwrap();
        assert_eq!(usage, "Usage: jobbergate admin user create <EMAIL>", "{words}");
    }
}

#[test]
fn an_organization_that_could_not_be_served_gets_nobody() {
    let data = tempfile::tempdir().unwrap();
    started(data.path());
    for arguments in [
        &["user", "create", "bob@example.com"][..],
        &["user", "invite", "bob@example.com"],
        &["client", "create", "c"],
        &["token", "--email", "bob@example.com"],
    ] {
        let words = refused(data.path(), &[arguments, &["--organization", "Bad Org"]].concat());
        assert!(words.contains("an organization's id must have"), "{words}");
    }
    said(data.path(), &["user", "create", "bob@example.com", "--organization", "lab-1"]);
}
