//! Logging in by bind.

use jobbergate_api::{
    args,
    identity::{LogIn, Source},
};

use super::{ALICES, BOBS};
use crate::{
    identity::story::{PASSWORD, claims, tokens},
    on_both,
    support::LdapApp,
};

on_both! {
    async fn somebody_logs_in_by_user_name_or_address(app: LdapApp) {
        let mut ids = Vec::new();
        for login in ["alice", "ALICE", " alice ", "alice@example.com", "Alice@Example.COM", "a.liddell@example.com"] {
            let (session, _) = app.person(login, ALICES).await;
            let user = session.user;
            assert_eq!((user.email.as_str(), user.name.as_str()), ("alice@example.com", "Alice Liddell"));
            assert_eq!((user.source, user.has_password, user.organization), (Source::Ldap, false, None));
            ids.push(user.id);
        }
        ids.dedup();
        assert_eq!(ids.len(), 1);
        let users = app.provider().users().await.unwrap();
        assert_eq!(users.len(), 1);
        let sql = "SELECT password_hash FROM identity_users WHERE password_hash IS NOT NULL";
        let kept: Vec<(String,)> = app.db().read().await.unwrap().fetch_all(sql, args![]).await.unwrap();
        assert_eq!(kept.len(), 0);
    }

    async fn tokens_are_as_for_others(app: LdapApp) {
        let (session, _) = app.person("bob", BOBS).await;
        let tokens = tokens(&app, &session).await;
        let claims = claims(&tokens.access);
        assert_eq!((&claims["email"], &claims["name"]), (&"bob@example.com".into(), &"Bob".into()));
        tokens.bearer(&app).get("/job-scripts").await.ok();
    }

    async fn nobody_else_gets_in_and_learns_why(app: LdapApp) {
        for (login, password) in [
            ("alice", "wrong"),
            ("alice", ""),
            ("alice", "\0"),
            ("alice", "alice in wonderland\0"),
            ("nobody", ALICES),
            ("nobody", ""),
            ("", ALICES),
            ("", ""),
            ("*", ALICES),
            ("ali*", ALICES),
            ("alice)(uid=*", ALICES),
            (")(uid=*", ALICES),
            ("*)(objectClass=*", ALICES),
            ("alice\0", ALICES),
            ("alice\\2a", ALICES),
            ("{login}", ALICES),
            ("uid=alice,ou=people,dc=example,dc=org", ALICES),
            // Two people have this address.
            ("office@example.com", "frank shares mail"),
            ("elsewhere", ALICES),
        ] {
            let before = app.provider().checked_passwords();
            let refused = app.try_to_log_in(login, password).await;
            assert!(matches!(refused, LogIn::Refused), "{login:?}: {refused:?}");
            assert_eq!(app.provider().checked_passwords(), before + 1, "{login:?}");
        }
        let long = "x".repeat(300);
        assert!(matches!(app.try_to_log_in(&long, ALICES).await, LogIn::Refused));
        assert!(matches!(app.try_to_log_in("dave", &long).await, LogIn::Refused));
        assert_eq!(app.provider().users().await.unwrap(), []);
    }

    async fn odd_names_are_taken_as_they_are(app: LdapApp) {
        let (session, _) = app.person("erin(*)", "erin is odd").await;
        assert_eq!(session.user.email, "erin@example.com");
        assert_eq!(session.user.name, "O'Connor, (Erin) *");
        assert_eq!(session.user.roles, ["user"]);
    }

    async fn who_guesses_has_to_wait_however_they_call_somebody(app: LdapApp) {
        for login in ["alice", "alice@example.com", "Alice@example.com"] {
            for _ in 0..4 {
                app.try_to_log_in(login, "guess").await;
            }
        }
        for login in ["ALICE", "a.liddell@example.com"] {
            let refused = app.try_to_log_in(login, ALICES).await;
            assert!(matches!(refused, LogIn::TooMany { .. }), "{refused:?}");
        }
        for _ in 0..10 {
            let refused = app.try_to_log_in("nobody", "guess").await;
            assert!(matches!(refused, LogIn::Refused), "{refused:?}");
        }
        assert!(matches!(app.try_to_log_in("nobody", "guess").await, LogIn::TooMany { .. }));
        app.person("bob", BOBS).await;
        app.clock.advance(chrono::TimeDelta::minutes(15));
        app.person("alice", ALICES).await;
    }

    async fn who_knows_the_password_is_not_counted(app: LdapApp) {
        for _ in 0..15 {
            app.try_to_log_in("alice", "guess").await;
            app.person("alice", ALICES).await;
        }
    }

    async fn who_has_no_address_or_no_group_is_kept_out(app: LdapApp) {
        // Who has the right password makes no guesses.
        for _ in 0..11 {
            let refused = app.try_to_log_in("carol", "carol has no mail").await;
            assert!(matches!(refused, LogIn::NoAddress), "{refused:?}");
        }
        let refused = app.try_to_log_in("dave", "dave is in no group").await;
        assert!(matches!(refused, LogIn::NoRole), "{refused:?}");
        // Only with the right password.
        for login in ["carol", "dave"] {
            let refused = app.try_to_log_in(login, PASSWORD).await;
            assert!(matches!(refused, LogIn::Refused), "{refused:?}");
        }
        // An administrator can let in whoever has tried.
        app.provider().grant_role("dave@example.com", "expert").await.unwrap();
        let (session, _) = app.person("dave", "dave is in no group").await;
        assert_eq!(session.user.roles, ["expert"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_say_who_where_and_for_which_organization() {
    let app = LdapApp::configured(|config| {
        config.ldap.ldap_base = Some("ou=people,dc=example,dc=org".to_owned());
        config.ldap.ldap_filter = "(&(objectClass=inetOrgPerson)(uid={login})(!(uid=bob)))".into();
        config.ldap.ldap_mail_attribute = "MAIL".to_owned();
        config.ldap.ldap_name_attribute = vec!["givenName".to_owned(), "sn".to_owned()];
        config.ldap.ldap_default_role = Some("user".to_owned());
        config.ldap.ldap_organization = Some("physics".to_owned());
    })
    .await;
    let (session, _) = app.person("dave", "dave is in no group").await;
    assert_eq!(
        (session.user.name.as_str(), session.user.roles),
        ("Nogroup", vec!["user".to_owned()])
    );
    assert_eq!(session.user.organization.as_deref(), Some("physics"));
    for (login, password) in [("bob", BOBS), ("alice@example.com", ALICES)] {
        let refused = app.try_to_log_in(login, password).await;
        assert!(matches!(refused, LogIn::Refused), "{refused:?}");
    }
    let everybody = LdapApp::configured(|config| {
        (config.ldap.ldap_bind_dn, config.ldap.ldap_bind_password) = (None, None);
    })
    .await;
    // This directory shows strangers nothing, which says nothing of who is in it.
    let refused = everybody.try_to_log_in("alice", ALICES).await;
    assert!(matches!(refused, LogIn::Unavailable), "{refused:?}");
}
