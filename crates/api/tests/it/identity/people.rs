//! People, and what they may do.

use jobbergate_api::identity::{LogIn, NewUser, UserToken};
use jobbergate_api::permission::Permission;

use super::story::{PASSWORD, claims, log_in, person, refresh, tokens, try_to_log_in};
use crate::{on_both, support::random};

on_both! {
    async fn an_address_has_one_account_however_it_is_written(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let again = NewUser { email: "Alice <alice@EXAMPLE.com>".to_owned(), ..NewUser::default() };
        let refused = app.provider().create_user(&again, &mut random()).await.unwrap_err();
        assert_eq!(refused.to_string(), "There is an account for alice@example.com already");
        assert_eq!(app.provider().user("alice@EXAMPLE.com").await.unwrap(), alice);
        assert_eq!(app.provider().users().await.unwrap(), [alice]);
    }

    async fn an_address_is_found_whatever_the_case_of_its_letters(app: TestApp) {
        let provider = app.provider();
        let bob = person(&app, "bob", &["user"]).await;
        let words = "There is an account for bob@example.com already, and Bob@example.com differs from it only in the case of letters";
        let new = |email: &str| NewUser { email: email.to_owned(), ..NewUser::default() };
        let refused = provider.create_user(&new("Bob@Example.com"), &mut random()).await.unwrap_err();
        assert_eq!((refused.status().as_u16(), refused.to_string().as_str()), (409, words));
        assert_eq!(provider.user("BOB@EXAMPLE.com").await.unwrap(), bob);
        for login in ["BOB@example.com", "bob@example.com", "Bob <bOb@EXAMPLE.com>"] {
            let LogIn::Welcome(new) = try_to_log_in(provider, login, PASSWORD).await else { panic!("{login}") };
            assert_eq!(new.session.user.email, "bob@example.com", "what is theirs has the address as it is kept");
        }
        let url = provider.password_link("BOB@example.com", &mut random()).await.unwrap();
        assert_eq!(url.email, "bob@example.com");
        assert_eq!(provider.users().await.unwrap().len(), 1);
        let token = UserToken { email: "BOB@example.com".to_owned(), permissions: vec![], client_id: None, lifetime: 60, organization: None };
        let token = provider.issue_user_token(&token, "x").await.unwrap();
        assert_eq!(claims(&token)["email"], "bob@example.com");
        // However it is written, it is guessed at ten times.
        for number in 0..10 {
            let login = if number % 2 == 0 { "bOB@example.com" } else { "BoB@example.com" };
            assert!(matches!(try_to_log_in(provider, login, "wrong").await, LogIn::Refused));
        }
        assert!(matches!(try_to_log_in(provider, "bob@example.com", PASSWORD).await, LogIn::TooMany { .. }));
    }

    async fn accounts_that_differ_in_case_from_of_old_are_told_apart(app: TestApp) {
        let provider = app.provider();
        let small = person(&app, "eve", &["user"]).await;
        let large = person(&app, "mallory", &["user"]).await;
        let mut db = app.db().write().await.unwrap();
        let sql = "UPDATE identity_users SET email = 'EVE@example.com' WHERE email = 'mallory@example.com'";
        db.execute(sql, jobbergate_api::args![]).await.unwrap();
        db.commit().await.unwrap();
        assert_eq!(provider.user("eve@example.com").await.unwrap().id, small.id);
        assert_eq!(provider.user("EVE@example.com").await.unwrap().id, large.id);
        assert_eq!(provider.user("Eve@example.com").await.unwrap_err().status(), 404);
        provider.delete_user("EVE@example.com").await.unwrap();
        assert_eq!(provider.user("Eve@example.com").await.unwrap().id, small.id);
    }

    async fn what_is_no_account_is_said_in_words(app: TestApp) {
        let provider = app.provider();
        let new = |email: &str, role: &str, password: Option<&str>| NewUser {
            email: email.to_owned(),
            roles: vec![role.to_owned()],
            password: password.map(str::to_owned),
            ..NewUser::default()
        };
        for (new, words) in [
            (new("alice", "user", None), "\"alice\" is not an e-mail address"),
            (new("a@example.com", "king", None), "There is no role king"),
            (new("a@example.com", "user", Some("short")), "The password is too short: it must have at least 12 characters"),
        ] {
            let refused = provider.create_user(&new, &mut random()).await.unwrap_err();
            assert_eq!(refused.to_string(), words);
        }
        assert_eq!(provider.users().await.unwrap(), []);
        let missing = provider.user("b@example.com").await.unwrap_err();
        assert_eq!(missing.to_string(), "There is no account for b@example.com");
    }

    async fn roles_are_there_from_the_start(app: TestApp) {
        let roles = app.provider().roles().await.unwrap();
        let permissions = |name: &str| {
            let role = roles.iter().find(|role| role.name == name).unwrap();
            assert!(role.built_in);
            role.permissions.clone()
        };
        assert_eq!(roles.len(), 4);
        assert_eq!(permissions("admin"), ["jobbergate:admin"]);
        let (user, expert) = (permissions("user"), permissions("expert"));
        assert!(user.contains(&"jobbergate:job-submissions:create".to_owned()));
        assert!(user.contains(&"jobbergate:job-templates:read".to_owned()));
        assert!(!user.contains(&"jobbergate:job-templates:create".to_owned()));
        assert!(expert.contains(&"jobbergate:job-templates:create".to_owned()));
        assert_eq!(permissions("maintainer").len(), expert.len() + 1);
    }

    async fn a_role_of_ones_own_is_made_given_taken_and_deleted(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        provider.create_role("watcher", &[Permission::ClustersRead, Permission::Admin]).await.unwrap();
        for (name, status) in [("watcher", 409), ("user", 409), ("a b", 422), ("", 422)] {
            assert_eq!(provider.create_role(name, &[]).await.unwrap_err().status(), status);
        }
        provider.grant_role(&alice.email, "watcher").await.unwrap();
        provider.grant_role(&alice.email, "watcher").await.unwrap();
        let granted = provider.user(&alice.email).await.unwrap();
        assert_eq!(granted.roles, ["user", "watcher"]);
        assert!(granted.permissions.contains(&"jobbergate:admin".to_owned()));
        provider.revoke_role(&alice.email, "watcher").await.unwrap();
        assert_eq!(provider.revoke_role(&alice.email, "watcher").await.unwrap_err().status(), 404);
        provider.grant_role(&alice.email, "watcher").await.unwrap();
        provider.delete_role("watcher").await.unwrap();
        assert_eq!(provider.user(&alice.email).await.unwrap().roles, ["user"]);
        assert_eq!(provider.delete_role("user").await.unwrap_err().status(), 409);
        assert_eq!(provider.delete_role("watcher").await.unwrap_err().status(), 404);
    }

    async fn the_next_token_has_a_role_that_was_given_meanwhile(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let before = tokens(&app, &session).await;
        app.provider().grant_role(&alice.email, "expert").await.unwrap();
        let body = serde_json::json!({"name": "t"});
        before.bearer(&app).post("/job-script-templates", body.clone()).await.expect(403);
        let after = refresh(&app, &before.refresh).await.ok();
        let access = after["access_token"].as_str().unwrap();
        app.bearer(access).post("/job-script-templates", body).await.created();
        assert_eq!(claims(access)["email"], "alice@example.com");
    }

    async fn who_is_disabled_is_out_at_once(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let by_shell = app.user("alice").await;
        held.bearer(&app).get("/job-scripts").await.ok();
        by_shell.get("/job-scripts").await.ok();
        provider.disable_user(&alice.email).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        by_shell.get("/job-scripts").await.expect(401);
        refresh(&app, &held.refresh).await.expect(400);
        assert!(provider.session(&cookie).await.unwrap().is_none());
        let refused = try_to_log_in(provider, &alice.email, PASSWORD).await;
        assert!(matches!(refused, LogIn::Disabled), "{refused:?}");
        provider.enable_user(&alice.email).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        by_shell.get("/job-scripts").await.ok();
        let (session, _) = log_in(&app, &alice).await;
        tokens(&app, &session).await.bearer(&app).get("/job-scripts").await.ok();
    }

    async fn another_replica_knows_a_second_later_who_is_disabled(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await.bearer(&app);
        held.get("/job-scripts").await.ok();
        let url = app.provider().issuer().replace("/realms/jobbergate", "");
        let other = jobbergate_api::identity::Provider::new(app.db(), app.clock.clone(), &url);
        other.disable_user(&alice.email).await.unwrap();
        app.clock.advance(chrono::TimeDelta::seconds(1));
        held.get("/job-scripts").await.expect(401);
    }

    async fn who_is_deleted_is_out_at_once_and_leaves_what_they_made(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let script = held.bearer(&app).has_script("s", "#!/bin/sh").await;
        provider.delete_user(&alice.email).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        refresh(&app, &held.refresh).await.expect(400);
        assert!(provider.session(&cookie).await.unwrap().is_none());
        assert_eq!(provider.delete_user(&alice.email).await.unwrap_err().status(), 404);
        app.maintainer().await.get(&format!("/job-scripts/{script}")).await.ok();
    }

    async fn who_is_deleted_while_disabled_is_still_out(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (by_shell, bob) = (app.user("alice").await, app.user("bob").await);
        by_shell.get("/job-scripts").await.ok();
        app.clock.advance(chrono::TimeDelta::seconds(1));
        provider.disable_user(&alice.email).await.unwrap();
        by_shell.get("/job-scripts").await.expect(401);
        provider.delete_user(&alice.email).await.unwrap();
        by_shell.get("/job-scripts").await.expect(401);
        bob.get("/job-scripts").await.ok();
        // Not even an account of the same address brings it back, but that has tokens of its own.
        let again = person(&app, "alice", &["user"]).await;
        by_shell.get("/job-scripts").await.expect(401);
        let (session, _) = log_in(&app, &again).await;
        tokens(&app, &session).await.bearer(&app).get("/job-scripts").await.ok();
        app.clock.advance(chrono::TimeDelta::hours(2));
        let later = app.user("alice").await;
        later.get("/job-scripts").await.ok();
        provider.tidy().await.unwrap();
        later.get("/job-scripts").await.ok();
        by_shell.get("/job-scripts").await.expect(401);
        provider.delete_user(&again.email).await.unwrap();
        later.get("/job-scripts").await.expect(401);
    }
}
