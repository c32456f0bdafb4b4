//! Tokens that people make for their scripts.

use chrono::TimeDelta;
use jobbergate_api::identity::User;
use serde_json::{Value, json};

use super::story::{log_in, person, portal_tokens, post, tokens};
use crate::{
    on_both,
    support::{Actor, TestApp},
};

const PATH: &str = "/personal-access-tokens";

async fn logged_in(app: &TestApp, name: &str) -> (User, Actor) {
    let user = person(app, name, &["user"]).await;
    let (session, _) = log_in(app, &user).await;
    let actor = tokens(app, &session).await.bearer(app);
    (user, actor)
}

fn secret(made: &Value) -> &str {
    made["token"].as_str().unwrap()
}

on_both! {
    async fn somebody_makes_a_token_for_a_script_and_revokes_it(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        let body = json!({"name": "nightly", "permissions": ["jobbergate:job-scripts:read"]});
        let made = alice.post(PATH, body).await.created();
        assert!(secret(&made).starts_with("jbg_"));
        let script = app.bearer(secret(&made));
        script.get("/job-scripts").await.ok();
        script.post("/job-scripts", json!({"name": "s"})).await.expect(403);
        let list = alice.get(PATH).await.ok();
        assert_eq!(list.as_array().unwrap().len(), 1);
        assert_eq!((&list[0]["name"], &list[0]["last_used_at"]), (&json!("nightly"), &json!("2026-01-01T00:00:00Z")));
        assert!(list[0].get("token").is_none());
        let path = format!("{PATH}/{}", made["token_id"].as_str().unwrap());
        alice.delete(&path).await.expect(204);
        script.get("/job-scripts").await.expect(401);
        alice.delete(&path).await.expect(404);
        assert_eq!(alice.get(PATH).await.ok(), json!([]));
    }

    async fn a_token_acts_for_its_owner_with_all_they_may_do(app: TestApp) {
        let (user, alice) = logged_in(&app, "alice").await;
        let made = alice.post(PATH, json!({"name": "all"})).await.created();
        assert_eq!(made["permissions"], json!(user.permissions));
        // As on the page: 90 days from the first of January, and the rest of the last one.
        assert_eq!(made["expires_at"], "2026-04-02T00:00:00Z");
        let script = app.bearer(secret(&made));
        let made = script.post("/job-scripts", json!({"name": "s"})).await.created();
        assert_eq!(made["owner_email"], "alice@example.com");
    }

    async fn a_token_is_without_end_only_when_that_is_asked_for(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        let made = alice.post(PATH, json!({"name": "x", "expires_at": null})).await.created();
        assert_eq!(made["expires_at"], Value::Null);
        for (name, value) in [("expires_in_days", json!(30)), ("expires", json!(null)), ("scope", json!("x"))] {
            let refused = alice.post(PATH, json!({"name": "x", name: value})).await.expect(422);
            let problem = &refused.json()["detail"][0];
            assert_eq!((&problem["type"], &problem["loc"]), (&json!("extra_forbidden"), &json!(["body", name])));
            assert_eq!(problem["msg"], "Extra inputs are not permitted");
        }
        let nothing = alice.post(PATH, json!({"name": "x", "permissions": []})).await.expect(422);
        assert_eq!(nothing.detail(), "permissions: name at least one, or leave it out for all that you may do");
        assert_eq!(alice.get(PATH).await.ok().as_array().unwrap().len(), 1);
    }

    async fn a_token_permits_no_more_than_its_owner_may_still_do(app: TestApp) {
        let (user, alice) = logged_in(&app, "alice").await;
        let more = json!({"name": "x", "permissions": ["jobbergate:admin"]});
        assert_eq!(alice.post(PATH, more).await.expect(403).detail(), "permissions: you do not have jobbergate:admin yourself");
        let odd = json!({"name": "x", "permissions": ["x"]});
        assert_eq!(alice.post(PATH, odd).await.expect(422).detail(), "permissions: there is no x");
        let made = alice.post(PATH, json!({"name": "all"})).await.created();
        let script = app.bearer(secret(&made));
        script.get("/job-scripts").await.ok();
        app.provider().revoke_role(&user.email, "user").await.unwrap();
        app.clock.advance(TimeDelta::seconds(1));
        script.get("/job-scripts").await.expect(403);
    }

    async fn a_token_ends_when_it_was_to_end(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        let past = json!({"name": "x", "expires_at": "2026-01-01T00:00:00Z"});
        assert_eq!(alice.post(PATH, past).await.expect(422).detail(), "expires_at must be in the future");
        let body = json!({"name": "x", "expires_at": "2026-01-01T00:10:00Z"});
        let made = alice.post(PATH, body).await.created();
        let script = app.bearer(secret(&made));
        app.clock.advance(TimeDelta::minutes(10));
        script.get("/job-scripts").await.ok();
        app.clock.advance(TimeDelta::seconds(1));
        script.get("/job-scripts").await.expect(401);
    }

    async fn a_token_is_refused_while_its_owner_is_disabled(app: TestApp) {
        let (user, alice) = logged_in(&app, "alice").await;
        let made = alice.post(PATH, json!({"name": "x"})).await.created();
        let script = app.bearer(secret(&made));
        script.get("/job-scripts").await.ok();
        app.provider().disable_user(&user.email).await.unwrap();
        script.get("/job-scripts").await.expect(401);
        app.provider().enable_user(&user.email).await.unwrap();
        script.get("/job-scripts").await.ok();
        app.provider().delete_user(&user.email).await.unwrap();
        script.get("/job-scripts").await.expect(401);
    }

    async fn a_token_makes_no_others_and_knows_nobody_elses(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        let (_, bob) = logged_in(&app, "bob").await;
        let made = alice.post(PATH, json!({"name": "x"})).await.created();
        let script = app.bearer(secret(&made));
        let refused = script.post(PATH, json!({"name": "y"})).await.expect(403);
        assert_eq!(refused.detail(), "A personal access token can't make others; log in instead");
        assert_eq!(script.get(PATH).await.expect(403).detail(), "A personal access token can't list others; log in instead");
        let other = alice.post(PATH, json!({"name": "other"})).await.created();
        let others = format!("{PATH}/{}", other["token_id"].as_str().unwrap());
        script.delete(&others).await.expect(403);
        app.bearer(secret(&other)).get("/job-scripts").await.ok();
        assert_eq!(bob.get(PATH).await.ok(), json!([]));
        bob.delete(&format!("{PATH}/{}", made["token_id"].as_str().unwrap())).await.expect(404);
        script.get("/job-scripts").await.ok();
    }

    async fn only_our_own_programs_manage_tokens(app: TestApp) {
        let (alice, ours) = logged_in(&app, "alice").await;
        let made = ours.post(PATH, json!({"name": "x"})).await.created();
        let path = format!("{PATH}/{}", made["token_id"].as_str().unwrap());
        let (session, _) = log_in(&app, &alice).await;
        let portals = portal_tokens(&app, &session, "openid jobbergate:job-scripts:read").await.bearer(&app);
        portals.get("/job-scripts").await.ok();
        let refused = portals.post(PATH, json!({"name": "y"})).await.expect(403);
        assert_eq!(refused.detail(), "portal may not make personal access tokens; log in with Jobbergate's own programs");
        portals.get(PATH).await.expect(403);
        portals.delete(&path).await.expect(403);
        assert_eq!(ours.get(PATH).await.ok().as_array().unwrap().len(), 1);
        app.user("alice").await.delete(&path).await.expect(204);
    }

    async fn what_is_no_token_is_refused(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        let made = alice.post(PATH, json!({"name": "x"})).await.created();
        let good = secret(&made);
        for bad in ["jbg_", "jbg_x", &good[..good.len() - 1], &format!("{good}0"), &good.replace("jbg_", "ghp_")] {
            app.bearer(bad).get("/job-scripts").await.expect(401);
        }
        for body in [json!({"name": ""}), json!({"name": "a\nb"}), json!({"name": "x", "permissions": "x"})] {
            alice.post(PATH, body).await.expect(422);
        }
    }

    async fn who_has_no_account_makes_no_tokens(app: TestApp) {
        let stranger = app.user("stranger").await;
        let refused = stranger.post(PATH, json!({"name": "x"})).await.expect(404);
        assert_eq!(refused.detail(), "stranger@example.com has no account here; ask an administrator for one");
        app.agent("fjord").await.get(PATH).await.expect(400);
        // A token of the server's command line stands for the account of its address.
        person(&app, "carol", &["user"]).await;
        app.user("carol").await.post(PATH, json!({"name": "x"})).await.created();
    }

    async fn who_finds_a_token_can_end_it(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        let made = alice.post(PATH, json!({"name": "x"})).await.created();
        let script = app.bearer(secret(&made));
        script.get("/job-scripts").await.ok();
        post(&app, "revoke", &[("client_id", "default"), ("token", secret(&made))]).await.expect(200);
        script.get("/job-scripts").await.expect(401);
    }

    async fn somebody_has_a_hundred_at_most(app: TestApp) {
        let (_, alice) = logged_in(&app, "alice").await;
        for index in 0..100 {
            alice.post(PATH, json!({"name": format!("t{index}")})).await.created();
        }
        alice.post(PATH, json!({"name": "one more"})).await.expect(409);
    }
}
