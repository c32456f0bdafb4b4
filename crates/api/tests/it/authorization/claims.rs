//! What a token must say, and what it may.

use jobbergate_testkit::issuer::Issuer;
use serde_json::{Value, json};

use crate::support::{Actor, Answer, TestApp, start_time};

/// Claims that suffice, with some changed; null removes one.
fn claims(changes: Value) -> Value {
    let now = start_time().timestamp();
    let mut claims = json!({
        "sub": "s",
        "exp": now + 60,
        "iat": now,
        "email": "tester@lab.co",
        "azp": "cluster-1",
        "permissions": ["jobbergate:admin", "jobbergate:clusters:update"],
    });
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

/// Somebody with a token of these claims.
fn bearer(app: &TestApp, issuer: &Issuer, claims: Value) -> Actor {
    app.bearer(&issuer.token(claims).unwrap())
}

fn without(name: &str) -> Value {
    let mut claims = claims(json!({}));
    claims.as_object_mut().unwrap().shift_remove(name);
    claims
}

async fn list(app: &TestApp, issuer: &Issuer, claims: Value) -> Answer {
    bearer(app, issuer, claims).get("/job-scripts").await
}

#[tokio::test]
async fn times_are_exact_and_optional() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    let now = start_time().timestamp();
    for (changes, status) in [
        (json!({"exp": now}), 200),
        (json!({"exp": now - 1}), 401),
        (json!({"exp": (now + 100).to_string()}), 200),
        (json!({"exp": "soon"}), 401),
        (json!({"exp": null}), 401),
        (json!({"nbf": now}), 200),
        (json!({"nbf": now + 500}), 401),
        (json!({"iat": now + 500}), 200),
        (json!({"iat": "x"}), 401),
    ] {
        let answer = list(&app, &issuer, claims(changes.clone())).await;
        assert_eq!(answer.status, status, "{changes}");
    }
    list(&app, &issuer, without("exp")).await.expect(200);
    list(&app, &issuer, without("iat")).await.expect(200);
}

#[tokio::test]
async fn the_subject_is_text_and_the_audience_does_not_matter() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    for (changes, status) in [
        (json!({"sub": 5}), 401),
        (json!({"jti": 5}), 401),
        (json!({"aud": "whatever"}), 200),
        (json!({"aud": ["a", "b"]}), 200),
        (json!({"email_verified": false, "nested": {"x": [1]}}), 200),
    ] {
        let answer = list(&app, &issuer, claims(changes.clone())).await;
        assert_eq!(answer.status, status, "{changes}");
    }
    list(&app, &issuer, without("sub")).await.expect(401);
}

#[tokio::test]
async fn permissions_are_a_list_of_exact_names() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    for (permissions, status) in [
        (json!(["jobbergate:admin"]), 200),
        (json!(["jobbergate:job-scripts:read", "other:thing"]), 200),
        (json!(["JOBBERGATE:ADMIN"]), 403),
        (json!(["jobbergate:maintainer"]), 403),
        (json!([]), 403),
        (json!(null), 401),
        (json!("jobbergate:admin"), 401),
        (json!([1]), 401),
    ] {
        let answer = list(&app, &issuer, claims(json!({"permissions": permissions}))).await;
        assert_eq!(answer.status, status, "{permissions}");
    }
    list(&app, &issuer, without("permissions")).await.expect(403);
    let mut roles = without("permissions");
    roles["resource_access"] = json!({"cluster-1": {"roles": ["jobbergate:admin"]}});
    list(&app, &issuer, roles).await.expect(403);
}

#[tokio::test]
async fn a_malformed_address_or_organization_is_explained() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    for changes in [
        json!({"email": "not-an-email"}),
        json!({"email": 5}),
        json!({"organization": {}}),
        json!({"organization": {"a": {}, "b": {}}}),
        json!({"organization": ["a"]}),
        json!({"organization": {"a": null}}),
    ] {
        let refused = list(&app, &issuer, claims(changes.clone())).await.expect(400).detail();
        let claim = changes.as_object().unwrap().keys().next().unwrap();
        assert!(refused.contains(&format!("{claim} claim")), "{refused}");
    }
    for changes in [
        json!({"email": null}),
        json!({"organization": "org"}),
        json!({"organization": null}),
        json!({"organization": {"org-1": {}}}),
        json!({"organization": {"name": {"id": "org-1"}}}),
    ] {
        list(&app, &issuer, claims(changes)).await.expect(200);
    }
}

#[tokio::test]
async fn the_cluster_is_the_client_that_the_token_was_issued_to() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    let beat = "/clusters/status?interval=60";
    for changes in [
        json!({"azp": "via-azp"}),
        json!({"azp": "ignored", "client_id": "via-client-id"}),
        json!({"azp": null, "client_id": "azp-null"}),
        json!({"azp": ""}),
    ] {
        bearer(&app, &issuer, claims(changes)).put(beat, Value::Null).await.expect(202);
    }
    let clusters = bearer(&app, &issuer, claims(json!({}))).get("/clusters/status").await.ok();
    let names: Vec<_> =
        clusters["items"].as_array().unwrap().iter().map(|c| &c["client_id"]).collect();
    assert_eq!(names, ["", "azp-null", "via-azp", "via-client-id"]);
    for claims in [without("azp"), claims(json!({"client_id": null}))] {
        let refused = bearer(&app, &issuer, claims).put(beat, Value::Null).await.expect(400);
        let words = "Checked expressions failed: Access token does not contain\n  1: client_id";
        assert_eq!(refused.detail(), words);
    }
}

#[tokio::test]
async fn the_scheme_is_bearer_however_it_is_written() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    let token = issuer.token(claims(json!({}))).unwrap();
    for (header, status) in [
        (format!("bearer {token}"), 200),
        (format!("BEARER {token}"), 200),
        (format!("Bearer  {token}"), 200),
        (format!("Basic {token}"), 401),
        (token.clone(), 401),
        ("Bearer".to_owned(), 401),
        ("Basic dTpw".to_owned(), 401),
        (String::new(), 401),
        (format!("Bearer {}AAAAAA", &token[..token.len() - 6]), 401),
    ] {
        let actor = app.anonymous();
        let request = actor.request(reqwest::Method::GET, "/job-scripts");
        let answer = actor.send(request.header("authorization", &header)).await;
        assert_eq!(answer.status, status, "{header}");
    }
}
