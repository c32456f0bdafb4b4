//! Logging in.

use super::browser::{Browser, form, heading, problem};
use crate::{
    identity::story::{PASSWORD, person},
    on_both,
};

const LOGIN: &str = "/realms/jobbergate/login";
const ACCOUNT: &str = "/realms/jobbergate/account";

on_both! {
    async fn somebody_logs_in_and_sees_their_account(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::new(&app);
        let page = alice.open(ACCOUNT).await.expect(200);
        assert_eq!(heading(&page), "Log in");
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit(&page, "/login", &fields).await;
        assert_eq!(answer.header("location"), Some(ACCOUNT));
        let cookie = answer.header("set-cookie").unwrap();
        assert!(cookie.starts_with("jobbergate-session="), "{cookie}");
        assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
        let page = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Your account");
        assert_eq!(alice.open(LOGIN).await.header("location"), Some("/"));
    }

    async fn nobody_learns_who_has_an_account(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut eve = Browser::new(&app);
        let mut seen = Vec::new();
        for email in ["alice@example.com", "nobody@example.com", "no address", ""] {
            let refused = eve.log_in(email, "wrong").await.expect(403);
            assert_eq!(problem(&refused), "The e-mail address or the password is wrong.");
            seen.push(refused.text.replace(&format!("value=\"{email}\""), ""));
        }
        assert_eq!(seen[0], seen[1]);
        assert!(eve.cookie("jobbergate-session").is_none());
    }

    async fn who_is_disabled_is_told_so_only_with_the_right_password(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        app.provider().disable_user(&alice.email).await.unwrap();
        let mut browser = Browser::new(&app);
        let refused = browser.log_in(&alice.email, PASSWORD).await.expect(403);
        assert_eq!(problem(&refused), "This account is disabled; ask your administrator.");
        let refused = browser.log_in(&alice.email, "wrong").await.expect(403);
        assert_eq!(problem(&refused), "The e-mail address or the password is wrong.");
    }

    async fn who_guesses_is_told_how_long_to_wait(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut eve = Browser::new(&app);
        for _ in 0..10 {
            eve.log_in("alice@example.com", "guess").await.expect(403);
        }
        let refused = eve.log_in("alice@example.com", PASSWORD).await.expect(429);
        assert_eq!(problem(&refused), "There were too many wrong passwords. Try again in 15 minutes.");
        assert_eq!(refused.header("retry-after"), Some("900"));
    }

    async fn nobody_goes_on_in_a_session_that_somebody_else_began(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        person(&app, "eve", &["user"]).await;
        let eve = Browser::of(&app, "eve@example.com").await;
        let eves = eve.cookie("jobbergate-session").unwrap().to_owned();
        let mut alice = Browser::new(&app);
        let page = alice.open(ACCOUNT).await;
        alice.set_cookie("jobbergate-session", &eves);
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        alice.submit(&page, "/login", &fields).await.expect(303);
        assert_ne!(alice.cookie("jobbergate-session"), Some(eves.as_str()));
        assert!(app.provider().session(&eves).await.unwrap().is_none());
    }

    async fn whoever_logs_in_stays_on_this_site(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        for (next, to) in [
            ("https://evil.example/", ACCOUNT),
            ("//evil.example", ACCOUNT),
            ("/\\evil.example", ACCOUNT),
            ("account?//evil.example", ACCOUNT),
            ("page?//evil.example", ACCOUNT),
            ("page?/\\evil.example", ACCOUNT),
            ("page?/\t/evil.example", ACCOUNT),
            ("page?/submissions", "/submissions"),
            ("device?//evil.example\r\nX: y", "/realms/jobbergate/device?user_code=%2F%2Fevil.example%0D%0AX%3A+y"),
        ] {
            let mut alice = Browser::new(&app);
            let page = alice.open(&format!("{LOGIN}?next={next}")).await.expect(200);
            assert_eq!(form(&page, "/login").fields[1], ("next".to_owned(), "page?/".to_owned()));
            let fields = [("next", next), ("email", "alice@example.com"), ("password", PASSWORD)];
            let answer = alice.submit(&page, "/login", &fields).await.expect(303);
            assert_eq!(answer.header("location"), Some(to), "{next}");
        }
        // Only a program's own address counts, and what is none is no way out.
        let mut alice = Browser::new(&app);
        let page = alice.open(LOGIN).await;
        let next = "auth?client_id=jobbergate-cli&redirect_uri=https://evil.example/&response_type=code";
        let fields = [("next", next), ("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit(&page, "/login", &fields).await.expect(400);
        assert!(problem(&answer).contains("not registered"));
    }

    async fn a_session_that_is_over_leads_to_the_log_in(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        app.clock.advance(chrono::TimeDelta::hours(12));
        assert_eq!(heading(&alice.open(ACCOUNT).await.expect(200)), "Log in");
    }
}
