//! Settings that are wrong: the server says which, and never a secret.

use std::fs;

use crate::support::{Process, program};

/// What the program complains of when it is run with these variables.
fn complaint(arguments: &[&str], variables: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut command = program();
    command.args(arguments).current_dir(directory.path()).env("HOME", directory.path());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8(text).unwrap();
    assert!(!output.status.success(), "{text}");
    text
}

#[test]
fn a_setting_that_makes_no_sense_is_named_with_the_remedy() {
    for (variable, value, remedy) in [
        ("DATABASE_PORT", "abc", "invalid digit"),
        ("DATABASE_POOL_SIZE", "0", "1..=1000"),
        ("DATABASE_POOL_SIZE", "4294967295", "1..=1000"),
        ("S3_ENDPOINT_URL", "127.0.0.1:5702", "http://"),
        ("S3_ENDPOINT_URL", "http://127.0.0.1:5702", "S3_BUCKET_NAME"),
        ("JOBBERGATE_PUBLIC_URL", "ftp://h/", "https://"),
        ("JOBBERGATE_LOG_FORMAT", "xml", "possible values: text, json"),
        ("ARMASEC_DOMAIN", "https://foo/", "leave out https://"),
        ("SMTP_HOST", "mail:25", "SMTP_PORT"),
        ("JOBBERGATE_OIDC_ISSUERS", "https://id.example.com", "JSON list such as"),
        ("JOBBERGATE_OIDC_ISSUERS", "[]", "names no provider"),
        (
            "JOBBERGATE_OIDC_ISSUERS",
            r#"[{"uri": "https://h"}]"#,
            "there are url, permissions_claim",
        ),
        ("JOBBERGATE_OIDC_ISSUERS", r#"[{"url": "https://h", "roles": "a=boss"}]"#, "no role"),
        ("JOBBERGATE_OIDC_ISSUERS", r#"[{"url": "http://id.lab.co"}]"#, "allow_plaintext"),
        (
            "JOBBERGATE_OIDC_ISSUERS",
            r#"[{"url": "https://h/x"}, {"url": "https://h/x/"}]"#,
            "names a provider twice",
        ),
        ("JOBBERGATE_OIDC_ROLES", "hpc=boss", "there are user, expert, maintainer, admin, agent"),
        ("JOBBERGATE_OIDC_ROLES", "hpc", "NAME=ROLE"),
        ("JOBBERGATE_OIDC_ROLES", "hpc=user", "ARMASEC_DOMAIN, which is not set"),
        ("JOBBERGATE_OIDC_AUDIENCE", "jobs", "ARMASEC_DOMAIN, which is not set"),
        ("JOBBERGATE_OIDC_AUDIENCE", "jobs,", "leave the comma out"),
        ("JOBBERGATE_OIDC_PERMISSIONS_CLAIM", "realm_access..roles", "resource_access"),
        ("JOBBERGATE_BUILT_IN_PROVIDER", "false", "ARMASEC_DOMAIN or JOBBERGATE_OIDC_ISSUERS"),
        ("JOBBERGATE_LDAP_URI", "ldap.example.org", "ldaps://HOST"),
        ("JOBBERGATE_LDAP_URI", "ldap://ldap.example.org", "JOBBERGATE_LDAP_START_TLS"),
        ("JOBBERGATE_LDAP_BIND_DN", "cn=a", "JOBBERGATE_LDAP_URI"),
        ("JOBBERGATE_LDAP_CHECK_SECONDS", "0", "1..=86400"),
    ] {
        let words = complaint(&["serve", "--listen", "127.0.0.1:0"], &[(variable, value)]);
        assert!(words.contains(variable) && words.contains(remedy), "{variable}: {words}");
        assert!(!words.contains("panicked"), "{words}");
    }
}

#[test]
fn providers_that_do_not_go_together_are_named_with_the_remedy() {
    let one = ("JOBBERGATE_OIDC_ISSUERS", r#"[{"url": "https://h/x/"}]"#);
    for (other, words) in [
        (("ARMASEC_DOMAIN", "h/x"), "JOBBERGATE_OIDC_ISSUERS is wrong: it names a provider twice"),
        (("JOBBERGATE_OIDC_ROLES", "a=user"), "JOBBERGATE_OIDC_ROLES is wrong: it is about"),
        (("JOBBERGATE_CHECK_ISSUER", "no"), "JOBBERGATE_CHECK_ISSUER is wrong: it is about"),
    ] {
        for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["admin", "doctor"]] {
            let said = complaint(arguments, &[one, other]);
            assert!(said.contains(words), "{said}");
        }
    }
    let said = complaint(&["admin", "client", "create", "titan"], &[one]);
    assert!(said.contains("JOBBERGATE_BUILT_IN_PROVIDER=true"), "{said}");
}

#[test]
fn it_says_whether_environment_or_file_or_command_line_is_wrong() {
    let words = complaint(&["serve"], &[("DATABASE_PORT", "abc")]);
    assert!(words.contains("'abc' for DATABASE_PORT in the environment"), "{words}");
    let words = complaint(&["serve", "--database-port", "x"], &[("DATABASE_PORT", "7")]);
    assert!(words.contains("'x' for '--database-port <PORT>'"), "{words}");
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(".env"), "DATABASE_PORT=abc").unwrap();
    let output =
        program().current_dir(directory.path()).args(["admin", "config"]).output().unwrap();
    let words = String::from_utf8(output.stderr).unwrap();
    assert!(words.contains("DATABASE_PORT in the file .env"), "{words}");
}

#[test]
fn an_agent_without_credentials_is_told_which_variables_are_missing() {
    let words = complaint(&["agent"], &[]);
    for variable in ["JOBBERGATE_AGENT_OIDC_DOMAIN", "JOBBERGATE_AGENT_OIDC_CLIENT_ID"] {
        assert!(words.contains(variable), "{words}");
    }
}

#[test]
fn an_influxdb_that_makes_no_sense_is_named_without_its_password() {
    let agent = [
        ("JOBBERGATE_AGENT_OIDC_DOMAIN", "h/realms/r"),
        ("JOBBERGATE_AGENT_OIDC_CLIENT_ID", "lab"),
        ("JOBBERGATE_AGENT_OIDC_CLIENT_SECRET", "x"),
        ("JOBBERGATE_AGENT_SINGLE_USER_SUBMITTER", "alice"),
    ];
    for (variable, value, remedy) in [
        ("JOBBERGATE_AGENT_INFLUX_DSN", "http://joe:s3cret@h/db", "https+influxdb://"),
        ("JOBBERGATE_AGENT_INFLUX_DSN", "influxdb://joe:s3cret@h", "there is no database"),
        ("JOBBERGATE_AGENT_INFLUX_DSN", "s3cret", "influxdb://USER:PASSWORD@HOST:8086/DATABASE"),
        ("JOBBERGATE_AGENT_INFLUX_SSL", "true", "JOBBERGATE_AGENT_INFLUX_CERT_PATH"),
        ("JOBBERGATE_AGENT_INFLUX_CERT_PATH", "/nonexistent/ca.pem", "No such file"),
        ("JOBBERGATE_AGENT_INFLUX_TIMEOUT", "0", "1.."),
        ("JOBBERGATE_AGENT_INFLUX_POOL_SIZE", "none", "invalid digit"),
        ("JOBBERGATE_AGENT_INFLUX_UDP_PORT", "70000", "1..=65535"),
    ] {
        let words = complaint(&["agent"], &[&agent[..], &[(variable, value)]].concat());
        assert!(words.contains(variable) && words.contains(remedy), "{variable}: {words}");
        assert!(!words.contains("s3cret"), "{words}");
    }
}

#[test]
fn secrets_are_not_printed_wherever_they_stand() {
    for (variable, value) in [
        ("DATABASE_URL", "postgres://joe:s3cret@127.0.0.1:1/n?password=s3cret"),
        ("DATABASE_URL", "postgres://joe@127.0.0.1:1/n?pasword=s3cret"),
        ("DATABASE_URL", "postgres:joe:s3cret@h/n"),
        ("DATABASE_URL", "postgres://joe:1/s3cret@h/n"),
        ("DATABASE_HOST", "joe:s3cret@h"),
        ("JOBBERGATE_PUBLIC_URL", "http://joe:s3cret@h"),
        ("S3_ENDPOINT_URL", "http://joe:s3cret@h"),
        ("RABBITMQ_HOST", "joe:s3cret@broker"),
        ("ARMASEC_DOMAIN", "joe:s3cret@issuer"),
        ("JOBBERGATE_OIDC_ISSUERS", r#"[{"url": "https://joe:s3cret@issuer"}]"#),
        ("JOBBERGATE_OIDC_ISSUERS", r#"[{"url": "https://issuer", "s3cret]"#),
    ] {
        for arguments in [&["serve", "--listen", "127.0.0.1:0"][..], &["admin", "doctor"]] {
            let words = complaint(arguments, &[(variable, value)]);
            assert!(!words.contains("s3cret"), "{variable}: {words}");
            assert!(words.contains(variable), "{words}");
        }
    }
}

#[test]
fn the_help_shows_no_values() {
    let mut help = program();
    help.args(["serve", "--help"]).env("S3_ENDPOINT_URL", "http://joe:s3cret@h");
    let text = String::from_utf8(help.output().unwrap().stdout).unwrap();
    assert!(text.contains("[env: S3_ENDPOINT_URL]") && !text.contains("s3cret"), "{text}");
}

#[test]
fn cleaning_that_never_happens_is_warned_about() {
    let data = tempfile::tempdir().unwrap();
    let mut serve = program();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data-dir"]);
    serve.arg(data.path()).env("AUTO_CLEAN_JOB_SCRIPTS_DAYS_TO_DELETE", "7");
    let server = Process::start(serve, &data.path().join("log"));
    server.said("listening");
    let log = server.log();
    assert!(log.contains("JOBBERGATE_CLEAN_INTERVAL_HOURS"), "{log}");
}

#[test]
fn a_token_that_opens_nobodys_data_is_warned_about() {
    let home = tempfile::tempdir().unwrap();
    let admin = |arguments: &[&str]| {
        let mut command = program();
        command.env("MULTI_TENANCY_ENABLED", "true").env("HOME", home.path()).arg("admin");
        let output = command.args(arguments).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stderr).unwrap()
    };
    admin(&["client", "create", "c"]);
    let token = ["token", "--email", "a@example.com"];
    assert!(admin(&token).contains("--organization"));
    assert_eq!(admin(&[&token[..], &["--organization", "lab"]].concat()), "");
}
