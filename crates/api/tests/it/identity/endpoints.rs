//! What holds for each endpoint that programs use, by HTTP.

use chrono::TimeDelta;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use super::{
    registered,
    story::{
        COMMAND_LINE, Tokens, claims, log_in, person, portal, portal_tokens, post, redeem,
        redirect, refresh, refusal, request, tokens,
    },
};
use crate::{
    on_both,
    support::{Answer, TestApp, random},
};

const FORMS: [&str; 4] = ["token", "token/introspect", "revoke", "auth/device"];

fn endpoint(app: &TestApp, page: &str) -> String {
    app.realm(&format!("protocol/openid-connect/{page}"))
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

async fn userinfo(app: &TestApp, token: &str) -> Value {
    send(Client::new().get(endpoint(app, "userinfo")).bearer_auth(token)).await.ok()
}

on_both! {
    async fn forms_are_posted_and_nothing_is_read_from_addresses(app: TestApp) {
        let secret = registered(&app, "c").await;
        for page in FORMS {
            send(Client::new().get(endpoint(&app, page))).await.expect(405);
        }
        let credentials = format!("client_id=c&client_secret={secret}");
        let url = format!("{}?{credentials}", endpoint(&app, "token"));
        let grant = [("grant_type", "client_credentials")];
        assert_eq!(refusal(send(Client::new().post(&url).form(&grant)).await, 400), "invalid_request");
        let body = send(Client::new().post(url).form(&grant).basic_auth("c", Some(&secret))).await.ok();
        let token = body["access_token"].as_str().unwrap();
        let query = format!("{}?access_token={token}", endpoint(&app, "userinfo"));
        send(Client::new().get(query)).await.expect(401);
        app.anonymous().get(&format!("/job-script-templates?access_token={token}")).await.expect(401);
        app.bearer(token).get("/job-script-templates").await.ok();
        // Who has a secret needs no token to get the next one.
        assert!(body.get("refresh_token").is_none());
    }

    async fn no_answer_is_kept_on_the_way(app: TestApp) {
        let secret = registered(&app, "c").await;
        let bad = app.token("c", "wrong").await;
        let good = app.token("c", &secret).await;
        let token = good.json()["access_token"].as_str().unwrap().to_owned();
        let form = [("client_id", "c"), ("client_secret", &secret), ("token", &token)];
        let worth = post(&app, "token/introspect", &form).await;
        let device = post(&app, "auth/device", &[("client_id", "default")]).await;
        let whose = send(Client::new().get(endpoint(&app, "userinfo")).bearer_auth(&token)).await;
        for answer in [bad, good, worth, device, whose] {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer:?}");
            assert_eq!(answer.header("pragma"), Some("no-cache"));
            assert_eq!(answer.header("content-type"), Some("application/json"));
        }
    }

    async fn a_client_that_used_the_header_is_told_that_it_was_wrong(app: TestApp) {
        registered(&app, "c").await;
        for header in ["Basic", "Basic !", "basic eA==", "BASIC /w==", "Basic Yzp3cm9uZw=="] {
            // Nor does a client that has no secret get on with a header that can't be read.
            let id = if header == "Basic Yzp3cm9uZw==" { "c" } else { "default" };
            for page in ["token", "token/introspect", "revoke"] {
                let form = [("grant_type", "client_credentials"), ("client_id", id), ("token", "x")];
                let request = Client::new().post(endpoint(&app, page)).form(&form);
                let refused = send(request.header("authorization", header)).await;
                assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"jobbergate\""), "{header}");
                assert_eq!(refusal(refused, 401), "invalid_client");
            }
        }
    }

    async fn descriptions_repeat_nothing_that_they_may_not_have(app: TestApp) {
        let url = endpoint(&app, "token");
        for name in ["a%22b", "a%5Cb", "%C3%BC", "a%0Ab", "%F0%9F%A6%80", "plain"] {
            let request = Client::new()
                .post(&url)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(format!("{name}=1&{name}=2"));
            let refused = send(request).await.expect(400).json();
            let words = refused["error_description"].as_str().unwrap();
            assert!(words.ends_with("is there more than once"), "{words}");
            let allowed = |c| matches!(c, ' '..='!' | '#'..='[' | ']'..='~');
            assert!(words.chars().all(allowed), "{words:?}");
        }
    }

    async fn pages_of_other_sites_read_nothing(app: TestApp) {
        for page in ["auth", "logout", "certs", "userinfo"].into_iter().chain(FORMS) {
            for method in [reqwest::Method::OPTIONS, reqwest::Method::POST, reqwest::Method::GET] {
                let request = Client::new().request(method, endpoint(&app, page));
                let request = request.header("origin", "https://evil.example");
                let answer = send(request.header("access-control-request-method", "POST")).await;
                assert_eq!(answer.header("access-control-allow-origin"), None, "{page}");
            }
        }
    }

    async fn hints_of_what_a_token_is_may_be_wrong(app: TestApp) {
        let secret = portal(&app).await;
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for hint in ["access_token", "refresh_token", "unknown"] {
            for refreshing in [true, false] {
                let held = tokens(&app, &session).await;
                let token = if refreshing { &held.refresh } else { &held.access };
                let form = [("client_id", "portal"), ("client_secret", &secret), ("token", token), ("token_type_hint", hint)];
                assert_eq!(post(&app, "token/introspect", &form).await.ok()["active"], !refreshing, "{hint}");
                let form = [("client_id", COMMAND_LINE), ("token", token), ("token_type_hint", hint)];
                post(&app, "revoke", &form).await.expect(200);
                held.bearer(&app).get("/job-scripts").await.expect(401);
                refresh(&app, &held.refresh).await.expect(400);
            }
        }
        app.provider().delete_client("portal").await.unwrap();
        let own = portal_tokens(&app, &session, "openid").await.refresh;
        let secret = app.provider().rotate_client("portal", &mut random()).await.unwrap().0;
        for hint in ["access_token", "refresh_token", "unknown"] {
            let form = [("client_id", "portal"), ("client_secret", &secret), ("token", &own), ("token_type_hint", hint)];
            assert_eq!(post(&app, "token/introspect", &form).await.ok()["active"], true, "{hint}");
        }
    }

    async fn what_has_expired_or_was_changed_is_worth_nothing(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = portal_tokens(&app, &session, "openid").await;
        let secret = app.provider().rotate_client("portal", &mut random()).await.unwrap().0;
        let worth = async |token: &str| {
            let form = [("client_id", "portal"), ("client_secret", &secret), ("token", token)];
            post(&app, "token/introspect", &form).await.ok()
        };
        let (signed, signature) = held.access.rsplit_once('.').unwrap();
        let changed = format!("{signed}.{}", signature.chars().rev().collect::<String>());
        assert_eq!(worth(&changed).await, json!({"active": false}));
        assert_eq!(worth(&held.access).await["active"], true);
        app.clock.advance(TimeDelta::seconds(901));
        assert_eq!(worth(&held.access).await, json!({"active": false}));
        assert_eq!(worth(&held.refresh).await["active"], true);
        app.clock.advance(TimeDelta::days(30));
        assert_eq!(worth(&held.refresh).await, json!({"active": false}));
    }

    async fn whose_token_it_is_can_be_asked_by_post_and_needs_a_token(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let url = endpoint(&app, "userinfo");
        let posted = send(Client::new().post(&url).bearer_auth(&held.access)).await.ok();
        assert_eq!(posted, userinfo(&app, &held.access).await);
        assert_eq!(posted["sub"], claims(held.id.as_deref().unwrap())["sub"]);
        let refused = send(Client::new().get(&url)).await.expect(401);
        assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"jobbergate\""));
    }

    async fn what_is_said_of_a_person_is_what_was_asked_for(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        for (scope, said) in [
            ("openid", &["sub"][..]),
            ("openid email", &["sub", "email", "email_verified"]),
            ("openid profile", &["sub", "name", "preferred_username"]),
        ] {
            let asks = jobbergate_api::identity::AuthorizationRequest {
                scope: Some(scope.to_owned()),
                ..request()
            };
            let (_, query) = redirect(&super::story::allow(&app, &asks, &session).await);
            let held = Tokens::of(&redeem(&app, &query["code"]).await.ok());
            let told = userinfo(&app, &held.access).await;
            let names: std::collections::HashSet<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, said.iter().copied().collect(), "{scope}");
            let id = claims(held.id.as_deref().unwrap());
            assert_eq!(id.get("email").is_some(), scope.contains("email"), "{scope}");
        }
    }

    async fn a_refresh_token_keeps_what_was_granted(app: TestApp) {
        let alice = person(&app, "alice", &["user"]).await;
        let (session, _) = log_in(&app, &alice).await;
        let held = tokens(&app, &session).await;
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", COMMAND_LINE),
            ("refresh_token", held.refresh.as_str()),
            ("scope", "openid"),
        ];
        let narrow = post(&app, "token", &form).await.ok();
        assert_eq!(narrow["scope"], "openid");
        let wide = refresh(&app, narrow["refresh_token"].as_str().unwrap()).await.ok();
        assert_eq!(wide["scope"], "openid email profile");
    }

    async fn the_discovery_document_is_where_the_issuer_says(app: TestApp) {
        let url = app.realm(".well-known/openid-configuration");
        let answer = send(Client::new().get(&url)).await.expect(200);
        assert_eq!(answer.header("content-type"), Some("application/json"));
        let document = answer.json();
        let issuer = document["issuer"].as_str().unwrap();
        assert_eq!(format!("{issuer}/.well-known/openid-configuration"), url);
        for (name, value) in document.as_object().unwrap() {
            assert!(value.as_array().is_none_or(|all| !all.is_empty()), "{name}");
            if name.ends_with("_endpoint") || name == "jwks_uri" {
                let address = value.as_str().unwrap();
                assert!(address.starts_with(issuer) && !address.contains('#'), "{name}");
            }
        }
        for required in [
            "authorization_endpoint", "token_endpoint", "jwks_uri", "response_types_supported",
            "subject_types_supported", "id_token_signing_alg_values_supported",
        ] {
            assert!(!document[required].is_null(), "{required}");
        }
        assert_eq!(document["response_types_supported"], json!(["code"]));
        assert_eq!(document["id_token_signing_alg_values_supported"], json!(["RS256"]));
    }
}
