//! A program in a terminal, and a browser in which somebody lets it in.

use chrono::TimeDelta;
use jobbergate_api::identity::TypedCode;
use serde_json::{Value, json};

use super::story::{
    CHALLENGE, DEVICE_GRANT, Tokens, VERIFIER, claims, log_in, person, portal, post, refresh,
    refusal, user_code,
};
use crate::{
    on_both,
    support::{Answer, TestApp},
};

type Form<'a> = &'a [(&'a str, &'a str)];

/// What today's command line sends.
async fn begin(app: &TestApp) -> Value {
    let form = [
        ("client_id", "default"),
        ("grant_type", "client_credentials"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    let answer = post(app, "auth/device", &form).await.expect(200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

async fn poll(app: &TestApp, device: &Value) -> Answer {
    poll_as(app, device, "default", Some(VERIFIER)).await
}

async fn poll_as(app: &TestApp, device: &Value, client: &str, verifier: Option<&str>) -> Answer {
    let code = device["device_code"].as_str().unwrap();
    let mut form = vec![("grant_type", DEVICE_GRANT), ("client_id", client), ("device_code", code)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    post(app, "token", &form).await
}

on_both! {
    async fn somebody_lets_todays_command_line_in(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        let page = format!("{}/device", app.provider().issuer());
        assert_eq!(device["verification_uri"], page);
        assert_eq!(device["verification_uri_complete"], format!("{page}?user_code={}", user_code(&device)));
        assert_eq!((&device["interval"], &device["expires_in"]), (&json!(5), &json!(600)));
        assert_eq!(refusal(poll(&app, &device).await, 400), "authorization_pending");
        let typed = user_code(&device).to_lowercase().replace('-', " ");
        let TypedCode::Waiting(waiting) = app.provider().typed_code(&session, &typed).await.unwrap()
        else { panic!("{typed}") };
        assert_eq!(waiting.client.name, "Jobbergate in a terminal");
        assert_eq!((waiting.address.as_str(), waiting.created_at), ("127.0.0.1", app.clock.now()));
        assert!(app.provider().approve_device(&session, &typed).await.unwrap());
        let body = poll(&app, &device).await.ok();
        let held = Tokens::of(&body);
        let said = claims(&held.access);
        assert_eq!((&said["email"], &said["azp"]), (&json!("alice@example.com"), &json!("default")));
        assert!(said["exp"].is_i64() && claims(&held.refresh)["exp"].is_i64());
        held.bearer(&app).get("/job-scripts").await.ok();
        // The code is used up, and the browser's session is another thing.
        assert_eq!(refusal(poll(&app, &device).await, 400), "invalid_grant");
        assert!(!app.provider().approve_device(&session, &typed).await.unwrap());
        app.provider().end_session(&alice, &session.id).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.ok();
        let form = [("client_id", "default"), ("grant_type", "refresh_token"), ("refresh_token", &held.refresh)];
        post(&app, "token", &form).await.ok();
    }

    async fn who_asks_too_often_is_told_to_slow_down(app: TestApp) {
        let device = begin(&app).await;
        assert_eq!(refusal(poll(&app, &device).await, 400), "authorization_pending");
        app.clock.advance(TimeDelta::seconds(5));
        assert_eq!(refusal(poll(&app, &device).await, 400), "authorization_pending");
        app.clock.advance(TimeDelta::seconds(2));
        assert_eq!(refusal(poll(&app, &device).await, 400), "slow_down");
        app.clock.advance(TimeDelta::seconds(5));
        assert_eq!(refusal(poll(&app, &device).await, 400), "slow_down");
        app.clock.advance(TimeDelta::seconds(15));
        assert_eq!(refusal(poll(&app, &device).await, 400), "authorization_pending");
    }

    async fn who_is_let_in_need_not_slow_down(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        poll(&app, &device).await.expect(400);
        app.provider().approve_device(&session, user_code(&device)).await.unwrap();
        poll(&app, &device).await.ok();
    }

    async fn a_program_that_is_not_let_in_is_told_so(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        assert!(app.provider().deny_device(&session, user_code(&device)).await.unwrap());
        assert!(!app.provider().approve_device(&session, user_code(&device)).await.unwrap());
        for _ in 0..2 {
            assert_eq!(refusal(poll(&app, &device).await, 400), "access_denied");
        }
    }

    async fn a_code_is_good_for_ten_minutes(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        app.clock.advance(TimeDelta::minutes(10));
        assert!(!app.provider().approve_device(&session, user_code(&device)).await.unwrap());
        assert_eq!(refusal(poll(&app, &device).await, 400), "expired_token");
        let approved = begin(&app).await;
        assert!(app.provider().approve_device(&session, user_code(&approved)).await.unwrap());
        app.clock.advance(TimeDelta::minutes(10));
        assert_eq!(refusal(poll(&app, &approved).await, 400), "expired_token");
    }

    async fn only_who_began_can_end(app: TestApp) {
        portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        app.provider().approve_device(&session, user_code(&device)).await.unwrap();
        for (client, verifier) in [
            ("jobbergate-cli", Some(VERIFIER)),
            ("default", Some(CHALLENGE)),
            ("default", None),
        ] {
            let refused = poll_as(&app, &device, client, verifier).await;
            assert_eq!(refusal(refused, 400), "invalid_grant");
        }
        let guess = json!({"device_code": "guess"});
        assert_eq!(refusal(poll(&app, &guess).await, 400), "invalid_grant");
        let body = poll(&app, &device).await.ok();
        refresh(&app, body["refresh_token"].as_str().unwrap()).await.expect(400);
    }

    async fn who_is_disabled_meanwhile_lets_nobody_in(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        app.provider().approve_device(&session, user_code(&device)).await.unwrap();
        app.provider().disable_user(&alice.email).await.unwrap();
        poll(&app, &device).await.expect(400);
    }

    async fn a_session_that_is_over_lets_nobody_in(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        app.provider().end_session(&alice, &session.id).await.unwrap();
        assert!(!app.provider().approve_device(&session, user_code(&device)).await.unwrap());
        assert_eq!(refusal(poll(&app, &device).await, 400), "authorization_pending");
    }

    async fn who_guesses_codes_has_to_wait(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        let provider = app.provider();
        for typed in ["BCDF-GHJK", "nonsense"].iter().cycle().take(20) {
            let guess = provider.typed_code(&session, typed).await.unwrap();
            assert!(matches!(guess, TypedCode::Unknown), "{guess:?}");
        }
        let refused = provider.typed_code(&session, user_code(&device)).await.unwrap();
        assert!(matches!(refused, TypedCode::TooMany { .. }), "{refused:?}");
        assert!(!provider.approve_device(&session, user_code(&device)).await.unwrap());
    }

    async fn ones_own_code_brings_no_more_guesses(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let device = begin(&app).await;
        let provider = app.provider();
        for _ in 0..19 {
            provider.typed_code(&session, "BCDF-GHJK").await.unwrap();
            let own = provider.typed_code(&session, user_code(&device)).await.unwrap();
            assert!(matches!(own, TypedCode::Waiting(_)), "{own:?}");
        }
        provider.typed_code(&session, "BCDF-GHJK").await.unwrap();
        let refused = provider.typed_code(&session, user_code(&device)).await.unwrap();
        assert!(matches!(refused, TypedCode::TooMany { .. }), "{refused:?}");
    }

    async fn what_is_wrong_with_a_request_is_said(app: TestApp) {
        app.client("agent", Vec::new()).await;
        let wrong: [(Form<'_>, u16, &str); 6] = [
            (&[], 400, "invalid_request"),
            (&[("client_id", "nobody")], 401, "invalid_client"),
            (&[("client_id", "agent")], 401, "invalid_client"),
            (&[("client_id", "default"), ("code_challenge", CHALLENGE)], 400, "invalid_request"),
            (&[("client_id", "default"), ("code_challenge_method", "S256")], 400, "invalid_request"),
            (&[("client_id", "default"), ("client_id", "default")], 400, "invalid_request"),
        ];
        for (form, status, error) in wrong {
            assert_eq!(refusal(post(&app, "auth/device", form).await, status), error, "{form:?}");
        }
    }

    async fn so_many_may_wait_at_one_address(app: TestApp) {
        let device = begin(&app).await;
        // As many people of a login node as there may be.
        let mut db = app.db().write().await.unwrap();
        for index in 1..1000 {
            let sql = "INSERT INTO identity_device_codes (hash, user_code, client_id, scope, address, \
                       seconds_between_polls, created_at, expires_at) SELECT $1, $1, client_id, scope, \
                       address, seconds_between_polls, created_at, expires_at \
                       FROM identity_device_codes WHERE user_code = $2";
            let arguments = jobbergate_api::args![index.to_string(), user_code(&device)];
            db.execute(sql, arguments).await.unwrap();
        }
        db.commit().await.unwrap();
        let form = [("client_id", "default")];
        let refused = post(&app, "auth/device", &form).await;
        assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(refusal(refused, 429), "temporarily_unavailable");
        app.clock.advance(TimeDelta::minutes(10));
        begin(&app).await;
    }
}
