//! Getting to a page.

use crate::{
    identity::story::{PASSWORD, person},
    on_both,
    web::browser::{Browser, heading},
};

on_both! {
    async fn alice_is_asked_to_log_in_and_comes_to_the_page_that_she_opened(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::new(&app);
        let asked = alice.open("/?from=mail").await.expect(200);
        assert_eq!(heading(&asked), "Log in");
        let fields = [("email", "alice@example.com"), ("password", PASSWORD)];
        let answer = alice.submit(&asked, "login", &fields).await.expect(303);
        assert_eq!(answer.header("location"), Some("/?from=mail"));
        let page = alice.follow(&answer).await.expect(200);
        assert_eq!(heading(&page), "Welcome, alice");
    }
}
