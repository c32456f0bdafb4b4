//! Logging in with a password, and the sessions that follow.

use chrono::TimeDelta;
use jobbergate_api::identity::{
    AuthorizationRequest, Choice, LogIn, NewUser, PasswordChange, Peer,
};

use super::story::{
    PASSWORD, Tokens, allow, log_in, peer, person, redeem, redirect, refresh, request, tokens,
    try_to_log_in,
};
use crate::{
    on_both,
    support::{TestApp, random},
};

async fn from(app: &TestApp, address: &str, email: &str, password: &str) -> LogIn {
    let peer = Peer { address: address.parse().unwrap(), user_agent: String::new() };
    app.provider().log_in(email, password, &peer, &mut random()).await.unwrap()
}

on_both! {
    async fn somebody_logs_in_and_is_known_by_their_cookie(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        assert_eq!((session.user.email.as_str(), session.address.as_str()), ("alice@example.com", "192.0.2.7"));
        let found = app.provider().session(&cookie).await.unwrap().unwrap();
        assert_eq!(found.id, session.id);
        assert_eq!(found.user.last_login_at, Some(app.clock.now()));
        for other in ["", "x", session.id.as_str()] {
            assert!(app.provider().session(other).await.unwrap().is_none());
        }
    }

    async fn each_log_in_has_a_cookie_of_its_own(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (first, second) = (log_in(&app, &alice).await, log_in(&app, &alice).await);
        assert_ne!(first.1, second.1);
        assert_eq!(app.provider().sessions(&alice).await.unwrap().len(), 2);
        app.provider().end_session(&alice, &first.0.id).await.unwrap();
        assert!(app.provider().session(&first.1).await.unwrap().is_none());
        assert!(app.provider().session(&second.1).await.unwrap().is_some());
        let bob = person(&app, "bob", &["user"]).await;
        let refused = app.provider().end_session(&bob, &second.0.id).await.unwrap_err();
        assert_eq!(refused.status(), 404);
    }

    async fn a_session_ends_when_nothing_happens_and_after_a_week_at_the_latest(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (_, idle) = log_in(&app, &alice).await;
        app.clock.advance(TimeDelta::hours(12));
        assert!(app.provider().session(&idle).await.unwrap().is_none());
        let (_, busy) = log_in(&app, &alice).await;
        for _ in 0..7 * 24 / 8 - 1 {
            app.clock.advance(TimeDelta::hours(8));
            assert!(app.provider().session(&busy).await.unwrap().is_some());
        }
        app.clock.advance(TimeDelta::hours(8));
        assert!(app.provider().session(&busy).await.unwrap().is_none());
    }

    async fn nobody_learns_whether_there_is_an_account(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let invited = NewUser { email: "bob@example.com".to_owned(), ..NewUser::default() };
        app.provider().create_user(&invited, &mut random()).await.unwrap();
        let provider = app.provider();
        for (email, password) in [
            ("alice@example.com", "wrong horse battery staple"),
            ("alice@example.com", ""),
            ("bob@example.com", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("no address", PASSWORD),
            ("a\0@example.com", PASSWORD),
            ("", ""),
        ] {
            // The same work is done for each, so that none is quicker.
            let before = provider.checked_passwords();
            let refused = try_to_log_in(provider, email, password).await;
            assert!(matches!(refused, LogIn::Refused), "{email}: {refused:?}");
            assert_eq!(provider.checked_passwords(), before + 1, "{email}");
        }
    }

    async fn who_guesses_passwords_of_an_account_has_to_wait(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        for email in ["alice@example.com", "nobody@example.com"] {
            for index in 0..10 {
                let guess = from(&app, &format!("192.0.2.{index}"), email, "guess").await;
                assert!(matches!(guess, LogIn::Refused), "{guess:?}");
            }
            let before = app.provider().checked_passwords();
            let refused = from(&app, "192.0.2.99", email, PASSWORD).await;
            let LogIn::TooMany { wait } = refused else { panic!("{refused:?}") };
            assert_eq!(wait, TimeDelta::minutes(15));
            assert_eq!(app.provider().checked_passwords(), before);
        }
        person(&app, "bob", &["user"]).await;
        assert!(matches!(from(&app, "192.0.2.99", "bob@example.com", PASSWORD).await, LogIn::Welcome(_)));
        app.clock.advance(TimeDelta::minutes(15));
        log_in(&app, &alice).await;
    }

    async fn who_guesses_elsewhere_locks_nobody_out_at_their_usual_place(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        log_in(&app, &alice).await;
        app.clock.advance(TimeDelta::days(29));
        for index in 0..11 {
            from(&app, &format!("198.51.100.{index}"), &alice.email, "guess").await;
        }
        let elsewhere = from(&app, "192.0.2.99", &alice.email, PASSWORD).await;
        assert!(matches!(elsewhere, LogIn::TooMany { .. }), "{elsewhere:?}");
        // Here she has as many guesses, and may change her password.
        for _ in 0..9 {
            let wrong = try_to_log_in(app.provider(), &alice.email, "guess").await;
            assert!(matches!(wrong, LogIn::Refused), "{wrong:?}");
        }
        let (session, _) = log_in(&app, &alice).await;
        let wrong = app.provider().change_password(&session, "wrong", PASSWORD, &mut random()).await;
        assert_eq!(wrong.unwrap(), PasswordChange::Refused);
        for _ in 0..9 {
            try_to_log_in(app.provider(), &alice.email, "guess").await;
        }
        let refused = try_to_log_in(app.provider(), &alice.email, PASSWORD).await;
        assert!(matches!(refused, LogIn::TooMany { .. }), "{refused:?}");
    }

    async fn another_password_is_one_nobody_has_guessed_at(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        for index in 0..11 {
            from(&app, &format!("198.51.100.{index}"), &alice.email, "guess").await;
        }
        let link = app.provider().password_link(&alice.email, &mut random()).await.unwrap();
        let secret = link.url.split_once("link=").unwrap().1;
        let new = "a different horse, a different staple";
        let choice = Choice { password: new.to_owned(), ..Choice::default() };
        app.provider().choose_password(secret, &choice, &peer(), &mut random()).await.unwrap();
        let elsewhere = from(&app, "203.0.113.1", &alice.email, new).await;
        assert!(matches!(elsewhere, LogIn::Welcome(_)), "{elsewhere:?}");
    }

    async fn many_guesses_at_once_are_no_more(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let guesses = (0..30).map(|index| {
            let app = &app;
            async move { from(app, &format!("192.0.2.{index}"), "alice@example.com", "guess").await }
        });
        let answers = futures::future::join_all(guesses).await;
        let refused = answers.iter().filter(|answer| matches!(answer, LogIn::Refused)).count();
        assert_eq!(refused, 10);
        assert_eq!(app.provider().checked_passwords(), 10);
    }

    async fn who_guesses_from_one_address_has_to_wait(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        for index in 0..100 {
            let guess = from(&app, "2001:db8::1", &format!("x{index}@example.com"), "guess").await;
            assert!(matches!(guess, LogIn::Refused), "{index} {guess:?}");
        }
        let neighbour = from(&app, "2001:db8::2", &alice.email, PASSWORD).await;
        assert!(matches!(neighbour, LogIn::TooMany { .. }), "{neighbour:?}");
        log_in(&app, &alice).await;
    }

    async fn who_knows_the_password_is_not_counted(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        for _ in 0..25 {
            let guess = try_to_log_in(app.provider(), &alice.email, "guess").await;
            assert!(matches!(guess, LogIn::Refused), "{guess:?}");
            log_in(&app, &alice).await;
        }
    }

    async fn another_password_ends_other_sessions(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (here, cookie) = log_in(&app, &alice).await;
        let (there, other_cookie) = log_in(&app, &alice).await;
        let (ours, other) = (tokens(&app, &here).await, tokens(&app, &there).await);
        let lasting = AuthorizationRequest { scope: Some("offline_access".to_owned()), ..request() };
        let (_, query) = redirect(&allow(&app, &lasting, &there).await);
        let lasting = Tokens::of(&redeem(&app, &query["code"]).await.ok());
        let unused = super::story::code(&app, &here).await;
        let new = "a different horse, a different staple";
        let wrong = provider.change_password(&here, "wrong", new, &mut random()).await.unwrap();
        assert_eq!(wrong, PasswordChange::Refused);
        let weak = provider.change_password(&here, PASSWORD, "short", &mut random()).await.unwrap_err();
        assert_eq!(weak.status(), 422);
        let changed = provider.change_password(&here, PASSWORD, new, &mut random()).await.unwrap();
        let PasswordChange::Changed(renewed) = changed else { panic!("{changed:?}") };
        // Somebody may have copied the cookie.
        assert!(provider.session(&cookie).await.unwrap().is_none());
        let now = provider.session(&renewed.0).await.unwrap().unwrap();
        assert_eq!((now.created_at, now.address), (here.created_at, here.address.clone()));
        assert!(provider.session(&other_cookie).await.unwrap().is_none());
        for ended in [&other, &lasting] {
            ended.bearer(&app).get("/job-scripts").await.expect(401);
            refresh(&app, &ended.refresh).await.expect(400);
        }
        ours.bearer(&app).get("/job-scripts").await.ok();
        // What was let in from the session still ends with it.
        let admitted = Tokens::of(&redeem(&app, &unused).await.ok());
        provider.end_session(&alice, &now.id).await.unwrap();
        for ended in [&ours, &admitted] {
            ended.bearer(&app).get("/job-scripts").await.expect(401);
            refresh(&app, &ended.refresh).await.expect(400);
        }
        assert!(matches!(try_to_log_in(provider, &alice.email, PASSWORD).await, LogIn::Refused));
        assert!(matches!(try_to_log_in(provider, &alice.email, new).await, LogIn::Welcome(_)));
    }

    async fn a_password_that_is_replaced_meanwhile_is_worth_nothing(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        // While it is being checked.
        let replace = async |hash: &str| {
            let before = provider.checked_passwords();
            while provider.checked_passwords() == before {
                tokio::task::yield_now().await;
            }
            let mut db = app.db().write().await.unwrap();
            let sql = "UPDATE identity_users SET password_hash = $1";
            db.execute(sql, jobbergate_api::args![hash]).await.unwrap();
            db.commit().await.unwrap();
        };
        let (kept,): (String,) = {
            let sql = "SELECT password_hash FROM identity_users";
            app.db().read().await.unwrap().fetch_one(sql, jobbergate_api::args![]).await.unwrap()
        };
        let ((), refused) = tokio::join!(replace("x"), try_to_log_in(provider, &alice.email, PASSWORD));
        assert!(matches!(refused, LogIn::Refused), "{refused:?}");
        assert_eq!(provider.sessions(&alice).await.unwrap().len(), 1);
        let mut db = app.db().write().await.unwrap();
        db.execute("UPDATE identity_users SET password_hash = $1", jobbergate_api::args![kept.as_str()]).await.unwrap();
        db.commit().await.unwrap();
        let mut rng = random();
        let change = provider.change_password(&session, PASSWORD, "a different horse, a different staple", &mut rng);
        let ((), refused) = tokio::join!(replace("x"), change);
        assert_eq!(refused.unwrap(), PasswordChange::Refused);
        // Nor does it count in a session that is over.
        let mut db = app.db().write().await.unwrap();
        db.execute("UPDATE identity_users SET password_hash = $1", jobbergate_api::args![kept.as_str()]).await.unwrap();
        db.commit().await.unwrap();
        provider.end_session(&alice, &session.id).await.unwrap();
        let refused = provider.change_password(&session, PASSWORD, "a different horse, a different staple", &mut random()).await;
        assert_eq!(refused.unwrap(), PasswordChange::Refused);
    }

    async fn what_has_expired_is_forgotten_an_hour_later(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        super::story::code(&app, &session).await;
        assert_eq!(app.provider().tidy().await.unwrap(), 0);
        app.clock.advance(TimeDelta::days(8));
        // The session, the code and the attempts from the browser's address.
        assert_eq!(app.provider().tidy().await.unwrap(), 3);
        assert_eq!(peer().user_agent, "Firefox");
    }
}
