//! Who is who, by a real LDAP server.

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use jobbergate_agent::{config::AgentConfig, setback::Setback, user_map::UserMap};
use jobbergate_testkit::slapd::{BASE, SEARCHER, SEARCHER_PASSWORD, Slapd};
use tempfile::TempDir;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    agent: AgentConfig,
}

fn settings(slapd: &Slapd, more: &[&str]) -> AgentConfig {
    let own = [
        ("--oidc-domain", "h/realms/r".to_owned()),
        ("--oidc-client-id", "lab".to_owned()),
        ("--slurm-user-mapper", "ldap-cached-mapper".to_owned()),
        ("--ldap-domain", "localhost".to_owned()),
        ("--ldap-port", slapd.tls_port.to_string()),
        ("--ldap-bind-dn", SEARCHER.to_owned()),
        ("--ldap-password", SEARCHER_PASSWORD.to_owned()),
        ("--ldap-search-base", BASE.to_owned()),
        ("--ldap-ca-file", slapd.ca_file().display().to_string()),
        ("--ldap-timeout-seconds", "1".to_owned()),
    ];
    let given = |name: &str| more.iter().any(|option| option.split('=').next() == Some(name));
    let own = own.into_iter().filter(|(name, _)| !given(name));
    let own: Vec<String> = own.map(|(name, value)| format!("{name}={value}")).collect();
    let more = more.iter().map(|option| (*option).to_owned()).filter(|o| !o.ends_with("=unset"));
    Cli::try_parse_from(std::iter::once("agent".to_owned()).chain(own).chain(more)).unwrap().agent
}

/// A map that keeps what it learns in a directory.
async fn map(slapd: &Slapd, state: &TempDir, more: &[&str]) -> UserMap {
    let mut map = settings(slapd, more).user_map().unwrap();
    map.remember_in(state.path()).await.unwrap();
    map
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Setback>) -> String {
    let Err(Setback::Refusal(why)) = result else { panic!("not refused: {result:?}") };
    why
}

fn trouble<T: std::fmt::Debug>(result: Result<T, Setback>) -> String {
    let Err(Setback::Blocked(_, why)) = result else { panic!("no trouble: {result:?}") };
    why
}

/// An entry for a person, for LDIF.
fn person(cn: &str, attributes: &str) -> String {
    format!(
        "dn: cn={cn},ou=people,{BASE}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: {cn}\n\
         sn: {cn}\n{attributes}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_e_mail_becomes_the_user_that_the_directory_says_by_tls() {
    let (slapd, state) = (Slapd::start().unwrap(), TempDir::new().unwrap());
    slapd.change(&person("dae", "uid: DAEMON\nmail: dae@example.com")).unwrap();
    slapd.change(&person("two", "uid: a\nuid: b\nmail: two@example.com")).unwrap();
    slapd.change(&person("none", "mail: none@example.com")).unwrap();
    let start_tls = format!("--ldap-port={}", slapd.port);
    let ways: [&[&str]; 2] = [&[], &[&start_tls, "--ldap-start-tls=true"]];
    for (i, more) in ways.into_iter().enumerate() {
        let map = map(&slapd, &state, more).await;
        let user = async |email| map.account(email, at(i as i64 * 100_000)).await;
        for (email, words) in [
            // It is spelt in small letters, and found; that it may not be used is another matter.
            ("dae@example.com", "\"daemon\""),
            ("erin@example.com", "\"erin(*)\""),
            ("office@example.com", "several entries"),
            ("stranger@example.com", "no entry"),
            ("two@example.com", "several of uid"),
            ("none@example.com", "no uid"),
            ("*", "no entry"),
            ("*@example.com", "no entry"),
            ("x)(uid=alice", "no entry"),
            ("x)(|(uid=*", "no entry"),
            ("\\2a", "no entry"),
            ("", "no entry"),
        ] {
            let why = refusal(user(email).await);
            assert!(why.contains(words) && why.contains("Ask"), "{email}: {why}");
        }
    }
    let by_cn = map(&slapd, &state, &["--ldap-uid-attribute=CN"]).await;
    let why = refusal(by_cn.account("dae@example.com", at(0)).await);
    assert!(why.contains("\"dae\""), "the attributes' names may be spelt in any way: {why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_directory_is_named_and_rejects_nobody() {
    let slapd = Slapd::start().unwrap();
    let port = format!("--ldap-port={}", slapd.port);
    let elsewhere = format!("--ldap-search-base=cn=elsewhere,ou=people,{BASE}");
    for (more, words) in [
        (
            vec!["--ldap-password=guessed"],
            "cn=jobbergate,dc=example,dc=org is refused: result code 49",
        ),
        (vec!["--ldap-ca-file=unset"], "UnknownIssuer"),
        (vec!["--ldap-search-base=ou=nowhere,dc=example,dc=org"], "ou=nowhere"),
        (vec![elsewhere.as_str()], "result code 10"),
        (vec![port.as_str()], ""),
        (vec!["--ldap-port=9"], "onnection refused"),
    ] {
        let state = TempDir::new().unwrap();
        let map = map(&slapd, &state, &more).await;
        let why = trouble(map.account("alice@example.com", at(0)).await);
        assert!(why.contains(words) && why.contains("alice@example.com"), "{more:?}: {why}");
        assert!(!why.contains("guessed"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_server_is_asked_when_the_first_is_away() {
    let (slapd, state) = (Slapd::start().unwrap(), TempDir::new().unwrap());
    let hosts = format!("--ldap-domain=localhost:9 localhost:{}", slapd.tls_port);
    let map = map(&slapd, &state, &[&hosts]).await;
    assert!(refusal(map.account("office@example.com", at(0)).await).contains("several"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_last_is_used_while_the_directory_is_away_for_a_week_at_most() {
    let (slapd, state) = (Slapd::start().unwrap(), TempDir::new().unwrap());
    let options = ["--allowed-system-users=daemon"];
    slapd.change(&person("dae", "uid: daemon\nmail: dae@example.com")).unwrap();
    let first = map(&slapd, &state, &options).await;
    assert_eq!(first.account("dae@example.com", at(0)).await.unwrap().name, "daemon");
    refusal(first.account("office@example.com", at(0)).await);
    drop(first);
    slapd.hang().unwrap();
    let next = map(&slapd, &state, &options).await;
    let known = async |email, seconds| next.account(email, at(seconds)).await;
    assert_eq!(known("Dae@example.com", 3599).await.unwrap().name, "daemon");
    assert_eq!(known("dae@example.com", 3601).await.unwrap().name, "daemon", "stale");
    assert_eq!(known("dae@example.com", 604_799).await.unwrap().name, "daemon", "stale");
    trouble(known("dae@example.com", 604_801).await);
    trouble(known("dae@example.com", -1).await);
    trouble(known("bob@example.com", 1).await);
    refusal(known("office@example.com", 59).await);
    trouble(known("office@example.com", 61).await);
    slapd.go_on().unwrap();
    let fresh = map(&slapd, &state, &options).await;
    refusal(fresh.account("office@example.com", at(62)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_is_known_after_a_minute_and_who_goes_after_an_hour() {
    let (slapd, state) = (Slapd::start().unwrap(), TempDir::new().unwrap());
    let map = map(&slapd, &state, &["--allowed-system-users=daemon"]).await;
    let account = async |seconds| map.account("dae@example.com", at(seconds)).await;
    assert!(refusal(account(0).await).contains("no entry"));
    slapd.change(&person("dae", "uid: daemon\nmail: dae@example.com")).unwrap();
    assert!(refusal(account(59).await).contains("no entry"));
    assert_eq!(account(60).await.unwrap().name, "daemon");
    slapd.change(&format!("dn: cn=dae,ou=people,{BASE}\nchangetype: delete\n")).unwrap();
    assert_eq!(account(3659).await.unwrap().name, "daemon");
    assert!(refusal(account(3660).await).contains("no entry"), "and not what was said before");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_says_whether_the_directory_lets_the_agent_in() {
    let slapd = Slapd::start().unwrap();
    let check = async |more: &[&str]| {
        let found = jobbergate_agent::doctor::examine(&settings(&slapd, more), None).await;
        let line = found.iter().find(|finding| finding.check == "user mapping").unwrap();
        (line.outcome.is_ok(), line.to_string())
    };
    let (good, said) = check(&[]).await;
    assert!(good && said.contains(&format!("ldaps://localhost:{}", slapd.tls_port)), "{said}");
    for (more, words) in [
        ("--ldap-password=guessed", "is refused: result code 49"),
        ("--ldap-search-base=ou=nowhere,dc=example,dc=org", "ou=nowhere"),
        ("--ldap-port=9", "onnection refused"),
    ] {
        let (good, said) = check(&[more]).await;
        let advised = said.contains("check JOBBERGATE_AGENT_LDAP_*");
        assert!(!good && said.contains(words) && advised, "{said}");
    }
}
