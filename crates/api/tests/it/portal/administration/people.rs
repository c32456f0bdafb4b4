//! The people of a server.

use chrono::TimeDelta;

use super::{ada, copied, done, form_of, page_of};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    web::browser::{Browser, heading, problem},
};

const PEOPLE: &str = "/admin/people";

on_both! {
    async fn ada_adds_somebody_and_hands_the_link_over_once(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open(PEOPLE).await.expect(200);
        let fields = [("email", "bob@example.com"), ("name", "Bob <B>"), ("role", "expert"), ("hand_over", "show")];
        let answer = ada.post(&form_of(&page, PEOPLE, &fields)).await.expect(303);
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Bob <B>");
        assert_eq!(page.header("cache-control"), Some("no-store"));
        assert_eq!(done(&page), "The account was made. Hand the link below over: it is shown once.");
        let link = copied(&page, "the link");
        let again = ada.open(&page_of(&app, "bob@example.com").await).await.expect(200);
        assert!(!again.text.contains("link="), "{}", again.text);
        assert!(again.text.contains(">invited<"));
        let mut bob = Browser::new(&app);
        let chosen = bob.open(&link).await.expect(200);
        bob.submit(&chosen, "/password", &[("password", PASSWORD), ("again", PASSWORD)]).await.expect(303);
        let user = app.provider().user("bob@example.com").await.unwrap();
        assert_eq!((user.name.as_str(), user.roles.as_slice()), ("Bob <B>", &["expert".to_owned()][..]));
    }

    async fn what_was_filled_in_stays_when_it_is_refused(app: TestApp) {
        let mut ada = ada(&app).await;
        let page = ada.open(PEOPLE).await.expect(200);
        for (email, status, words) in [
            ("nobody", 422, "\"nobody\" is not an e-mail address."),
            ("ADA@example.com", 409, "There is an account for ada@example.com already, and ADA@example.com differs from it only in the case of letters."),
            ("ada@example.com", 409, "There is an account for ada@example.com already."),
        ] {
            let fields = [("email", email), ("name", "kept"), ("role", "user")];
            let refused = ada.post(&form_of(&page, PEOPLE, &fields)).await.expect(status);
            assert_eq!(problem(&refused), words);
            assert!(refused.text.contains(r#"value="kept""#) && refused.text.contains(&format!(r#"value="{email}""#)));
        }
        let fields = [("email", "eve@example.com"), ("role", "king")];
        let refused = ada.post(&form_of(&page, PEOPLE, &fields)).await.expect(404);
        assert_eq!(problem(&refused), "There is no role king.");
        app.provider().user("eve@example.com").await.unwrap_err();
    }

    async fn ada_looks_for_people_page_by_page(app: TestApp) {
        let mut ada = ada(&app).await;
        for number in 0..55 {
            let roles: &[&str] = if number < 3 { &[] } else { &["user"] };
            let new = jobbergate_api::identity::NewUser {
                email: format!("p{number:02}@example.com"),
                roles: roles.iter().map(|role| (*role).to_owned()).collect(),
                ..Default::default()
            };
            app.provider().create_user(&new, &mut crate::support::random()).await.unwrap();
        }
        app.provider().disable_user("p54@example.com").await.unwrap();
        let page = ada.open(PEOPLE).await.expect(200);
        assert!(page.text.contains("56 found · page 1 of 2"), "{}", page.text);
        for chip in ["All (56)", "Waiting for a role (3)", "Invited (54)", "Disabled (1)"] {
            assert!(page.text.contains(chip), "{chip} in {}", page.text);
        }
        assert!(page.text.contains(r#"href="/admin/people?page=2""#));
        let second = ada.open("/admin/people?page=2").await.expect(200);
        assert!(second.text.contains("p54@example.com") && !second.text.contains("p01@example.com"));
        assert!(ada.open("/admin/people?page=9").await.expect(200).text.contains("There is no page 9."));
        let found = ada.open("/admin/people?q=P5").await.expect(200);
        assert!(found.text.contains("5 found") && !found.text.contains("p49@example.com"), "{}", found.text);
        let without = ada.open("/admin/people?show=without-role").await.expect(200);
        assert!(without.text.contains("3 found") && without.text.contains("none yet"));
        assert!(ada.open("/admin/people?q=%00&page=x").await.expect(200).text.contains("56 found"));
        let overview = ada.open("/admin").await.expect(200);
        assert!(overview.text.contains("3 people have no role and may do nothing yet"), "{}", overview.text);
    }

    async fn ada_gives_and_takes_roles(app: TestApp) {
        person(&app, "bob", &["user"]).await;
        let mut ada = ada(&app).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        let address = page_of(&app, "bob@example.com").await;
        bob.open("/admin").await.expect(403);
        let page = ada.open(&address).await.expect(200);
        let grant = form_of(&page, &format!("{address}/grant"), &[("role", "admin")]);
        let answer = ada.post(&grant).await;
        assert_eq!(done(&ada.follow(&answer).await), "The role was given. It counts with the next access token.");
        bob.open("/admin").await.expect(200);
        let revoke = form_of(&page, &format!("{address}/revoke"), &[("role", "admin")]);
        let answer = ada.post(&revoke).await;
        ada.follow(&answer).await.expect(200);
        bob.open("/admin").await.expect(403);
        let refused = ada.post(&revoke).await.expect(404);
        assert_eq!(problem(&refused), "bob@example.com does not have the role admin.");
        for role in ["king", "", "a\0b"] {
            let grant = form_of(&page, &format!("{address}/grant"), &[("role", role)]);
            ada.post(&grant).await.expect(404);
        }
    }

    async fn ada_keeps_somebody_out_and_lets_them_in_again(app: TestApp) {
        person(&app, "bob", &["user"]).await;
        let mut ada = ada(&app).await;
        let mut bob = Browser::of(&app, "bob@example.com").await;
        let address = page_of(&app, "bob@example.com").await;
        let page = ada.open(&address).await.expect(200);
        let answer = ada.submit_surely(&page, "/disable").await;
        let page = ada.follow(&answer).await.expect(200);
        assert!(page.text.contains(">disabled<"));
        assert_eq!(heading(&bob.open("/").await), "Log in");
        let refused = ada.post(&form_of(&page, &format!("{address}/link"), &[])).await.expect(409);
        assert_eq!(problem(&refused), "The account of bob@example.com is disabled; enable it first.");
        let answer = ada.submit(&page, "/enable", &[]).await;
        ada.follow(&answer).await.expect(200);
        bob.log_in("bob@example.com", PASSWORD).await.expect(303);
    }

    async fn ada_ends_sessions_of_somebody(app: TestApp) {
        person(&app, "bob", &["user"]).await;
        let mut ada = ada(&app).await;
        let mut one = Browser::of(&app, "bob@example.com").await;
        app.clock.advance(TimeDelta::seconds(1));
        let mut other = Browser::of(&app, "bob@example.com").await;
        let address = page_of(&app, "bob@example.com").await;
        let page = ada.open(&address).await.expect(200);
        assert_eq!(crate::web::browser::forms(&page, "/end-session").len(), 2);
        let answer = ada.submit(&page, "/end-session", &[]).await;
        ada.follow(&answer).await.expect(200);
        assert_eq!(heading(&other.open("/").await), "Log in");
        assert_eq!(heading(&one.open("/").await), "Welcome, bob");
        let answer = ada.submit_surely(&page, "/log-out").await;
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(heading(&one.open("/").await), "Log in");
        assert!(page.text.contains("Nowhere at the moment."));
    }

    async fn a_reset_link_replaces_the_one_before(app: TestApp) {
        person(&app, "bob", &["user"]).await;
        let mut ada = ada(&app).await;
        let address = page_of(&app, "bob@example.com").await;
        let page = ada.open(&address).await.expect(200);
        let answer = ada.submit(&page, "/link", &[]).await;
        let first = copied(&ada.follow(&answer).await, "the link");
        let answer = ada.submit(&page, "/link", &[]).await;
        let second = copied(&ada.follow(&answer).await, "the link");
        let mut bob = Browser::new(&app);
        bob.open(&first).await.expect(404);
        bob.open(&second).await.expect(200);
        assert!(!page.text.contains("Send it by e-mail"), "there is no e-mail");
        let refused = ada.post(&form_of(&page, &format!("{address}/send"), &[])).await.expect(422);
        assert_eq!(problem(&refused), "No e-mail is configured (SMTP_HOST or SENDGRID_API_KEY): have the link shown instead.");
    }

    async fn a_link_is_sent_by_e_mail_and_not_shown(app: MailApp) {
        person(&app, "bob", &["user"]).await;
        let mut ada = ada(&app).await;
        let page = ada.open(&page_of(&app, "bob@example.com").await).await.expect(200);
        let answer = ada.submit(&page, "/send", &[]).await;
        let page = ada.follow(&answer).await.expect(200);
        assert_eq!(done(&page), "The link was sent by e-mail. Links made before are good no more.");
        assert!(!page.text.contains("link="));
        assert_eq!(app.sent().len(), 1);
    }

    async fn ada_deletes_an_account(app: TestApp) {
        person(&app, "bob", &["user"]).await;
        let mut ada = ada(&app).await;
        let address = page_of(&app, "bob@example.com").await;
        let page = ada.open(&address).await.expect(200);
        let asked = ada.open(&format!("{address}/delete")).await.expect(200);
        assert_eq!(heading(&asked), "Delete the account of bob?");
        app.provider().user("bob@example.com").await.unwrap();
        let answer = ada.submit(&asked, "/delete", &[]).await;
        assert_eq!(done(&ada.follow(&answer).await), "The account was deleted. What its owner made is still there.");
        assert_eq!(heading(&ada.open(&address).await.expect(404)), "This is not here any more");
        ada.post(&form_of(&page, &format!("{address}/disable"), &[])).await.expect(404);
    }

    async fn an_address_of_a_form_leads_to_its_page(app: TestApp) {
        let mut ada = ada(&app).await;
        let address = page_of(&app, "ada@example.com").await;
        let answer = ada.open(&format!("{address}/disable")).await.expect(303);
        assert_eq!(answer.header("location"), Some(address.as_str()));
        let page = ada.open(&address).await.expect(200);
        ada.post(&form_of(&page, &format!("{address}/promote"), &[])).await.expect(404);
        ada.open("/admin/people/%00").await.expect(404);
    }

    async fn nobody_shuts_themselves_out(app: TestApp) {
        let mut ada = ada(&app).await;
        let address = page_of(&app, "ada@example.com").await;
        let page = ada.open(&address).await.expect(200);
        assert!(!page.text.contains("/disable\"") && !page.text.contains("/delete\""), "{}", page.text);
        let words = "After this you would be no administrator any more, and there might be none left; nothing was changed.";
        // With another administrator it is the same: they do it.
        for alone in [true, false] {
            if !alone {
                person(&app, "max", &["admin"]).await;
            }
            for (action, fields) in [("disable", &[][..]), ("delete", &[]), ("revoke", &[("role", "admin")])] {
                let form = form_of(&page, &format!("{address}/{action}"), fields);
                let refused = ada.post(&form).await.expect(409);
                assert!(problem(&refused).starts_with(words), "{}", problem(&refused));
            }
        }
        let user = app.provider().user("ada@example.com").await.unwrap();
        assert_eq!((user.state(), user.roles.as_slice()), ("active", &["admin".to_owned()][..]));
    }

    async fn two_who_disable_each_other_are_not_both_gone(app: TestApp) {
        let mut ada = ada(&app).await;
        person(&app, "max", &["admin"]).await;
        let mut max = Browser::of(&app, "max@example.com").await;
        let (of_ada, of_max) =
            (page_of(&app, "ada@example.com").await, page_of(&app, "max@example.com").await);
        let by_ada = form_of(&ada.open(PEOPLE).await, &format!("{of_max}/disable"), &[]);
        let by_max = form_of(&max.open(PEOPLE).await, &format!("{of_ada}/disable"), &[]);
        tokio::join!(ada.post(&by_ada), max.post(&by_max));
        let state = async |email: &str| app.provider().user(email).await.unwrap().state();
        let states = [state("ada@example.com").await, state("max@example.com").await];
        assert_eq!(states.iter().filter(|state| **state == "active").count(), 1, "{states:?}");
    }

    async fn names_are_text(app: TestApp) {
        let mut ada = ada(&app).await;
        let evil = "<script>alert(1)</script>\"'>";
        let new = jobbergate_api::identity::NewUser {
            email: "eve@example.com".to_owned(),
            name: Some(evil.to_owned()),
            ..Default::default()
        };
        app.provider().create_user(&new, &mut crate::support::random()).await.unwrap();
        for path in [PEOPLE.to_owned(), page_of(&app, "eve@example.com").await, "/admin/people?q=%3Cscript%3Ealert".to_owned()] {
            let page = ada.open(&path).await.expect(200);
            assert!(!page.text.contains("<script>alert"), "{}", page.text);
        }
    }
}
