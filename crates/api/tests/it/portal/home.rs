//! The first page.

use crate::{
    identity::story::person,
    on_both,
    support::TestApp,
    web::browser::{Browser, heading},
};

on_both! {
    async fn alice_logs_in_and_is_at_home(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/").await.expect(200);
        assert_eq!(heading(&page), "Welcome, alice");
        assert!(!page.text.contains(">Administration<"), "{}", page.text);
    }
}
