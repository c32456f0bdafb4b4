//! `GET /job-submissions/events` and `GET /job-submissions/{id}/events`

mod all;
mod one;

use std::time::Duration;

use chrono::TimeDelta;
use jobbergate_api::{identity::UserToken, permission::Permission};

use crate::{
    on_both,
    support::{TestApp, eventually},
};

fn token(lifetime: i64) -> UserToken {
    UserToken {
        email: "alice@example.com".to_owned(),
        permissions: vec![Permission::JobSubmissionsRead],
        client_id: None,
        lifetime,
        organization: None,
    }
}

on_both! {
    async fn a_stream_ends_with_the_token(app: TestApp) {
        let alice = app.token_holder(&token(60)).await;
        let mut events = alice.watch("/job-submissions/events", None).await;
        app.clock.advance(TimeDelta::seconds(61));
        assert!(events.next().await.is_none());
        let left = async || app.app.streams.count() == 0;
        assert!(eventually(left).await);
    }

    async fn who_may_not_read_submissions_may_not_watch_them(app: TestApp) {
        let nobody = app.somebody("eve@example.com", None, &[]).await;
        for path in ["/job-submissions/events", "/job-submissions/1/events"] {
            app.anonymous().get(path).await.expect(401);
            nobody.get(path).await.expect(403);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_only_so_many_streams_at_once() {
    let app = TestApp::configured(|config| config.waiting.max_event_streams = 2).await;
    let alice = app.user("alice").await;
    let _first = alice.watch("/job-submissions/events", None).await;
    let second = alice.watch("/job-submissions/events", None).await;
    let refused = alice.get("/job-submissions/events").await.expect(503);
    assert_eq!(refused.header("retry-after"), Some("5"));
    drop(second);
    let left = async || app.app.streams.count() == 1;
    assert!(eventually(left).await);
    let third = alice.watch("/job-submissions/events", None);
    tokio::time::timeout(Duration::from_secs(5), third).await.unwrap();
}
