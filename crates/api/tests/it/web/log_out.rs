//! Logging out.

use super::browser::{Browser, heading, problem};
use crate::{
    identity::story::{CALLBACK, log_in, person, tokens},
    on_both,
};

const LOGOUT: &str = "/realms/jobbergate/protocol/openid-connect/logout";
const ACCOUNT: &str = "/realms/jobbergate/account";

on_both! {
    async fn a_click_logs_out(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let cookie = alice.cookie("jobbergate-session").unwrap().to_owned();
        let page = alice.open(ACCOUNT).await;
        let answer = alice.submit(&page, "/logout", &[]).await;
        assert_eq!(answer.header("clear-site-data"), Some("\"cache\""));
        let done = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&done), "You are logged out");
        assert!(alice.cookie("jobbergate-session").is_none());
        assert!(app.provider().session(&cookie).await.unwrap().is_none());
        assert_eq!(heading(&alice.open(ACCOUNT).await), "Log in");
    }

    async fn a_program_that_asks_has_the_person_asked(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let query = format!("client_id=jobbergate-cli&post_logout_redirect_uri={CALLBACK}&state=s");
        let page = alice.open(&format!("{LOGOUT}?{query}")).await.expect(200);
        assert_eq!(heading(&page), "Log out?");
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.contains("form-action 'self' http://127.0.0.1:49152;"), "{policy}");
        assert_eq!(heading(&alice.open(ACCOUNT).await), "Your account");
        let form = super::browser::forms(&page, "/logout").pop().unwrap();
        let answer = alice.post(&form).await.expect(303);
        assert_eq!(answer.header("location"), Some(format!("{CALLBACK}?state=s").as_str()));
        assert_eq!(heading(&alice.open(ACCOUNT).await), "Log in");
    }

    async fn a_program_that_shows_its_token_logs_out_at_once(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, cookie) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let mut browser = Browser::new(&app);
        browser.set_cookie("jobbergate-session", &cookie);
        let query = format!("id_token_hint={}", held.id.as_ref().unwrap());
        let answer = browser.open(&format!("{LOGOUT}?{query}")).await;
        let done = browser.follow(&answer).await.expect(200);
        assert_eq!(heading(&done), "You are logged out");
        held.bearer(&app).get("/job-scripts").await.expect(401);
    }

    async fn a_request_by_post_is_the_same(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let fields = [("client_id", "jobbergate-cli"), ("state", "s")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let answer = alice.post(&super::browser::Form { action: LOGOUT.to_owned(), fields }).await;
        assert_eq!(heading(&alice.follow(&answer).await.expect(200)), "Log out?");
    }

    async fn nobody_is_sent_to_strangers(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let query = "client_id=jobbergate-cli&post_logout_redirect_uri=https://evil.example/";
        let page = alice.open(&format!("{LOGOUT}?{query}")).await.expect(400);
        assert!(problem(&page).contains("not registered"));
        assert_eq!(heading(&alice.open(ACCOUNT).await), "Your account");
    }
}
