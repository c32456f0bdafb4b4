//! Replacing the keys that tokens are signed with.

use chrono::TimeDelta;
use jobbergate_api::identity::{Provider, UserToken};
use jobbergate_api::permission::Permission;
use serde_json::Value;

use crate::{on_both, support::TestApp};

async fn published(app: &TestApp) -> Vec<String> {
    let url = app.realm("protocol/openid-connect/certs");
    let document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let keys = document["keys"].as_array().unwrap();
    keys.iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// A token of the server's command line.
async fn token(app: &TestApp, hours: i64) -> crate::support::Actor {
    app.token_holder(&user(hours)).await
}

fn user(hours: i64) -> UserToken {
    UserToken {
        email: "alice@example.com".to_owned(),
        permissions: vec![Permission::JobScriptsRead],
        client_id: None,
        lifetime: hours * 3600,
        organization: None,
    }
}

/// What `jobbergate admin` works with beside the server.
fn shell(app: &TestApp) -> Provider {
    let url = app.provider().issuer().replace("/realms/jobbergate", "");
    Provider::new(app.db(), app.clock.clone(), &url)
}

on_both! {
    async fn a_new_key_signs_and_the_old_one_stays_while_its_tokens_are_good(app: TestApp) {
        let old = app.provider().signing_key().await.unwrap().id;
        let alice = token(&app, 1).await;
        alice.get("/job-scripts").await.ok();
        let new = shell(&app).rotate_keys(false).await.unwrap();
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(app.provider().signing_key().await.unwrap().id, new);
        assert_eq!(published(&app).await, [old.clone(), new.clone()]);
        alice.get("/job-scripts").await.ok();
        token(&app, 1).await.get("/job-scripts").await.ok();
        app.clock.advance(TimeDelta::hours(1));
        assert_eq!(published(&app).await, [new]);
    }

    async fn a_key_stays_for_a_token_that_was_to_last(app: TestApp) {
        let old = app.provider().signing_key().await.unwrap().id;
        let alice = token(&app, 48).await;
        shell(&app).rotate_keys(false).await.unwrap();
        app.clock.advance(TimeDelta::hours(47));
        assert!(published(&app).await.contains(&old));
        alice.get("/job-scripts").await.ok();
        app.clock.advance(TimeDelta::hours(2));
        assert!(!published(&app).await.contains(&old));
    }

    async fn unknown_keys_make_the_server_read_again_once_a_second_only(app: TestApp) {
        let status = async |token: &str| app.bearer(token).get("/job-scripts").await.status;
        let fresh = async || {
            shell(&app).rotate_keys(false).await.unwrap();
            shell(&app).issue_user_token(&user(1), "test").await.unwrap()
        };
        token(&app, 1).await.get("/job-scripts").await.ok();
        assert_eq!(status(&fresh().await).await, 200);
        let unread = fresh().await;
        assert_eq!(status(&unread).await, 401);
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(status(&unread).await, 200);
    }

    async fn a_key_that_was_stolen_ends_at_once(app: TestApp) {
        let alice = token(&app, 48).await;
        alice.get("/job-scripts").await.ok();
        let new = shell(&app).rotate_keys(true).await.unwrap();
        app.clock.advance(TimeDelta::seconds(1));
        alice.get("/job-scripts").await.expect(401);
        assert_eq!(published(&app).await, [new]);
        token(&app, 1).await.get("/job-scripts").await.ok();
    }
}
