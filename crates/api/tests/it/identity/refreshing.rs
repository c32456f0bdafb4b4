//! Refresh tokens.

use chrono::TimeDelta;
use jobbergate_api::identity::AuthorizationRequest;
use serde_json::json;

use super::story::{
    COMMAND_LINE, Tokens, allow, claims, log_in, person, post, redeem, redirect, refresh, refusal,
    request, tokens,
};
use crate::on_both;

on_both! {
    async fn a_program_goes_on_with_new_tokens(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let first = tokens(&app, &session).await;
        app.clock.advance(TimeDelta::seconds(901));
        first.bearer(&app).get("/job-scripts").await.expect(401);
        let second = Tokens::of(&refresh(&app, &first.refresh).await.ok());
        assert_ne!(first.refresh, second.refresh);
        second.bearer(&app).get("/job-scripts").await.ok();
        assert_eq!(claims(&first.access)["sid"], claims(&second.access)["sid"]);
    }

    async fn who_refreshes_twice_with_the_same_token_ends_them_all(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let first = tokens(&app, &session).await;
        let elsewhere = tokens(&app, &session).await;
        let second = Tokens::of(&refresh(&app, &first.refresh).await.ok());
        second.bearer(&app).get("/job-scripts").await.ok();
        app.clock.advance(TimeDelta::seconds(10));
        assert_eq!(refusal(refresh(&app, &first.refresh).await, 400), "invalid_grant");
        for held in [&first, &second] {
            held.bearer(&app).get("/job-scripts").await.expect(401);
        }
        assert_eq!(refusal(refresh(&app, &second.refresh).await, 400), "invalid_grant");
        elsewhere.bearer(&app).get("/job-scripts").await.ok();
    }

    async fn commands_that_refresh_at_once_all_go_on(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let answers = futures::future::join_all((0..5).map(|_| refresh(&app, &held.refresh))).await;
        let all: Vec<_> = answers.into_iter().map(|answer| Tokens::of(&answer.ok())).collect();
        app.clock.advance(TimeDelta::seconds(9));
        refresh(&app, &held.refresh).await.ok();
        // Those that were given are used, too, each for itself, and end together.
        for one in &all {
            one.bearer(&app).get("/job-scripts").await.ok();
            refresh(&app, &one.refresh).await.ok();
        }
        app.clock.advance(TimeDelta::seconds(1));
        assert_eq!(refusal(refresh(&app, &held.refresh).await, 400), "invalid_grant");
        for one in &all {
            one.bearer(&app).get("/job-scripts").await.expect(401);
            assert_eq!(refusal(refresh(&app, &one.refresh).await, 400), "invalid_grant");
        }
    }

    async fn a_token_is_shown_again_only_until_one_that_it_gave_is_used(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let first = Tokens::of(&refresh(&app, &held.refresh).await.ok());
        let second = Tokens::of(&refresh(&app, &held.refresh).await.ok());
        let third = Tokens::of(&refresh(&app, &second.refresh).await.ok());
        third.bearer(&app).get("/job-scripts").await.ok();
        assert_eq!(refusal(refresh(&app, &held.refresh).await, 400), "invalid_grant");
        for one in [&first, &second, &third] {
            one.bearer(&app).get("/job-scripts").await.expect(401);
            assert_eq!(refusal(refresh(&app, &one.refresh).await, 400), "invalid_grant");
        }
    }

    async fn one_token_gives_sixteen_at_most(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let elsewhere = tokens(&app, &session).await;
        let answers = futures::future::join_all((0..16).map(|_| refresh(&app, &held.refresh))).await;
        let all: Vec<_> = answers.into_iter().map(|answer| Tokens::of(&answer.ok())).collect();
        assert_eq!(refusal(refresh(&app, &held.refresh).await, 400), "invalid_grant");
        all[0].bearer(&app).get("/job-scripts").await.expect(401);
        assert_eq!(refusal(refresh(&app, &all[0].refresh).await, 400), "invalid_grant");
        elsewhere.bearer(&app).get("/job-scripts").await.ok();
    }

    async fn who_is_shut_out_is_given_no_grace(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        refresh(&app, &held.refresh).await.ok();
        let admissions = app.provider().admissions(&alice).await.unwrap();
        app.provider().end_admission(&alice, &admissions[0].id).await.unwrap();
        assert_eq!(refusal(refresh(&app, &held.refresh).await, 400), "invalid_grant");
    }

    async fn a_refresh_token_is_of_use_to_its_program_only(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        for (client, token) in [("default", held.refresh.as_str()), (COMMAND_LINE, "x"), (COMMAND_LINE, &held.access)] {
            let form = [("grant_type", "refresh_token"), ("client_id", client), ("refresh_token", token)];
            assert_eq!(refusal(post(&app, "token", &form).await, 400), "invalid_grant");
        }
        let form = [("grant_type", "refresh_token"), ("client_id", COMMAND_LINE)];
        assert_eq!(refusal(post(&app, "token", &form).await, 400), "invalid_request");
        refresh(&app, &held.refresh).await.ok();
    }

    async fn a_program_may_ask_for_less_but_not_for_more(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let asking = async |scope: &str| {
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", COMMAND_LINE),
                ("refresh_token", held.refresh.as_str()),
                ("scope", scope),
            ];
            post(&app, "token", &form).await
        };
        assert_eq!(refusal(asking("openid offline_access").await, 400), "invalid_scope");
        assert_eq!(asking("openid").await.ok()["scope"], "openid");
    }

    async fn who_asks_for_less_is_permitted_no_more(app: TestApp) {
        let (read, create) = ("jobbergate:job-scripts:read", "jobbergate:job-scripts:create");
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for (granted, narrower, permitted) in [
            (format!("openid {read} {create}"), "openid", json!([])),
            (format!("openid {read} {create}"), "unknown", json!([])),
            (format!("openid {read} {create}"), read, json!([read])),
            (format!("openid {read} {create}"), "", json!([read, create])),
            (format!("openid {read} jobbergate:admin"), "openid", json!([])),
            ("openid email".to_owned(), "openid", json!(alice.permissions)),
        ] {
            let asks = AuthorizationRequest { scope: Some(granted.clone()), ..request() };
            let (_, query) = redirect(&allow(&app, &asks, &session).await);
            let held = Tokens::of(&redeem(&app, &query["code"]).await.ok());
            let form = [
                ("grant_type", "refresh_token"),
                ("client_id", COMMAND_LINE),
                ("refresh_token", held.refresh.as_str()),
                ("scope", narrower),
            ];
            let less = Tokens::of(&post(&app, "token", &form).await.ok());
            assert_eq!(claims(&less.access)["permissions"], permitted, "{granted} {narrower}");
        }
    }

    async fn who_does_not_come_for_a_month_logs_in_again(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let idle = tokens(&app, &session).await;
        let mut busy = tokens(&app, &session).await;
        for _ in 0..3 {
            app.clock.advance(TimeDelta::days(29));
            let body = refresh(&app, &busy.refresh).await.ok();
            busy = Tokens::of(&body);
        }
        assert_eq!(refusal(refresh(&app, &idle.refresh).await, 400), "invalid_grant");
        // Whoever comes all the time, after three months.
        app.clock.advance(TimeDelta::days(3));
        assert_eq!(refusal(refresh(&app, &busy.refresh).await, 400), "invalid_grant");
    }

    async fn who_shuts_a_program_out_ends_its_tokens(app: TestApp) {
        let provider = app.provider();
        let alice = person(&app, "alice", &["user"]).await;
        let bob = person(&app, "bob", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        held.bearer(&app).get("/job-scripts").await.ok();
        let admissions = provider.admissions(&alice).await.unwrap();
        assert_eq!(admissions.len(), 1);
        assert_eq!(admissions[0].client_name, "Jobbergate in a terminal");
        assert_eq!(provider.end_admission(&bob, &admissions[0].id).await.unwrap_err().status(), 404);
        provider.end_admission(&alice, &admissions[0].id).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        refresh(&app, &held.refresh).await.expect(400);
        assert_eq!(provider.admissions(&alice).await.unwrap(), []);
    }
}
