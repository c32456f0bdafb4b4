//! What reaches an open page.

use std::time::Duration;

use serde_json::json;

use super::{
    agent::{ends, running, updates},
    alice,
};
use crate::{identity::story::person, on_both, support::eventually, web::browser::Browser};

/// Reads a stream until these words come.
async fn reads_until(stream: &mut reqwest::Response, words: &str) -> String {
    let mut text = String::new();
    while !text.contains(words) {
        let chunk = tokio::time::timeout(Duration::from_secs(20), stream.chunk()).await;
        let chunk = chunk.unwrap_or_else(|_| panic!("no {words} in {text}")).unwrap();
        text.push_str(
            std::str::from_utf8(&chunk.unwrap_or_else(|| panic!("no {words}: {text}"))).unwrap(),
        );
    }
    text
}

on_both! {
    async fn a_change_reaches_the_open_page(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let mut stream = alice.stream(&format!("/submissions/{id}/live")).await;
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let first = reads_until(&mut stream, "event: slurm").await;
        assert!(first.starts_with("retry: ") && first.contains("data: <h1>name</h1>"), "{first}");
        assert!(first.contains(">Running<"), "{first}");
        assert_eq!(app.app.streams.count(), 1, "it is counted");
        updates(&agent, id, "PENDING", &json!({"slurm_pending_reason": "Priority"})).await;
        let next = reads_until(&mut stream, "event: steps").await;
        assert!(next.contains(">Waiting in the queue<") && next.contains("(Priority)"), "{next}");
        ends(&agent, id, "COMPLETED").await;
        reads_until(&mut stream, ">Done<").await;
        actor.delete(&format!("/job-submissions/{id}")).await.expect(204);
        reads_until(&mut stream, "event: gone").await;
        let is_over = stream.chunk().await;
        assert!(matches!(is_over, Ok(None)), "{is_over:?}");
        assert!(eventually(async || app.app.streams.count() == 0).await);
    }

    async fn a_page_hears_nothing_more_after_the_session(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let mut stream = alice.stream(&format!("/submissions/{id}/live")).await;
        reads_until(&mut stream, "event: slurm").await;
        let mut list = alice.stream(&format!("/submissions/live?ids={id}")).await;
        reads_until(&mut list, ">Running<").await;
        let page = alice.open("/").await.expect(200);
        alice.submit(&page, "/logout", &[]).await;
        for stream in [&mut stream, &mut list] {
            let rest = tokio::time::timeout(Duration::from_secs(20), async {
                while stream.chunk().await.unwrap().is_some() {}
            });
            rest.await.expect("the stream goes on");
        }
        assert_eq!(alice.stream(&format!("/submissions/{id}/live")).await.status(), 401);
    }

    async fn a_page_hears_nothing_more_when_its_reader_may_not_read_it(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        person(&app, "bob", &["user"]).await;
        let bob = Browser::of(&app, "bob@example.com").await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let mut hers = [
            alice.stream("/home/live").await,
            alice.stream(&format!("/submissions/live?ids={id}")).await,
            alice.stream(&format!("/submissions/{id}/live")).await,
        ];
        let mut his = bob.stream(&format!("/submissions/{id}/live")).await;
        reads_until(&mut his, "event: slurm").await;
        app.provider().revoke_role("alice@example.com", "user").await.unwrap();
        for stream in &mut hers {
            let rest = tokio::time::timeout(Duration::from_secs(20), async {
                while stream.chunk().await.unwrap().is_some() {}
            });
            rest.await.expect("the stream goes on");
        }
        ends(&agent, id, "COMPLETED").await;
        reads_until(&mut his, ">Done<").await;
    }

    async fn a_list_hears_of_what_it_shows(app: TestApp) {
        let (actor, alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let (one, other) = (running(&agent, &actor).await, running(&agent, &actor).await);
        let mut stream = alice.stream(&format!("/submissions/live?ids={one},x")).await;
        reads_until(&mut stream, &format!("event: state-{one}")).await;
        ends(&agent, other, "COMPLETED").await;
        ends(&agent, one, "FAILED").await;
        let heard = reads_until(&mut stream, ">Failed<").await;
        assert!(!heard.contains(&format!("state-{other}")), "{heard}");
        actor.delete(&format!("/job-submissions/{one}")).await.expect(204);
        reads_until(&mut stream, ">Deleted<").await;
    }

    async fn nobody_has_more_pages_open_than_there_are_places(app: TestApp) {
        let (actor, mut alice) = alice(&app).await;
        let agent = app.agent("c").await;
        let id = running(&agent, &actor).await;
        let mut open = Vec::new();
        for _ in 0..64 {
            open.push(alice.stream(&format!("/submissions/{id}/live")).await);
        }
        alice.open(&format!("/submissions/{id}/live")).await.expect(429);
        alice.open(&format!("/submissions/{id}")).await.expect(200);
        person(&app, "bob", &["user"]).await;
        let bob = Browser::of(&app, "bob@example.com").await;
        assert_eq!(bob.stream(&format!("/submissions/{id}/live")).await.status(), 200);
    }
}
