//! From a link to an account.

use jobbergate_api::identity::NewUser;

use super::browser::{Browser, heading, problem};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    support::{TestApp, random},
};

const NEW: &str = "a different horse, a different staple";

/// A link as it is printed or sent, at the address of this test's server.
fn here(app: &TestApp, url: &str) -> String {
    let path = url.split_once("/realms/").unwrap().1;
    format!("http://{}/realms/{path}", app.address)
}

on_both! {
    async fn who_reads_the_set_up_link_becomes_the_first_administrator(app: TestApp) {
        let url = app.provider().offer_set_up(&mut random()).await.unwrap().unwrap();
        let mut ada = Browser::new(&app);
        let page = ada.open(&here(&app, &url)).await.expect(200);
        assert_eq!(heading(&page), "Become the first administrator");
        let fields = [("email", "ada@example.com"), ("name", "Ada <L>"), ("password", PASSWORD), ("again", PASSWORD)];
        let answer = ada.submit(&page, "/setup", &fields).await;
        let account = ada.follow(&answer).await.expect(200);
        assert!(account.text.contains("Ada &#60;L&#62;") && account.text.contains("ada@example.com"));
        assert!(account.text.contains("You") && account.text.contains("admin"));
        let again = ada.open(&here(&app, &url)).await.expect(404);
        assert!(problem(&again).starts_with("There is an administrator already"), "{}", problem(&again));
        Browser::of(&app, "ada@example.com").await;
    }

    async fn nobody_becomes_the_first_administrator_beside_another(app: TestApp) {
        let url = app.provider().offer_set_up(&mut random()).await.unwrap().unwrap();
        let mut eve = Browser::new(&app);
        let page = eve.open(&here(&app, &url)).await.expect(200);
        person(&app, "ada", &["admin"]).await;
        let words = "There is an administrator already, and this link is for the first one only. If that is you, log in; else ask them for an invitation.";
        assert_eq!(problem(&eve.open(&here(&app, &url)).await.expect(404)), words);
        let fields = [("email", "eve@example.com"), ("password", PASSWORD), ("again", PASSWORD)];
        assert_eq!(problem(&eve.submit(&page, "/setup", &fields).await.expect(404)), words);
    }

    async fn who_comes_with_a_link_that_is_good_no_more_is_told_why(app: TestApp) {
        let provider = app.provider();
        let mut ada = Browser::new(&app);
        let nothing = ada.open("/realms/jobbergate/setup?link=x").await.expect(404);
        assert!(problem(&nothing).contains("restart the server"), "{}", problem(&nothing));
        let url = provider.offer_set_up(&mut random()).await.unwrap().unwrap();
        let new = NewUser { email: "bob@example.com".to_owned(), ..NewUser::default() };
        provider.create_user(&new, &mut random()).await.unwrap();
        let first = provider.password_link("bob@example.com", &mut random()).await.unwrap();
        let second = provider.password_link("bob@example.com", &mut random()).await.unwrap();
        assert_eq!((first.replaces, second.replaces), (false, true));
        let void = ada.open(&here(&app, &first.url)).await.expect(404);
        assert!(problem(&void).contains("was replaced by a newer one"), "{}", problem(&void));
        assert!(!problem(&void).contains("restart"), "{}", problem(&void));
        // Somebody made an administrator on the command line meanwhile.
        person(&app, "eve", &["admin"]).await;
        let late = ada.open(&here(&app, &url)).await.expect(404);
        assert!(problem(&late).starts_with("There is an administrator already"), "{}", problem(&late));
    }

    async fn who_has_an_account_and_becomes_the_first_administrator_is_told_so(app: TestApp) {
        let new = NewUser { email: "ada@example.com".to_owned(), ..NewUser::default() };
        app.provider().create_user(&new, &mut random()).await.unwrap();
        app.clock.advance(chrono::TimeDelta::minutes(1));
        let url = app.provider().offer_set_up(&mut random()).await.unwrap().unwrap();
        let mut ada = Browser::new(&app);
        let page = ada.open(&here(&app, &url)).await.expect(200);
        let fields = [("email", "ada@example.com"), ("name", "Ada L"), ("password", PASSWORD), ("again", PASSWORD)];
        let answer = ada.submit(&page, "/setup", &fields).await;
        let account = ada.follow(&answer).await.expect(200);
        assert!(account.text.contains("There was an account for this address already."), "{}", account.text);
        assert!(account.text.contains("<dd>Ada L</dd>"), "{}", account.text);
    }

    async fn a_password_that_won_t_do_is_explained_and_the_link_stays_good(app: TestApp) {
        let url = app.provider().offer_set_up(&mut random()).await.unwrap().unwrap();
        let mut ada = Browser::new(&app);
        let mut page = ada.open(&here(&app, &url)).await.expect(200);
        for (email, password, again, words) in [
            ("ada@example.com", PASSWORD, NEW, "The two passwords are not the same."),
            ("ada@example.com", "short", "short", "The password is too short: it must have at least 12 characters."),
            ("ada", PASSWORD, PASSWORD, "\"ada\" is not an e-mail address."),
        ] {
            let fields = [("email", email), ("password", password), ("again", again)];
            page = ada.submit(&page, "/setup", &fields).await.expect(422);
            assert_eq!(problem(&page), words);
            assert!(!page.text.contains(PASSWORD), "{}", page.text);
        }
        let fields = [("email", "ada@example.com"), ("password", PASSWORD), ("again", PASSWORD)];
        ada.submit(&page, "/setup", &fields).await.expect(303);
    }

    async fn who_is_invited_or_forgot_their_password_chooses_one(app: TestApp) {
        let new = NewUser { email: "bob@example.com".to_owned(), ..NewUser::default() };
        app.provider().create_user(&new, &mut random()).await.unwrap();
        for (title, password) in [("Welcome to Jobbergate", PASSWORD), ("Choose a new password", NEW)] {
            let url = app.provider().password_link("bob@example.com", &mut random()).await.unwrap().url;
            let mut bob = Browser::new(&app);
            let page = bob.open(&here(&app, &url)).await.expect(200);
            assert_eq!(heading(&page), title);
            let fields = [("password", password), ("again", password)];
            let answer = bob.submit(&page, "/password", &fields).await;
            let account = bob.follow(&answer).await.expect(200);
            assert!(account.text.contains("bob@example.com"));
            let mut again = Browser::new(&app);
            again.log_in("bob@example.com", password).await.expect(303);
        }
    }

    async fn a_link_that_is_none_says_so(app: TestApp) {
        for path in ["/setup", "/password", "/setup?link=x", "/password?link=%00"] {
            let page = Browser::new(&app).open(&format!("/realms/jobbergate{path}")).await.expect(404);
            assert_eq!(heading(&page), "This is not here any more");
        }
    }

    async fn a_reset_ends_the_session_that_the_browser_had(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let bob = person(&app, "bob", &["user"]).await;
        let mut shared = Browser::of(&app, "alice@example.com").await;
        let alices = shared.cookie("jobbergate-session").unwrap().to_owned();
        let url = app.provider().password_link(&bob.email, &mut random()).await.unwrap().url;
        let page = shared.open(&here(&app, &url)).await.expect(200);
        let fields = [("password", NEW), ("again", NEW)];
        shared.submit(&page, "/password", &fields).await.expect(303);
        assert!(app.provider().session(&alices).await.unwrap().is_none());
        let account = shared.open("/realms/jobbergate/account").await.expect(200);
        assert!(account.text.contains("bob@example.com"));
    }
}
