//! A program in a terminal, let in from a browser.

use super::browser::{Browser, form, heading, problem};
use crate::{
    identity::story::{PASSWORD, Tokens, begin, person, poll, refusal, user_code},
    on_both,
};

const DEVICE: &str = "/realms/jobbergate/device";

on_both! {
    async fn who_clicks_the_link_logs_in_and_lets_the_program_in(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let device = begin(&app).await;
        let link = device["verification_uri_complete"].as_str().unwrap();
        let mut alice = Browser::new(&app);
        let page = alice.open(link).await.expect(200);
        assert_eq!(heading(&page), "Log in");
        assert_eq!(refusal(poll(&app, &device).await, 400), "authorization_pending");
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit(&page, "/login", &fields).await;
        let page = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Allow Jobbergate in a terminal?");
        assert!(page.text.contains(user_code(&device)) && page.text.contains("127.0.0.1"));
        assert!(page.text.contains("do all that you may do, in your name"));
        let answer = alice.submit(&page, "/device", &[("decision", "allow")]).await;
        let done = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&done), "Access allowed");
        let held = Tokens::of(&poll(&app, &device).await.ok());
        held.bearer(&app).get("/job-scripts").await.ok();
    }

    async fn who_types_the_code_however_can_say_no(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let device = begin(&app).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open(DEVICE).await.expect(200);
        assert_eq!(form(&page, "/device").fields, [("user_code".to_owned(), String::new())]);
        let typed = user_code(&device).to_lowercase().replace('-', "+");
        let page = alice.open(&format!("{DEVICE}?user_code={typed}")).await.expect(200);
        let answer = alice.submit(&page, "/device", &[("decision", "deny")]).await;
        let done = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&done), "Access denied");
        assert_eq!(refusal(poll(&app, &device).await, 400), "access_denied");
        let late = alice.submit(&page, "/device", &[("decision", "allow")]).await.expect(409);
        assert_eq!(problem(&late), "The program does not wait any more. Have it show another code.");
    }

    async fn a_wrong_code_is_said_to_be_wrong_and_guesses_are_counted(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        for _ in 0..20 {
            let page = alice.open(&format!("{DEVICE}?user_code=%3Cb%3E")).await.expect(404);
            assert!(problem(&page).starts_with("No program waits with this code."));
            assert_eq!(form(&page, "/device").fields[0].1, "<b>");
        }
        let page = alice.open(&format!("{DEVICE}?user_code=BCDF-GHJK")).await.expect(429);
        assert_eq!(problem(&page), "There were too many wrong codes. Try again in 15 minutes.");
    }
}
