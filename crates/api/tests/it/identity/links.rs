//! Links to choose a password with.

use chrono::TimeDelta;
use jobbergate_api::identity::{Choice, LogIn, NewUser, Purpose};

use super::story::{PASSWORD, log_in, peer, person, tokens, try_to_log_in};
use crate::{
    on_both,
    support::{TestApp, random},
};

const NEW: &str = "a different horse, a different staple";

/// The secret of a link, and the page that it opens.
fn secret(url: &str) -> (String, String) {
    let (page, secret) = url.split_once("?link=").unwrap();
    (secret.to_owned(), page.rsplit_once('/').unwrap().1.to_owned())
}

async fn offered(app: &TestApp) -> Option<String> {
    app.provider().offer_set_up(&mut random()).await.unwrap()
}

fn choice(email: &str, password: &str) -> Choice {
    Choice { email: email.to_owned(), name: Some("Ada".to_owned()), password: password.to_owned() }
}

async fn choose(
    app: &TestApp,
    secret: &str,
    choice: &Choice,
) -> jobbergate_api::error::Result<jobbergate_api::identity::NewSession> {
    app.provider().choose_password(secret, choice, &peer(), &mut random()).await
}

on_both! {
    async fn the_first_administrator_sets_themselves_up(app: TestApp) {
        let provider = app.provider();
        let (link, page) = secret(&offered(&app).await.unwrap());
        assert_eq!(page, "setup");
        let known = provider.link(&link).await.unwrap().unwrap();
        assert_eq!((known.purpose, known.email), (Purpose::SetUp, None));
        let weak = choose(&app, &link, &choice("ada@example.com", "short")).await.unwrap_err();
        assert_eq!(weak.status(), 422);
        let new = choose(&app, &link, &choice("ada@example.com", PASSWORD)).await.unwrap();
        assert_eq!(new.session.user.permissions, ["jobbergate:admin"]);
        assert_eq!(new.session.user.name, "Ada");
        log_in(&app, &new.session.user).await;
        assert_eq!(offered(&app).await, None);
        assert!(provider.link(&link).await.unwrap().is_none());
        let again = choose(&app, &link, &choice("eve@example.com", PASSWORD)).await.unwrap_err();
        assert_eq!(again.status(), 404);
    }

    async fn each_replica_offers_to_set_up_but_there_is_one_first_administrator(app: TestApp) {
        let links = [offered(&app).await.unwrap(), offered(&app).await.unwrap()];
        assert_ne!(links[0], links[1]);
        let [(first, _), (second, _)] = links.map(|url| secret(&url));
        let (eve, ada) = (choice("eve@example.com", PASSWORD), choice("ada@example.com", PASSWORD));
        let both = futures::join!(choose(&app, &first, &eve), choose(&app, &second, &ada));
        let refused = match both {
            (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
            both => panic!("{both:?}"),
        };
        assert_eq!(refused.status(), 404, "{refused}");
        assert_eq!(app.provider().users().await.unwrap().len(), 1);
    }

    async fn the_offer_lapses_after_a_day_and_is_made_anew(app: TestApp) {
        let (link, _) = secret(&offered(&app).await.unwrap());
        app.clock.advance(TimeDelta::hours(24));
        assert!(app.provider().link(&link).await.unwrap().is_none());
        assert!(choose(&app, &link, &choice("eve@example.com", PASSWORD)).await.is_err());
        assert!(offered(&app).await.is_some());
    }

    async fn an_administrator_who_was_only_invited_does_not_count_yet(app: TestApp) {
        let new = NewUser {
            email: "ada@example.com".to_owned(),
            roles: vec!["admin".to_owned()],
            ..NewUser::default()
        };
        app.provider().create_user(&new, &mut random()).await.unwrap();
        let (link, _) = secret(&offered(&app).await.unwrap());
        let made = choose(&app, &link, &choice("ada@example.com", PASSWORD)).await.unwrap();
        assert_eq!(made.session.user.roles, ["admin"]);
        assert_eq!(offered(&app).await, None);
    }

    async fn who_is_invited_chooses_a_password_once(app: TestApp) {
        let provider = app.provider();
        let new = NewUser { email: "bob@example.com".to_owned(), ..NewUser::default() };
        provider.create_user(&new, &mut random()).await.unwrap();
        let url = provider.password_link("bob@example.com", &mut random()).await.unwrap().url;
        let (first, page) = secret(&url);
        assert_eq!(page, "password");
        let url = provider.password_link("bob@example.com", &mut random()).await.unwrap().url;
        let (link, _) = secret(&url);
        assert!(provider.link(&first).await.unwrap().is_none());
        let known = provider.link(&link).await.unwrap().unwrap();
        assert_eq!(known.purpose, Purpose::Invitation);
        assert_eq!(known.email.as_deref(), Some("bob@example.com"));
        app.clock.advance(TimeDelta::days(6));
        // The link says whose account it is, whatever is sent beside it.
        let new = choose(&app, &link, &choice("eve@example.com", PASSWORD)).await.unwrap();
        assert_eq!(new.session.user.email, "bob@example.com");
        log_in(&app, &new.session.user).await;
        assert!(choose(&app, &link, &choice("", NEW)).await.is_err());
    }

    async fn a_reset_logs_everybody_out_who_knew_the_old_password(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let url = provider.password_link(&alice.email, &mut random()).await.unwrap().url;
        let (link, _) = secret(&url);
        assert_eq!(provider.link(&link).await.unwrap().unwrap().purpose, Purpose::Reset);
        held.bearer(&app).get("/job-scripts").await.ok();
        choose(&app, &link, &choice("", NEW)).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        assert!(provider.session(&cookie).await.unwrap().is_none());
        assert!(matches!(try_to_log_in(provider, &alice.email, PASSWORD).await, LogIn::Refused));
        assert!(matches!(try_to_log_in(provider, &alice.email, NEW).await, LogIn::Welcome(_)));
        let url = provider.password_link(&alice.email, &mut random()).await.unwrap().url;
        app.clock.advance(TimeDelta::hours(1));
        assert!(choose(&app, &secret(&url).0, &choice("", PASSWORD)).await.is_err());
    }

    async fn who_is_disabled_can_not_get_in_by_a_link(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let url = provider.password_link(&alice.email, &mut random()).await.unwrap().url;
        provider.disable_user(&alice.email).await.unwrap();
        assert!(choose(&app, &secret(&url).0, &choice("", NEW)).await.is_err());
        let refused = provider.password_link(&alice.email, &mut random()).await.unwrap_err();
        assert_eq!(refused.status(), 409);
    }
}
