//! What an administrator does with `jobbergate admin`.

use std::{fs, path::Path, process::Output};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::support::{Process, program};

fn admin(data: &Path, arguments: &[&str]) -> Output {
    program().arg("admin").args(arguments).arg("--data-dir").arg(data).output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn complaint(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn serving(data: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Process {
    let mut serve = program();
    serve.args(["serve", "--log-format", "json", "--data-dir"]).arg(data).args(arguments);
    serve.envs(environment.iter().copied());
    Process::start(serve, &data.join("log"))
}

#[test]
fn a_misspelt_data_directory_is_not_made() {
    let home = tempfile::tempdir().unwrap();
    let missing = home.path().join("misspelt");
    for command in [
        &["token", "--email", "a@example.com"][..],
        &["client", "list"],
        &["client", "create", "c"],
    ] {
        let words = complaint(&admin(&missing, command));
        assert!(words.contains("misspelt") && words.contains("jobbergate serve"), "{words}");
    }
    assert!(!missing.exists());
    let by_default = |arguments: &[&str]| {
        program().arg("admin").args(arguments).env("HOME", home.path()).output().unwrap()
    };
    complaint(&by_default(&["token", "--email", "a@example.com"]));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
    stdout(&by_default(&["client", "create", "c"]));
    assert!(home.path().join(".local/share/jobbergate/jobbergate.db").exists());
}

#[tokio::test]
async fn a_token_has_the_issuer_of_the_server_wherever_it_listens() {
    let data = tempfile::tempdir().unwrap();
    let server = serving(data.path(), &["--listen", "localhost:0"], &[]);
    let said = server.said("listening");
    let (address, url) = (said["address"].as_str().unwrap(), said["url"].as_str().unwrap());
    let port = address.rsplit(':').next().unwrap();
    assert_eq!(url, format!("http://localhost:{port}"));
    let token = stdout(&admin(data.path(), &["token", "--email", "alice@example.com"]));
    assert_eq!(issuer(&token), format!("{url}/realms/jobbergate"));
    let mut elsewhere = program();
    elsewhere.args(["admin", "token", "--email", "alice@example.com", "--data-dir"]);
    elsewhere.arg(data.path()).env("JOBBERGATE_PUBLIC_URL", "https://jobs.example.com/");
    let token = stdout(&elsewhere.output().unwrap());
    assert_eq!(issuer(&token), "https://jobs.example.com/realms/jobbergate");
}

#[tokio::test]
async fn a_token_is_for_the_server_that_this_commands_settings_describe() {
    let data = tempfile::tempdir().unwrap();
    let server = serving(data.path(), &["--listen", "localhost:0"], &[]);
    server.said("listening");
    server.stop();
    let token = ["token", "--email", "alice@example.com", "--listen", "localhost:8123"];
    let token = stdout(&admin(data.path(), &token));
    assert_eq!(issuer(&token), "http://localhost:8123/realms/jobbergate");
}

/// The claim `iss` of a token.
fn issuer(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["iss"].as_str().unwrap().to_owned()
}

#[test]
fn settings_are_shown_with_their_origin_even_without_a_database() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(".env"), "S3_BUCKET_NAME=from-file\nDATABASE_PORT=1\n")
        .unwrap();
    let mut command = program();
    command
        .current_dir(directory.path())
        .args(["admin", "--max-upload-file-size", "7", "config", "--json"])
        .env("DATABASE_URL", "postgres://joe:s3cret@127.0.0.1:1/db")
        .env("DATABASE_PORT", "2")
        .env("DATABASE_HOST", " ")
        .env("AWS_SECRET_ACCESS_KEY", "s3cret");
    let text = stdout(&command.output().unwrap());
    assert!(!text.contains("s3cret"), "{text}");
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let setting = |variable: &str| {
        let found = all.iter().find(|setting| setting["variable"] == variable).unwrap();
        (found["value"].as_str(), found["source"].as_str().unwrap())
    };
    assert_eq!(setting("S3_BUCKET_NAME"), (Some("from-file"), ".env file"));
    assert_eq!(setting("DATABASE_PORT"), (Some("2"), "environment"));
    assert_eq!(setting("DATABASE_URL"), (Some("postgres://joe:***@127.0.0.1:1/db"), "environment"));
    assert_eq!(setting("MAX_UPLOAD_FILE_SIZE"), (Some("7"), "command line"));
    assert_eq!(setting("DATABASE_HOST"), (None, "default"));
    assert_eq!(setting("AWS_SECRET_ACCESS_KEY"), (Some("***"), "environment"));
}

#[test]
fn a_file_of_settings_is_read_as_the_python_server_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join(".env");
    let config = |variables: &[(&str, &str)]| {
        let mut command = program();
        command.current_dir(directory.path()).args(["admin", "config"]);
        command.envs(variables.iter().copied()).output().unwrap()
    };
    let text = "export METADATA_TITLE = My Cluster # ours\nDATABASE_USER=top$1x\n\
                DATABASE_NAME=\"${DATABASE_USER}-db\"\nS3_BUCKET_NAME=from-file\nSMTP_HOST\n";
    fs::write(&file, text).unwrap();
    let text = stdout(&config(&[("S3_BUCKET_NAME", " ")]));
    let value = |variable: &str| {
        let line = text.lines().find(|line| line.starts_with(variable)).unwrap();
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(value("METADATA_TITLE "), ".env file My Cluster");
    assert_eq!(value("DATABASE_USER "), ".env file top$1x");
    assert_eq!(value("DATABASE_NAME "), ".env file top$1x-db");
    assert_eq!(value("S3_BUCKET_NAME "), ".env file from-file");
    assert_eq!(value("SMTP_HOST "), "default (not set)");
    fs::write(&file, "database_host=db\nDatabase_User=joe\nS3_BUCKET_NAME=b\n").unwrap();
    let text = stdout(&config(&[("database_user", "ann"), ("s3_bucket_name", "a")]));
    let value = |variable: &str| {
        let line = text.lines().find(|line| line.starts_with(variable)).unwrap();
        line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(value("DATABASE_HOST "), ".env file db");
    assert_eq!(value("DATABASE_USER "), "environment ann");
    assert_eq!(value("S3_BUCKET_NAME "), "environment a");
    fs::write(&file, "A=1\nDATABASE_PSWD='s3cret\n").unwrap();
    let words = complaint(&config(&[]));
    assert!(words.contains(".env") && words.contains("line 2"), "{words}");
    assert!(words.contains("DATABASE_PSWD") && !words.contains("s3cret"), "{words}");
}

#[test]
fn the_doctor_tells_what_to_do() {
    let data = tempfile::tempdir().unwrap();
    let server = serving(data.path(), &["--listen", "127.0.0.1:0"], &[]);
    let address = server.said("listening")["address"].as_str().unwrap().to_owned();
    let doctor = |more: &[(&str, &str)]| {
        let mut command = program();
        command.args(["admin", "doctor", "--data-dir"]).arg(data.path());
        command.env("JOBBERGATE_LISTEN", &address).envs(more.iter().copied()).output().unwrap()
    };
    let text = stdout(&doctor(&[]));
    assert!(text.contains(&format!("a Jobbergate server answers at {address}")), "{text}");
    assert!(text.lines().all(|line| line.starts_with("ok  ")), "{text}");
    let sick = doctor(&[("DATABASE_URL", "postgres://joe:s3cret@127.0.0.1:1/db")]);
    let text = String::from_utf8_lossy(&sick.stdout).into_owned();
    assert!(complaint(&sick).contains("2 checks failed"), "{text}");
    let line = text.lines().find(|line| line.starts_with("failed  database")).unwrap();
    assert!(line.contains("DATABASE_URL") && !text.contains("s3cret"), "{text}");
}

#[test]
fn variables_that_nobody_reads_are_warned_about() {
    let data = tempfile::tempdir().unwrap();
    let variables = [
        ("DATABASE_HOTS", "db.example.com"),
        ("DEPLOY_ENV", "PROD"),
        ("TEST_DATABASE_HOST", "x"),
        ("SOMETHING_ELSE", "x"),
    ];
    let server = serving(data.path(), &["--listen", "127.0.0.1:0"], &variables);
    server.said("listening");
    let log = server.log();
    assert!(log.contains("DATABASE_HOTS") && log.contains("is DATABASE_HOST meant?"), "{log}");
    for other in ["DEPLOY_ENV", "TEST_DATABASE_HOST", "SOMETHING_ELSE", "db.example.com"] {
        assert!(!log.contains(other), "{other}: {log}");
    }
    let mut doctor = program();
    doctor.args(["admin", "doctor", "--data-dir"]).arg(data.path()).envs(variables);
    let output = doctor.output().unwrap();
    let warnings = String::from_utf8(output.stderr).unwrap();
    assert!(warnings.contains("is DATABASE_HOST meant?"), "{warnings}");
}

#[test]
fn an_organizations_agent_is_registered_on_the_command_line() {
    let data = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = program();
        command.env("MULTI_TENANCY_ENABLED", "true").arg("admin").args(arguments);
        command.arg("--data-dir").arg(data.path()).output().unwrap()
    };
    stdout(&run(&["client", "create", "cluster", "--organization", "lab-1"]));
    assert!(stdout(&run(&["client", "list"])).trim_end().ends_with("\tlab-1"));
    let words = complaint(&run(&["client", "create", "other", "--organization", "Lab/1"]));
    assert!(words.contains("organization's id must have"), "{words}");
    assert_eq!(stdout(&run(&["organization", "list"])), "");
    stdout(&run(&["organization", "create", "lab-1"]));
    assert_eq!(stdout(&run(&["organization", "list"])), "lab-1\n");
    assert!(data.path().join("organizations/lab-1/jobbergate.db").exists());
    stdout(&run(&["organization", "forget", "lab-1"]));
    complaint(&run(&["organization", "forget", "lab-1"]));
    let words = complaint(&admin(data.path(), &["organization", "list"]));
    assert!(words.contains("MULTI_TENANCY_ENABLED"), "{words}");
}

#[test]
fn the_doctor_leaves_nothing_behind_on_a_full_disk() {
    let data = tempfile::tempdir().unwrap();
    stdout(&admin(data.path(), &["client", "create", "c"]));
    // No file may grow, as on a full disk: it can be made, but stays empty.
    let script =
        format!("trap '' XFSZ; ulimit -f 0; exec {} \"$@\"", env!("CARGO_BIN_EXE_jobbergate"));
    let mut doctor = std::process::Command::new("/bin/bash");
    doctor.env_clear().args(["-c", &script, "bash", "admin", "doctor", "--data-dir"]);
    let found = doctor.arg(data.path()).output().unwrap();
    let words = String::from_utf8(found.stdout.clone()).unwrap();
    complaint(&found);
    assert!(words.contains("failed  data directory") && words.contains("failed  files"), "{words}");
    assert_eq!(fs::read_dir(data.path().join("files")).unwrap().count(), 0);
    for entry in fs::read_dir(data.path()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(!name.starts_with(".doctor"), "{name}");
    }
}

#[test]
fn a_container_asks_whether_its_server_is_well() {
    let data = tempfile::tempdir().unwrap();
    let ask = |address: &str| {
        program().args(["admin", "health"]).env("JOBBERGATE_LISTEN", address).output().unwrap()
    };
    let server = serving(data.path(), &["--listen", "127.0.0.1:0"], &[]);
    let address = server.said("listening")["address"].as_str().unwrap().to_owned();
    assert!(stdout(&ask(&address)).contains("is well"));
    let port = address.rsplit(':').next().unwrap();
    assert!(stdout(&ask(&format!("0.0.0.0:{port}"))).contains("is well"));
    server.stop();
    let words = complaint(&ask(&address));
    assert!(words.contains("no server answers") && words.contains(&address), "{words}");
}
