//! What tokens are worth, and making them worth nothing.

use reqwest::Client;
use serde_json::{Value, json};

use super::story::{
    COMMAND_LINE, log_in, person, portal, portal_tokens, post, refresh, refusal, tokens,
};
use crate::{
    on_both,
    support::{Answer, TestApp, random},
};

async fn introspect(app: &TestApp, secret: &str, token: &str) -> Value {
    let form = [("client_id", "portal"), ("client_secret", secret), ("token", token)];
    post(app, "token/introspect", &form).await.ok()
}

async fn revoke(app: &TestApp, client: &str, token: &str) -> Answer {
    post(app, "revoke", &[("client_id", client), ("token", token)]).await
}

async fn userinfo(app: &TestApp, token: &str) -> Answer {
    let request = Client::new().get(app.realm("protocol/openid-connect/userinfo"));
    Answer::read(request.bearer_auth(token).send().await.unwrap()).await
}

on_both! {
    async fn a_client_with_a_secret_learns_what_a_token_is_worth(app: TestApp) {
        let secret = portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let access = introspect(&app, &secret, &held.access).await;
        assert_eq!((&access["active"], &access["sub"]), (&json!(true), &json!(alice.id)));
        assert_eq!((&access["client_id"], &access["username"]), (&json!(COMMAND_LINE), &json!("alice@example.com")));
        assert!(access["exp"].is_i64() && access["scope"].is_string());
        // What somebody else's program refreshes with is none of its business (RFC 7662 §4).
        assert_eq!(introspect(&app, &secret, &held.refresh).await, json!({"active": false}));
        let used = held.refresh.clone();
        let new = refresh(&app, &used).await.ok();
        let id = held.id.as_deref().unwrap();
        for worthless in ["x", &used, id, "jbg_x"] {
            assert_eq!(introspect(&app, &secret, worthless).await, json!({"active": false}));
        }
        app.provider().disable_user(&alice.email).await.unwrap();
        for worthless in [&held.access, new["refresh_token"].as_str().unwrap()] {
            assert_eq!(introspect(&app, &secret, worthless).await, json!({"active": false}));
        }
    }

    async fn a_client_learns_what_its_own_refresh_token_is_worth(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = portal_tokens(&app, &session, "openid email").await;
        let secret = app.provider().rotate_client("portal", &mut random()).await.unwrap().0;
        let worth = introspect(&app, &secret, &held.refresh).await;
        assert_eq!((&worth["active"], &worth["sub"]), (&json!(true), &json!(alice.id)));
        assert_eq!((&worth["client_id"], &worth["typ"]), (&json!("portal"), &json!("Refresh")));
    }

    async fn a_program_that_acts_for_itself_is_told_what_it_may_do(app: TestApp) {
        let secret = super::registered(&app, "robot").await;
        let body = app.token("robot", &secret).await.ok();
        assert_eq!(body["scope"], "jobbergate:job-templates:read");
        let said = super::story::claims(body["access_token"].as_str().unwrap());
        assert_eq!(said["scope"], "jobbergate:job-templates:read");
    }

    async fn who_sends_two_authorizations_has_none(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let (good, basic) = (format!("Bearer {}", held.access), "Basic Yzpz".to_owned());
        for (first, second) in [(&good, &good), (&good, &basic), (&basic, &good), (&good, &String::new())] {
            let twice = |request: reqwest::RequestBuilder| {
                let request = request.header("authorization", first).header("authorization", second);
                async { Answer::read(request.send().await.unwrap()).await }
            };
            let scripts = format!("http://{}/jobbergate/job-scripts", app.address);
            twice(Client::new().get(scripts)).await.expect(401);
            let told = twice(Client::new().get(app.realm("protocol/openid-connect/userinfo"))).await;
            assert_eq!(refusal(told, 400), "invalid_request");
            let form = [("grant_type", "client_credentials"), ("client_id", "c")];
            let token = twice(Client::new().post(app.realm("protocol/openid-connect/token")).form(&form)).await;
            assert_eq!(refusal(token, 400), "invalid_request");
        }
    }

    async fn nobody_guesses_what_kind_of_file_an_answer_is(app: TestApp) {
        for page in [".well-known/openid-configuration", "protocol/openid-connect/certs"] {
            let answer = Answer::read(reqwest::get(app.realm(page)).await.unwrap()).await.expect(200);
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{page}");
        }
        let refused = post(&app, "token", &[]).await.expect(400);
        assert_eq!(refused.header("x-content-type-options"), Some("nosniff"));
    }

    async fn nobody_else_learns_what_a_token_is_worth(app: TestApp) {
        portal(&app).await;
        for form in [
            &[("client_id", COMMAND_LINE), ("token", "x")][..],
            &[("client_id", "portal"), ("token", "x")],
            &[("client_id", "portal"), ("client_secret", "x"), ("token", "x")],
        ] {
            assert_eq!(refusal(post(&app, "token/introspect", form).await, 401), "invalid_client");
        }
        assert_eq!(refusal(post(&app, "token/introspect", &[("token", "x")]).await, 400), "invalid_request");
    }

    async fn a_program_ends_its_tokens_when_its_person_logs_out(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for by_refresh_token in [true, false] {
            let held = tokens(&app, &session).await;
            held.bearer(&app).get("/job-scripts").await.ok();
            let token = if by_refresh_token { &held.refresh } else { &held.access };
            assert_eq!(refusal(revoke(&app, "default", token).await, 400), "invalid_grant");
            held.bearer(&app).get("/job-scripts").await.ok();
            revoke(&app, COMMAND_LINE, token).await.expect(200);
            held.bearer(&app).get("/job-scripts").await.expect(401);
            refresh(&app, &held.refresh).await.expect(400);
            revoke(&app, COMMAND_LINE, token).await.expect(200);
        }
        revoke(&app, COMMAND_LINE, "unknown").await.expect(200);
        assert_eq!(refusal(post(&app, "revoke", &[("client_id", COMMAND_LINE)]).await, 400), "invalid_request");
        assert_eq!(refusal(revoke(&app, "nobody", "x").await, 401), "invalid_client");
    }

    async fn a_token_of_an_agent_ends_by_itself(app: TestApp) {
        let agent = app.agent("fjord").await;
        let refused = revoke(&app, COMMAND_LINE, agent.token().unwrap()).await;
        assert_eq!(refusal(refused, 400), "unsupported_token_type");
    }

    async fn a_program_learns_whose_token_it_has(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let answer = userinfo(&app, &held.access).await.ok();
        assert_eq!(answer, json!({
            "sub": alice.id,
            "email": "alice@example.com",
            "email_verified": true,
            "name": "alice",
            "preferred_username": "alice@example.com",
        }));
        for bad in ["x", &held.refresh, held.id.as_deref().unwrap()] {
            let refused = userinfo(&app, bad).await;
            assert_eq!(refused.header("www-authenticate"), Some("Bearer error=\"invalid_token\""));
            assert_eq!(refusal(refused, 401), "invalid_token");
        }
        app.provider().disable_user(&alice.email).await.unwrap();
        userinfo(&app, &held.access).await.expect(401);
    }

    async fn forms_are_read_as_the_rfc_has_them(app: TestApp) {
        let url = app.realm("protocol/openid-connect/token");
        let send = async |kind: &str, body: &'static str| {
            let request = Client::new().post(&url).header("content-type", kind).body(body);
            Answer::read(request.send().await.unwrap()).await
        };
        let form = "application/x-www-form-urlencoded";
        for (kind, body) in [
            (form, "grant_type=refresh_token&grant_type=refresh_token"),
            (form, "grant_type=refresh_token&client_id="),
            (form, ""),
            ("application/json", "{\"grant_type\": \"refresh_token\"}"),
        ] {
            assert_eq!(refusal(send(kind, body).await, 400), "invalid_request", "{body}");
        }
        let twice = Client::new()
            .post(&url)
            .basic_auth("c", Some("s"))
            .form(&[("grant_type", "client_credentials"), ("client_id", "c"), ("client_secret", "s")]);
        let twice = Answer::read(twice.send().await.unwrap()).await;
        assert_eq!(refusal(twice, 400), "invalid_request");
        let wrong = Client::new()
            .post(&url)
            .basic_auth("c", Some("s"))
            .form(&[("grant_type", "client_credentials")]);
        let wrong = Answer::read(wrong.send().await.unwrap()).await;
        assert_eq!(wrong.header("www-authenticate"), Some("Basic realm=\"jobbergate\""));
        assert_eq!(refusal(wrong, 401), "invalid_client");
    }

    async fn the_discovery_document_names_what_is_there(app: TestApp) {
        let url = app.realm(".well-known/openid-configuration");
        let document: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        for endpoint in [
            "token_endpoint",
            "device_authorization_endpoint",
            "introspection_endpoint",
            "revocation_endpoint",
        ] {
            let path = document[endpoint].as_str().unwrap().split_once("/realms/jobbergate/").unwrap().1;
            let answer = Client::new().post(app.realm(path)).send().await.unwrap();
            assert_eq!(answer.status(), 400, "{endpoint}");
        }
        for endpoint in ["authorization_endpoint", "userinfo_endpoint", "end_session_endpoint", "jwks_uri"] {
            assert!(document[endpoint].as_str().unwrap().contains("/protocol/openid-connect/"));
        }
        assert_eq!(document["code_challenge_methods_supported"], json!(["S256"]));
        assert_eq!(document["authorization_response_iss_parameter_supported"], true);
    }

    async fn clocks_may_differ_by_a_minute(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        app.clock.advance(chrono::TimeDelta::minutes(1));
        let held = tokens(&app, &session).await;
        app.clock.advance(chrono::TimeDelta::minutes(-1));
        held.bearer(&app).get("/job-scripts").await.ok();
    }
}
