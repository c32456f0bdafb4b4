//! Accounts here of people who are in the directory.

use jobbergate_api::identity::{Choice, LogIn, Source};
use jobbergate_testkit::proxy::Mode;

use super::{ALICE, ALICES, BOB, BOBS};
use crate::{
    identity::story::{PASSWORD, peer, person, refresh, tokens},
    on_both,
    support::random,
};

on_both! {
    async fn of_two_people_with_one_address_who_come_together_one_gets_in(app: LdapApp) {
        for dn in [ALICE, BOB] {
            app.modify(dn, "replace: mail\nmail: both@example.com");
        }
        let (alice, bob) =
            tokio::join!(app.try_to_log_in("alice", ALICES), app.try_to_log_in("bob", BOBS));
        let roles = match (&alice, &bob) {
            (LogIn::Welcome(new), LogIn::NotTheirs) => {
                (&new.session.user.roles, ["admin", "user"])
            }
            (LogIn::NotTheirs, LogIn::Welcome(new)) => {
                (&new.session.user.roles, ["expert", "user"])
            }
            others => panic!("{others:?}"),
        };
        assert_eq!(roles.0, &roles.1);
        assert_eq!(app.provider().users().await.unwrap().len(), 1);
    }

    async fn an_account_with_a_password_here_is_nobody_elses(app: LdapApp) {
        let alice = person(&app, "alice", &["expert"]).await;
        for login in ["alice", "a.liddell@example.com"] {
            let refused = app.try_to_log_in(login, ALICES).await;
            assert!(matches!(refused, LogIn::NotTheirs), "{refused:?}");
        }
        let refused = app.try_to_log_in("alice@example.com", ALICES).await;
        assert!(matches!(refused, LogIn::Refused), "{refused:?}");
        let (session, cookie) = app.person("alice@example.com", PASSWORD).await;
        assert_eq!(session.user.source, Source::Local);
        // Unless an administrator leaves it to them.
        app.provider().link_user("alice@example.com", false).await.unwrap();
        assert!(app.provider().session(&cookie).await.unwrap().is_none());
        let refused = app.try_to_log_in("alice@example.com", PASSWORD).await;
        assert!(matches!(refused, LogIn::Refused), "{refused:?}");
        let (session, _) = app.person("alice", ALICES).await;
        assert_eq!((&session.user.id, session.user.source), (&alice.id, Source::Ldap));
        assert_eq!(session.user.roles, ["admin", "expert", "user"]);
        let again = app.provider().link_user("alice@example.com", true).await.unwrap_err();
        assert_eq!(again.status(), 409);
    }

    async fn an_account_is_linked_only_to_somebody_who_can_log_in(app: LdapApp) {
        let provider = app.provider();
        person(&app, "root", &["admin"]).await;
        for user in ["a.liddell", "office", "bob"] {
            person(&app, user, &["user"]).await;
        }
        for (email, words) in [
            ("root@example.com", "Nobody who fits JOBBERGATE_LDAP_FILTER has the address"),
            ("a.liddell@example.com", "uid=alice,ou=people,dc=example,dc=org logs in by the first"),
            ("office@example.com", "Several people have the address"),
        ] {
            let refused = provider.link_user(email, false).await.unwrap_err();
            assert!(refused.to_string().starts_with(words), "{refused}");
        }
        app.proxy.set(Mode::Down);
        let refused = provider.link_user("bob@example.com", false).await.unwrap_err();
        assert!(refused.to_string().contains("--force"), "{refused}");
        let refused = provider.link_user("root@example.com", true).await.unwrap_err();
        assert!(refused.to_string().starts_with("Nobody else is an administrator"), "{refused}");
        app.person("root@example.com", PASSWORD).await;
        provider.link_user("bob@example.com", true).await.unwrap();
        app.proxy.set(Mode::Open);
        app.person("bob", BOBS).await;
        // And back.
        provider.grant_role("bob@example.com", "maintainer").await.unwrap();
        provider.unlink_user("bob@example.com").await.unwrap();
        let bob = provider.user("bob@example.com").await.unwrap();
        assert_eq!((bob.source, bob.has_password), (Source::Local, false));
        assert_eq!(bob.roles, ["maintainer", "user"]);
        provider.password_link("bob@example.com", &mut random()).await.unwrap();
        assert!(matches!(app.try_to_log_in("bob", BOBS).await, LogIn::NotTheirs));
    }

    async fn an_address_is_not_taken_over_by_who_writes_it_into_their_entry(app: LdapApp) {
        let (alice, _) = app.person("alice", ALICES).await;
        app.modify(BOB, "replace: mail\nmail: alice@example.com");
        let refused = app.try_to_log_in("bob", BOBS).await;
        assert!(matches!(refused, LogIn::NotTheirs), "{refused:?}");
        // It is theirs once nobody else has it.
        app.ldap.change(&format!("dn: {ALICE}\nchangetype: delete\n")).unwrap();
        let (session, _) = app.person("bob", BOBS).await;
        assert_eq!(session.user.id, alice.user.id);
        assert_eq!(session.user.roles, ["expert", "user"]);
    }

    async fn an_account_keeps_its_address_while_the_person_has_it(app: LdapApp) {
        let (alice, cookie) = app.person("alice", ALICES).await;
        app.modify(ALICE, "replace: mail\nmail: new@example.com\nmail: alice@example.com");
        assert_eq!(app.person("alice", ALICES).await.0.user, {
            let mut user = alice.user.clone();
            user.last_login_at = Some(app.clock.now());
            user
        });
        // Nor does the case of letters.
        app.modify(ALICE, "replace: mail\nmail: Alice@Example.com");
        let (same, _) = app.person("alice", ALICES).await;
        assert_eq!((&same.user.id, same.user.email.as_str()), (&alice.user.id, "alice@example.com"));
        app.modify(ALICE, "replace: mail\nmail: new@example.com");
        let (other, _) = app.person("alice", ALICES).await;
        assert_eq!(other.user.email, "new@example.com");
        assert_ne!(other.user.id, alice.user.id);
        // An entry has one account; the other is left to whoever has that address next.
        assert!(app.provider().session(&cookie).await.unwrap().is_none());
        assert!(app.provider().user("alice@example.com").await.unwrap().left_at.is_some());
        app.modify(BOB, "replace: mail\nmail: alice@example.com");
        let (bob, _) = app.person("bob", BOBS).await;
        assert_eq!(bob.user.id, alice.user.id);
        assert!(app.provider().session(&cookie).await.unwrap().is_none());
    }

    async fn there_is_no_password_here_to_choose(app: LdapApp) {
        let (session, _) = app.person("bob", BOBS).await;
        let provider = app.provider();
        let refused = provider.password_link("bob@example.com", &mut random()).await.unwrap_err();
        assert_eq!(refused.to_string(), "The password of bob@example.com is kept in the directory");
        let refused = provider.change_password(&session, BOBS, PASSWORD, &mut random()).await.unwrap_err();
        assert_eq!(refused.to_string(), "Your password is kept in your centre's directory; change it there");
        let set_up = provider.offer_set_up(&mut random()).await.unwrap().unwrap();
        let choice = Choice { email: "bob@example.com".to_owned(), name: None, password: PASSWORD.to_owned() };
        let secret = set_up.split_once("link=").unwrap().1;
        let refused = provider.choose_password(secret, &choice, &peer(), &mut random()).await.unwrap_err();
        assert!(refused.to_string().starts_with("The password of bob@example.com is kept in the directory"), "{refused}");
        assert!(!provider.user("bob@example.com").await.unwrap().has_password);
        let refused = provider.rename_user(&session.user, "Robert").await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.to_string().as_str()), (409, "Your name is kept in your centre's directory; change it there"));
    }

    async fn an_administrator_keeps_somebody_out_and_lets_them_in_again(app: LdapApp) {
        let (session, cookie) = app.person("alice", ALICES).await;
        let held = tokens(&app, &session).await;
        app.provider().disable_user("alice@example.com").await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        refresh(&app, &held.refresh).await.expect(400);
        assert!(app.provider().session(&cookie).await.unwrap().is_none());
        let refused = app.try_to_log_in("alice", ALICES).await;
        assert!(matches!(refused, LogIn::Disabled), "{refused:?}");
        assert!(app.provider().user("alice@example.com").await.unwrap().disabled_at.is_some());
        app.provider().enable_user("alice@example.com").await.unwrap();
        app.person("alice", ALICES).await;
    }

    async fn many_first_log_ins_at_once_make_one_account(app: LdapApp) {
        let all = (0..8).map(|_| app.person("bob", BOBS));
        futures::future::join_all(all).await;
        assert_eq!(app.provider().users().await.unwrap().len(), 1);
    }
}
