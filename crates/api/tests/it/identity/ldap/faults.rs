//! A directory that is of no use.

use jobbergate_api::{app::App, clock::Clock, config::ServeConfig, identity::LogIn};
use jobbergate_testkit::proxy::Mode;

use super::{ALICES, BOBS};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{LdapApp, settings, use_ldap},
};

on_both! {
    async fn local_people_get_in_when_the_directory_is_down_or_hangs(app: LdapApp) {
        person(&app, "root", &["admin"]).await;
        for mode in [Mode::Down, Mode::Swallowed, Mode::Held] {
            app.proxy.set(mode);
            let refused = app.try_to_log_in("alice", ALICES).await;
            assert!(matches!(refused, LogIn::Unavailable), "{mode:?}: {refused:?}");
            app.person("root@example.com", PASSWORD).await;
        }
        app.proxy.set(Mode::Open);
        app.person("alice", ALICES).await;
    }

    async fn a_directory_that_stops_in_the_middle_is_no_guess(app: LdapApp) {
        app.ldap.hang().unwrap();
        for _ in 0..11 {
            let refused = app.try_to_log_in("alice", "guess").await;
            assert!(matches!(refused, LogIn::Unavailable), "{refused:?}");
        }
        app.ldap.go_on().unwrap();
        app.person("alice", ALICES).await;
    }
}

/// How a log-in ends with these settings.
async fn log_in(change: impl FnOnce(&mut ServeConfig, &jobbergate_testkit::slapd::Slapd)) -> LogIn {
    LdapApp::configured_by(change).await.try_to_log_in("alice", ALICES).await
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_are_tried_in_order() {
    let entry = log_in(|config, slapd| {
        config.ldap.ldap_uri = Some(format!("ldap://127.0.0.1:1 {}", slapd.uri()));
    });
    assert!(matches!(entry.await, LogIn::Welcome(_)));
    let entry = log_in(|config, _| {
        config.ldap.ldap_uri = Some("ldap://127.0.0.1:1 ldap://127.0.0.1:2".to_owned());
    });
    assert!(matches!(entry.await, LogIn::Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_searcher_who_is_refused_is_the_administrators_matter() {
    for (name, password) in [
        ("cn=jobbergate,dc=example,dc=org", "wrong"),
        ("cn=nobody,dc=example,dc=org", "searching"),
        ("no name", "searching"),
    ] {
        let entry = log_in(|config, _| {
            config.ldap.ldap_bind_dn = Some(name.to_owned());
            config.ldap.ldap_bind_password = Some(password.to_owned());
        });
        assert!(matches!(entry.await, LogIn::Unavailable), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_go_by_tls_to_whom_the_authorities_vouch_for() {
    let trusting = |uri: fn(u16, u16) -> String, start_tls: bool, trusts: bool| {
        log_in(move |config, slapd| {
            config.ldap.ldap_uri = Some(uri(slapd.port, slapd.tls_port));
            config.ldap.ldap_start_tls = start_tls;
            config.ldap.ldap_ca_file = trusts.then(|| slapd.ca_file());
        })
    };
    let tls: fn(u16, u16) -> String = |_, port| format!("ldaps://127.0.0.1:{port}");
    let by_name: fn(u16, u16) -> String = |_, port| format!("ldaps://localhost:{port}");
    let start_tls: fn(u16, u16) -> String = |port, _| format!("ldap://localhost:{port}");
    // The certificate has no such name.
    let other: fn(u16, u16) -> String = |_, port| format!("ldaps://127.0.0.2:{port}");
    assert!(matches!(trusting(tls, false, true).await, LogIn::Welcome(_)));
    assert!(matches!(trusting(by_name, false, true).await, LogIn::Welcome(_)));
    assert!(matches!(trusting(start_tls, true, true).await, LogIn::Welcome(_)));
    assert!(matches!(trusting(tls, false, false).await, LogIn::Unavailable));
    assert!(matches!(trusting(start_tls, true, false).await, LogIn::Unavailable));
    assert!(matches!(trusting(other, false, true).await, LogIn::Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_that_there_is_not_lets_nobody_in() {
    let entry = log_in(|config, _| {
        config.ldap.ldap_base = Some("ou=misspelt,dc=example,dc=org".to_owned());
    });
    assert!(matches!(entry.await, LogIn::Unavailable));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_of_a_directory_that_is_no_more_are_out() {
    let app = LdapApp::configured(|_| {}).await;
    let (_, cookie) = app.person("bob", BOBS).await;
    let mut config = settings(&tempfile::tempdir().unwrap());
    config.data_dir = Some(app.data().to_owned());
    let other = App::open(&config, Clock::manual(crate::support::start_time())).await.unwrap();
    let provider = other.provider.as_ref().unwrap();
    assert!(provider.session(&cookie).await.unwrap().is_none());
    let refused = crate::identity::story::try_to_log_in(provider, "bob@example.com", BOBS).await;
    assert!(matches!(refused, LogIn::Refused), "{refused:?}");
    assert!(app.provider().session(&cookie).await.unwrap().is_some());
}

type Change<'a> = &'a dyn Fn(&mut ServeConfig);

#[test]
fn settings_that_make_no_sense_are_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    let complaint = |change: &dyn Fn(&mut ServeConfig)| {
        let mut config = settings(&directory);
        use_ldap(&mut config, "ldap://127.0.0.1:1");
        change(&mut config);
        config.check().unwrap_err().to_string()
    };
    let text = |text: &str| Some(text.to_owned());
    let cases: [(&str, Change<'_>); 23] = [
        ("JOBBERGATE_LDAP_URI is wrong: each must be", &|it| it.ldap.ldap_uri = text("https://a")),
        ("JOBBERGATE_LDAP_URI is wrong: it names no", &|it| it.ldap.ldap_uri = text(" ")),
        ("JOBBERGATE_LDAP_START_TLS=true", &|it| it.ldap.ldap_uri = text("ldaps://a ldap://b")),
        ("JOBBERGATE_LDAP_URI is wrong: people log in at", &|it| {
            it.armasec_domain = text("idp/realms/x")
        }),
        ("JOBBERGATE_LDAP_BASE is wrong: it has no effect", &|it| it.ldap.ldap_uri = None),
        ("JOBBERGATE_LDAP_BASE is wrong: JOBBERGATE_LDAP_URI needs", &|it| {
            it.ldap.ldap_base = None
        }),
        ("JOBBERGATE_LDAP_BASE is wrong: it must be a", &|it| {
            it.ldap.ldap_base = text("example.org")
        }),
        ("JOBBERGATE_LDAP_GROUP_BASE is wrong", &|it| it.ldap.ldap_group_base = text("groups")),
        ("JOBBERGATE_LDAP_FILTER is wrong: it must contain {login}", &|it| {
            it.ldap.ldap_filter = "(uid=alice)".into()
        }),
        ("JOBBERGATE_LDAP_FILTER is wrong: it is no", &|it| {
            it.ldap.ldap_filter = "(uid={login}".into()
        }),
        ("JOBBERGATE_LDAP_FILTER is wrong: {login} must stand alone", &|it| {
            it.ldap.ldap_filter = "(&(objectClass=person)(cn={login}*))".into()
        }),
        ("JOBBERGATE_LDAP_GROUP_FILTER is wrong: it must contain {dn} or {uid}", &|it| {
            it.ldap.ldap_group_filter = "(cn=a)".into()
        }),
        ("JOBBERGATE_LDAP_MAIL_ATTRIBUTE is wrong", &|it| {
            it.ldap.ldap_mail_attribute = "e mail".into()
        }),
        ("JOBBERGATE_LDAP_NAME_ATTRIBUTE is wrong", &|it| {
            it.ldap.ldap_name_attribute = vec![String::new()]
        }),
        ("JOBBERGATE_LDAP_UID_ATTRIBUTE is wrong", &|it| {
            it.ldap.ldap_uid_attribute = "(uid)".into()
        }),
        ("JOBBERGATE_LDAP_GROUP_ROLES is wrong: \"a\" must be", &|it| {
            it.ldap.ldap_group_roles = text("a")
        }),
        ("JOBBERGATE_LDAP_GROUP_ROLES is wrong: nobody", &|it| it.ldap.ldap_group_roles = None),
        ("JOBBERGATE_LDAP_DEFAULT_ROLE is wrong", &|it| it.ldap.ldap_default_role = text("a b")),
        ("JOBBERGATE_LDAP_CA_FILE is wrong: /no/such", &|it| {
            it.ldap.ldap_ca_file = Some("/no/such".into())
        }),
        ("JOBBERGATE_LDAP_CA_FILE is wrong: /dev/null: there is no certificate", &|it| {
            it.ldap.ldap_ca_file = Some("/dev/null".into())
        }),
        ("JOBBERGATE_LDAP_BIND_PASSWORD is wrong: JOBBERGATE_LDAP_BIND_DN needs", &|it| {
            it.ldap.ldap_bind_password = None
        }),
        ("JOBBERGATE_LDAP_BIND_PASSWORD is wrong: it has no effect", &|it| {
            it.ldap.ldap_bind_dn = None
        }),
        ("JOBBERGATE_LDAP_BIND_PASSWORD_FILE is wrong", &|it| {
            it.ldap.ldap_bind_password_file = Some("/no/such".into())
        }),
    ];
    for (words, change) in cases {
        let complaint = complaint(change);
        assert!(complaint.contains(words), "{words}: {complaint}");
        assert!(!complaint.contains("searching"), "{complaint}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_searchers_password_may_be_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("password");
    std::fs::write(&file, "searching\n").unwrap();
    let entry = log_in(|config, _| {
        config.ldap.ldap_bind_password = None;
        config.ldap.ldap_bind_password_file = Some(file);
    });
    assert!(matches!(entry.await, LogIn::Welcome(_)));
}
