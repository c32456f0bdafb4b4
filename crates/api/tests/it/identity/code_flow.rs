//! Programs that people log in with from a browser: authorization codes.

use chrono::TimeDelta;
use jobbergate_api::identity::{AuthorizationRequest, Browser, Decision, NewApplication, Provider};
use serde_json::json;

use super::story::{
    CALLBACK, CHALLENGE, COMMAND_LINE, PORTAL_CALLBACK, Tokens, VERIFIER, allow, claims, code,
    decide, log_in, person, portal, portal_request, portal_tokens, post, redeem, redirect, refresh,
    refusal, request, tokens,
};
use crate::{
    on_both,
    support::{Answer, TestApp, random},
};

async fn redeem_with(app: &TestApp, code: &str, change: (&str, Option<&str>)) -> Answer {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", COMMAND_LINE),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    form.retain(|(name, _)| *name != change.0);
    form.extend(change.1.map(|value| (change.0, value)));
    post(app, "token", &form).await
}

/// What the portal gets for a code.
async fn redeem_portal(app: &TestApp, code: &str, secret: &str) -> Answer {
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "portal"),
        ("client_secret", secret),
        ("code", code),
        ("redirect_uri", PORTAL_CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    post(app, "token", &form).await
}

on_both! {
    async fn somebody_logs_in_to_a_program(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let asked = decide(&app, &request(), None).await;
        assert!(matches!(&asked, Decision::LogIn { client, .. } if client.client_id == COMMAND_LINE), "{asked:?}");
        let (session, _) = log_in(&app, &alice).await;
        let (page, query) = redirect(&allow(&app, &request(), &session).await);
        assert_eq!(page, CALLBACK);
        assert_eq!(query["state"], "xyz & so on");
        assert_eq!(query["iss"], app.provider().issuer());
        let answer = redeem(&app, &query["code"]).await.expect(200);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let body = answer.json();
        assert_eq!((&body["token_type"], &body["expires_in"]), (&json!("Bearer"), &json!(900)));
        assert_eq!(body["scope"], "openid email profile");
        let held = Tokens::of(&body);
        let access = claims(&held.access);
        assert_eq!((&access["sub"], &access["email"]), (&json!(alice.id), &json!("alice@example.com")));
        assert_eq!((&access["azp"], &access["typ"]), (&json!(COMMAND_LINE), &json!("Bearer")));
        assert_eq!(access["permissions"], json!(alice.permissions));
        assert_eq!(access["iss"], app.provider().issuer());
        let script = held.bearer(&app).post("/job-scripts", json!({"name": "s"})).await.created();
        assert_eq!(script["owner_email"], "alice@example.com");
        let id = claims(held.id.as_deref().unwrap());
        assert_eq!((&id["aud"], &id["nonce"]), (&json!(COMMAND_LINE), &json!("n-0S6")));
        assert_eq!((&id["sub"], &id["auth_time"]), (&json!(alice.id), &json!(session.created_at.timestamp())));
    }

    async fn tokens_of_other_kinds_are_no_access_tokens(app: TestApp) {
        let alice = person(&app, "alice", &["admin"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        for other in [held.id.as_deref().unwrap(), &held.refresh] {
            app.bearer(other).get("/job-scripts").await.expect(401);
        }
        // Today's command line reads its expiry.
        assert_eq!(claims(&held.refresh)["exp"], app.clock.now().timestamp() + 30 * 86_400);
    }

    async fn a_token_that_was_tampered_with_is_refused(app: TestApp) {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let token = tokens(&app, &session).await.access;
        let parts: Vec<_> = token.split('.').collect();
        let encode = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let mut more = claims(&token);
        more["permissions"] = json!(["jobbergate:admin"]);
        let kid = jsonwebtoken::decode_header(&token).unwrap().kid.unwrap();
        let none = |alg: &str| encode(json!({"alg": alg, "typ": "JWT", "kid": kid}));
        for forged in [
            format!("{}.{}.{}", parts[0], encode(more.clone()), parts[2]),
            format!("{}.{}.", none("none"), encode(more.clone())),
            format!("{}.{}.{}", none("none"), encode(more.clone()), parts[2]),
            format!("{}.{}.{}", none("HS256"), encode(more), parts[2]),
            format!("{}.{}", parts[0], parts[1]),
            String::new(),
        ] {
            app.bearer(&forged).get("/job-scripts").await.expect(401);
        }
        app.bearer(&token).get("/job-scripts").await.ok();
    }

    async fn a_code_is_good_once_and_who_shows_it_again_ends_its_tokens(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let code = code(&app, &session).await;
        let held = Tokens::of(&redeem(&app, &code).await.ok());
        held.bearer(&app).get("/job-scripts").await.ok();
        assert_eq!(refusal(redeem(&app, &code).await, 400), "invalid_grant");
        held.bearer(&app).get("/job-scripts").await.expect(401);
        assert_eq!(refusal(refresh(&app, &held.refresh).await, 400), "invalid_grant");
    }

    async fn a_code_is_redeemed_once_however_many_try_at_once(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let code = code(&app, &session).await;
        let answers = futures::future::join_all((0..5).map(|_| redeem(&app, &code))).await;
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    }

    async fn a_code_is_of_use_to_the_program_it_was_made_for_only(app: TestApp) {
        let secret = portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let ours = code(&app, &session).await;
        assert_eq!(refusal(redeem_portal(&app, &ours, &secret).await, 400), "invalid_grant");
        for change in [
            ("client_id", Some("default")),
            ("redirect_uri", Some("http://127.0.0.1:1/callback")),
            ("redirect_uri", None),
            ("code_verifier", Some(CHALLENGE)),
            ("code_verifier", None),
            ("code", Some("x")),
        ] {
            let refused = redeem_with(&app, &ours, change).await;
            assert_eq!(refusal(refused, 400), "invalid_grant", "{change:?}");
        }
        assert_eq!(refusal(redeem_with(&app, &ours, ("code", None)).await, 400), "invalid_request");
        redeem(&app, &ours).await.ok();
    }

    async fn a_code_is_good_for_a_minute(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let code = code(&app, &session).await;
        app.clock.advance(TimeDelta::seconds(60));
        assert_eq!(refusal(redeem(&app, &code).await, 400), "invalid_grant");
    }

    async fn a_browser_is_never_sent_where_the_program_is_not_known_to_be(app: TestApp) {
        portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        app.client("agent", Vec::new()).await;
        let at = |uri: &str| AuthorizationRequest { redirect_uri: Some(uri.to_owned()), ..portal_request() };
        let of = |client: &str| AuthorizationRequest { client_id: Some(client.to_owned()), ..portal_request() };
        for request in [
            at("https://portal.example.com/cb"),
            at("https://portal.example.com/cb?from=jobbergate&x=1"),
            at("https://portal.example.com.evil.com/cb?from=jobbergate"),
            at("https://evil.com/"),
            at("javascript:alert(1)"),
            at(""),
            of("nobody"),
            of("agent"),
            of(""),
            of("x\0"),
            AuthorizationRequest::default(),
        ] {
            let refused = decide(&app, &request, Some(&session)).await;
            assert!(matches!(refused, Decision::Refuse(_)), "{request:?} {refused:?}");
            assert!(matches!(app.provider().deny(&request).await.unwrap(), Decision::Refuse(_)));
        }
    }

    async fn a_program_is_told_what_is_wrong_with_its_request(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let text = |text: &str| Some(text.to_owned());
        for (request, error) in [
            (AuthorizationRequest { response_type: text("token"), ..request() }, "unsupported_response_type"),
            (AuthorizationRequest { response_type: None, ..request() }, "invalid_request"),
            (AuthorizationRequest { response_mode: text("fragment"), ..request() }, "invalid_request"),
            (AuthorizationRequest { code_challenge: None, code_challenge_method: None, ..request() }, "invalid_request"),
            (AuthorizationRequest { code_challenge_method: text("plain"), ..request() }, "invalid_request"),
            (AuthorizationRequest { code_challenge_method: None, ..request() }, "invalid_request"),
            (AuthorizationRequest { code_challenge: text("short"), ..request() }, "invalid_request"),
            (AuthorizationRequest { request: text("e30."), ..request() }, "request_not_supported"),
            (AuthorizationRequest { request_uri: text("https://x"), ..request() }, "request_uri_not_supported"),
            (AuthorizationRequest { nonce: text("a\0"), ..request() }, "invalid_request"),
            (AuthorizationRequest { nonce: text("a\nb"), ..request() }, "invalid_request"),
            (AuthorizationRequest { prompt: text("none login"), ..request() }, "invalid_request"),
            (AuthorizationRequest { max_age: text("soon"), ..request() }, "invalid_request"),
        ] {
            let (page, query) = redirect(&decide(&app, &request, Some(&session)).await);
            assert_eq!((page.as_str(), query["error"].as_str()), (CALLBACK, error), "{request:?}");
            assert_eq!(query["state"], "xyz & so on");
            assert_eq!(query["iss"], app.provider().issuer());
            assert!(!query.contains_key("code"));
        }
    }

    async fn a_challenge_can_not_be_taken_away_on_the_way(app: TestApp) {
        let secret = portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let without = AuthorizationRequest {
            code_challenge: None,
            code_challenge_method: None,
            ..portal_request()
        };
        let browser = Browser { session: Some(&session), consented: true, ..Browser::default() };
        let decision = app.provider().authorize(&without, browser, &mut random()).await.unwrap();
        let code = &redirect(&decision).1["code"];
        assert_eq!(refusal(redeem_portal(&app, code, &secret).await, 400), "invalid_grant");
    }

    async fn nobody_is_asked_to_log_in_when_the_program_does_not_want_it(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let silent = AuthorizationRequest { prompt: Some("none".to_owned()), ..request() };
        let (_, query) = redirect(&decide(&app, &silent, None).await);
        assert_eq!(query["error"], "login_required");
        let (session, _) = log_in(&app, &alice).await;
        tokens(&app, &session).await;
        let (_, query) = redirect(&decide(&app, &silent, Some(&session)).await);
        assert_eq!(query["error"], "consent_required");
    }

    async fn who_says_that_it_is_our_terminal_gets_nothing_without_a_word(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for (client, uri) in [
            (COMMAND_LINE, CALLBACK),
            (COMMAND_LINE, "http://[::1]:1/callback"),
            ("default", "http://127.0.0.1:65535/callback"),
            ("default", "http://127.0.0.1/callback"),
        ] {
            let text = |text: &str| Some(text.to_owned());
            let asks = AuthorizationRequest { client_id: text(client), redirect_uri: text(uri), ..request() };
            // Nor does it help to have been let in before.
            for _ in 0..2 {
                for just_logged_in in [false, true] {
                    let browser = Browser { session: Some(&session), just_logged_in, consented: false };
                    let decision = app.provider().authorize(&asks, browser, &mut random()).await.unwrap();
                    assert!(matches!(decision, Decision::Consent { .. }), "{client} {uri}: {decision:?}");
                }
                let silent = AuthorizationRequest { prompt: text("none"), ..asks.clone() };
                assert_eq!(redirect(&decide(&app, &silent, Some(&session)).await).1["error"], "consent_required");
                let (_, query) = redirect(&allow(&app, &asks, &session).await);
                let form = [
                    ("grant_type", "authorization_code"),
                    ("client_id", client),
                    ("code", &query["code"]),
                    ("redirect_uri", uri),
                    ("code_verifier", VERIFIER),
                ];
                post(&app, "token", &form).await.ok();
            }
        }
    }

    async fn the_pages_of_this_server_need_not_ask(app: TestApp) {
        let provider = Provider::new(app.db().clone(), app.clock.clone(), "https://jobbergate.example.com");
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let asks = AuthorizationRequest {
            client_id: Some("jobbergate-web".to_owned()),
            redirect_uri: Some("https://jobbergate.example.com/callback".to_owned()),
            prompt: Some("none".to_owned()),
            ..request()
        };
        let browser = Browser { session: Some(&session), ..Browser::default() };
        let decision = provider.authorize(&asks, browser, &mut random()).await.unwrap();
        assert!(redirect(&decision).1.contains_key("code"));
    }

    async fn a_program_may_want_a_fresh_log_in(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        app.clock.advance(TimeDelta::minutes(5));
        let anew = AuthorizationRequest { prompt: Some("login".to_owned()), ..request() };
        let recent = AuthorizationRequest { max_age: Some("299".to_owned()), ..request() };
        for request in [&anew, &recent] {
            let decision = decide(&app, request, Some(&session)).await;
            assert!(matches!(decision, Decision::LogIn { .. }), "{decision:?}");
        }
        let (session, _) = log_in(&app, &alice).await;
        let browser = Browser { session: Some(&session), just_logged_in: true, consented: true };
        let decision = app.provider().authorize(&anew, browser, &mut random()).await.unwrap();
        assert!(redirect(&decision).1.contains_key("code"));
        assert!(redirect(&allow(&app, &recent, &session).await).1.contains_key("code"));
    }

    async fn people_are_asked_before_a_strangers_program_gets_in(app: TestApp) {
        let secret = portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let asks = AuthorizationRequest {
            scope: Some("openid jobbergate:job-scripts:read jobbergate:admin".to_owned()),
            ..portal_request()
        };
        let decision = decide(&app, &asks, Some(&session)).await;
        let Decision::Consent { client, scope } = &decision else { panic!("{decision:?}") };
        assert_eq!(client.name, "Portal");
        assert!(scope.has("jobbergate:job-scripts:read"));
        let silent = AuthorizationRequest { prompt: Some("none".to_owned()), ..asks.clone() };
        assert_eq!(redirect(&decide(&app, &silent, Some(&session)).await).1["error"], "consent_required");
        let denied = app.provider().deny(&asks).await.unwrap();
        let (page, query) = redirect(&denied);
        assert_eq!((page.as_str(), query["error"].as_str()), ("https://portal.example.com/cb", "access_denied"));
        assert_eq!(query["from"], "jobbergate");

        let browser = Browser { session: Some(&session), consented: true, ..Browser::default() };
        let decision = app.provider().authorize(&asks, browser, &mut random()).await.unwrap();
        let code = redirect(&decision).1["code"].clone();
        let held = Tokens::of(&redeem_portal(&app, &code, &secret).await.ok());
        // What she may not do herself, no program may do for her.
        assert_eq!(claims(&held.access)["permissions"], json!(["jobbergate:job-scripts:read"]));
        held.bearer(&app).get("/job-scripts").await.ok();
        held.bearer(&app).post("/job-scripts", json!({"name": "s"})).await.expect(403);
        // Nobody is asked twice, but for more.
        assert!(redirect(&decide(&app, &silent, Some(&session)).await).1.contains_key("code"));
        let more = AuthorizationRequest {
            scope: Some("openid jobbergate:job-scripts:create".to_owned()),
            ..portal_request()
        };
        assert!(matches!(decide(&app, &more, Some(&session)).await, Decision::Consent { .. }));
        assert_eq!(app.provider().admissions(&alice).await.unwrap().len(), 1);
    }

    async fn people_are_asked_each_time_for_what_any_program_may_say_it_is(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for (client_id, uri, each_time) in [
            ("a", "http://127.0.0.1/cb", true),
            ("b", "http://localhost/cb", true),
            ("c", "com.example.app:/cb", true),
            ("d", "https://app.example.com/cb", false),
        ] {
            let new = NewApplication {
                client_id: client_id.to_owned(),
                name: "App".to_owned(),
                redirect_uris: vec![uri.to_owned()],
                is_public: true,
            };
            app.provider().create_application(&new, &mut random()).await.unwrap();
            let asks = AuthorizationRequest {
                client_id: Some(client_id.to_owned()),
                redirect_uri: Some(uri.to_owned()),
                ..request()
            };
            let browser = Browser { session: Some(&session), consented: true, ..Browser::default() };
            let decision = app.provider().authorize(&asks, browser, &mut random()).await.unwrap();
            let form = [
                ("grant_type", "authorization_code"),
                ("client_id", client_id),
                ("code", &redirect(&decision).1["code"]),
                ("redirect_uri", uri),
                ("code_verifier", VERIFIER),
            ];
            post(&app, "token", &form).await.ok();
            let again = decide(&app, &asks, Some(&session)).await;
            assert_eq!(matches!(again, Decision::Consent { .. }), each_time, "{uri} {again:?}");
            let silent = AuthorizationRequest { prompt: Some("none".to_owned()), ..asks };
            let (_, query) = redirect(&decide(&app, &silent, Some(&session)).await);
            assert_eq!(query.get("error").is_some_and(|it| it == "consent_required"), each_time, "{uri}");
        }
    }

    async fn who_ends_a_session_ends_what_was_let_in_from_it(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let unused = code(&app, &session).await;
        let held = tokens(&app, &session).await;
        let lasting = AuthorizationRequest {
            scope: Some("openid offline_access".to_owned()),
            ..request()
        };
        let (_, query) = redirect(&allow(&app, &lasting, &session).await);
        let lasting = Tokens::of(&redeem(&app, &query["code"]).await.ok());
        app.provider().end_session(&alice, &session.id).await.unwrap();
        held.bearer(&app).get("/job-scripts").await.expect(401);
        assert_eq!(refusal(refresh(&app, &held.refresh).await, 400), "invalid_grant");
        assert_eq!(refusal(redeem(&app, &unused).await, 400), "invalid_grant");
        lasting.bearer(&app).get("/job-scripts").await.ok();
        refresh(&app, &lasting.refresh).await.ok();
    }

    async fn a_session_that_is_over_lets_nothing_in(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        app.provider().end_session(&alice, &session.id).await.unwrap();
        let browser = Browser { session: Some(&session), consented: true, ..Browser::default() };
        let decision = app.provider().authorize(&request(), browser, &mut random()).await.unwrap();
        assert!(matches!(decision, Decision::LogIn { .. }), "{decision:?}");
        let silent = AuthorizationRequest { prompt: Some("none".to_owned()), ..request() };
        let decision = app.provider().authorize(&silent, browser, &mut random()).await.unwrap();
        assert_eq!(redirect(&decision).1["error"], "login_required");
    }

    async fn a_program_is_registered_under_addresses_that_are_its_own(app: TestApp) {
        let new = |client_id: &str, uri: &str| NewApplication {
            client_id: client_id.to_owned(),
            name: "App".to_owned(),
            redirect_uris: vec![uri.to_owned()],
            is_public: true,
        };
        for (new, status) in [
            (new("jobbergate-cli", "https://a.example.com/"), 409),
            (new("default", "https://a.example.com/"), 409),
            (new("a b", "https://a.example.com/"), 422),
            (new("a", "http://a.example.com/"), 422),
            (new("a", "nonsense"), 422),
            (new("a", "https://*.example.com/"), 422),
            (new("a", "https://a.example.com/*"), 422),
            (new("jobbergate-web", "https://a.example.com/"), 409),
            (NewApplication { redirect_uris: Vec::new(), ..new("a", "") }, 422),
            (NewApplication { name: "Jobbergate".to_owned(), ..new("a", "https://a.example.com/") }, 409),
            (NewApplication { name: " jobbergate in a Terminal".to_owned(), ..new("a", "https://a.example.com/") }, 409),
            (NewApplication { name: "App\u{202E}ppA".to_owned(), ..new("a", "https://a.example.com/") }, 422),
        ] {
            let refused = app.provider().create_application(&new, &mut random()).await.unwrap_err();
            assert_eq!(refused.status(), status, "{new:?}");
        }
        let good = new("a", "com.example.app:/cb");
        assert!(app.provider().create_application(&good, &mut random()).await.unwrap().is_none());
        assert_eq!(app.provider().create_application(&good, &mut random()).await.unwrap_err().status(), 409);
    }

    async fn a_program_that_is_deleted_is_out_at_once(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let portals = portal_tokens(&app, &session, "openid jobbergate:job-scripts:read").await;
        let ours = tokens(&app, &session).await.bearer(&app);
        portals.bearer(&app).get("/job-scripts").await.ok();
        let asks = AuthorizationRequest {
            scope: Some("openid jobbergate:job-scripts:read".to_owned()),
            ..portal_request()
        };
        let (_, query) = redirect(&decide(&app, &asks, Some(&session)).await);
        app.provider().delete_client("portal").await.unwrap();
        portals.bearer(&app).get("/job-scripts").await.expect(401);
        ours.get("/job-scripts").await.ok();
        // Another one of that name has nothing of it.
        let secret = portal(&app).await;
        assert_eq!(refusal(redeem_portal(&app, &query["code"], &secret).await, 400), "invalid_grant");
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", "portal"),
            ("client_secret", &secret),
            ("refresh_token", &portals.refresh),
        ];
        assert_eq!(refusal(post(&app, "token", &form).await, 400), "invalid_grant");
        portals.bearer(&app).get("/job-scripts").await.expect(401);
    }

    async fn a_program_for_people_gets_nothing_for_itself(app: TestApp) {
        let secret = portal(&app).await;
        for (client, secret) in [("portal", secret.as_str()), (COMMAND_LINE, ""), (COMMAND_LINE, "x")] {
            let refused = app.token(client, secret).await;
            assert_eq!(refusal(refused, 400), "unauthorized_client");
        }
    }
}
