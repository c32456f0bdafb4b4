//! Applications at hand.

use super::gallery::names;
use crate::{
    identity::story::person,
    on_both,
    web::browser::{Browser, form, problem},
};

on_both! {
    async fn alice_keeps_an_application_at_hand(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        person(&app, "bob", &["user"]).await;
        let owner = app.user("owner").await;
        for name in ["aaa", "zzz"] {
            owner.has_template(name, &[]).await;
        }
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications?q=z").await.expect(200);
        let answer = alice.submit(&page, "/favourite", &[]).await.expect(303);
        assert_eq!(answer.header("location"), Some("/applications?q=z"));
        let page = alice.follow(&answer).await.expect(200);
        assert!(page.text.contains("aria-pressed=\"true\""), "{}", page.text);
        let all = alice.open("/applications").await.expect(200);
        assert_eq!(names(&all), ["zzz", "aaa"], "favourites first");
        assert_eq!(names(&alice.open("/applications?show=favourites").await), ["zzz"]);
        let home = alice.open("/").await.expect(200);
        assert!(home.text.contains("<a href=\"/applications/zzz\">zzz</a>"), "{}", home.text);
        let mut bob = Browser::of(&app, "bob@example.com").await;
        assert_eq!(names(&bob.open("/applications").await), ["aaa", "zzz"], "they are hers");
        let answer = alice.submit(&home, "/favourite", &[]).await.expect(303);
        assert_eq!(answer.header("location"), Some("/"));
        assert_eq!(names(&alice.open("/applications").await), ["aaa", "zzz"]);
    }

    async fn a_favourite_that_is_deleted_is_none(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let owner = app.user("owner").await;
        let id = owner.has_template("gone", &[]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications").await.expect(200);
        alice.submit(&page, "/favourite", &[]).await.expect(303);
        owner.delete(&format!("/job-script-templates/{id}")).await.expect(204);
        alice.open("/").await.expect(200);
        let late = alice.submit(&page, "/favourite", &[]).await.expect(404);
        assert!(problem(&late).contains("There is no application"), "{}", late.text);
    }

    async fn no_other_site_leads_alice_away_or_marks_for_her(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        app.user("owner").await.has_template("heat", &[]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications").await.expect(200);
        for away in ["https://evil.com/", "//evil.com", "/\\evil.com", ""] {
            let answer = alice.submit(&page, "/favourite", &[("back", away)]).await.expect(303);
            assert_eq!(answer.header("location"), Some("/applications"), "{away}");
        }
        let sent = form(&page, "/favourite");
        let answer = alice.post_from(&sent, &[("origin", "https://evil.com")]).await;
        assert_eq!(answer.status, 403);
        let answer = alice.submit(&page, "/favourite", &[("form_token", "guess")]).await;
        assert_ne!(answer.status, 303, "{}", answer.text);
    }

    async fn with_scripts_only_the_star_is_exchanged(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        app.user("owner").await.has_template("heat", &[]).await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        let page = alice.open("/applications").await.expect(200);
        let sent = form(&page, "/favourite");
        let part = alice.post_from(&sent, &[("hx-request", "true")]).await.expect(200);
        assert!(part.text.starts_with("<form class=\"favourite\""), "{}", part.text);
        assert!(part.text.contains("aria-pressed=\"true\""), "{}", part.text);
        assert!(part.text.contains("aria-label=\"Favourite: heat\""), "{}", part.text);
    }

    async fn there_is_an_end_to_favourites(app: TestApp) {
        person(&app, "alice", &["user"]).await;
        let owner = app.user("owner").await;
        let mut alice = Browser::of(&app, "alice@example.com").await;
        owner.has_template("first", &[]).await;
        let page = alice.open("/applications").await.expect(200);
        let mut sent = form(&page, "/favourite");
        for number in 0..100 {
            let id = owner.has_template(&format!("t{number}"), &[]).await;
            sent.action = format!("/applications/{id}/favourite");
            alice.post(&sent).await.expect(303);
        }
        let full = alice.submit(&page, "/favourite", &[]).await.expect(422);
        assert!(problem(&full).contains("You have 100 favourites"), "{}", full.text);
        alice.post(&sent).await.expect(303);
    }
}
