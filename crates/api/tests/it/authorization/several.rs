//! Several providers at once: none of them can speak for another.

use chrono::TimeDelta;
use jobbergate_api::config::ServeConfig;
use jobbergate_testkit::issuer::{Behaviour, Issuer};
use serde_json::{Value, json};

use crate::support::{TestApp, start_time};

fn claims() -> Value {
    json!({"sub": "s", "email": "tester@lab.co", "permissions": ["jobbergate:admin"]})
}

fn trust(config: &mut ServeConfig, issuers: &[&Issuer]) {
    let entries: Vec<_> = issuers.iter().map(|issuer| json!({"url": issuer.url()})).collect();
    config.oidc.oidc_issuers = Some(json!(entries).to_string().parse().unwrap());
}

async fn trusting(issuers: &[&Issuer]) -> TestApp {
    TestApp::configured(|config| trust(config, issuers)).await
}

async fn status(app: &TestApp, token: &str) -> u16 {
    app.bearer(token).get("/job-scripts").await.status.as_u16()
}

/// Publishes under the id `rsa-0` another key than the one that all providers of tests have; what
/// the provider that is returned signs under this id is good.
async fn other_key_of_the_same_id(issuer: &Issuer) -> Issuer {
    let signer = Issuer::start().await.unwrap();
    signer.rotate().unwrap();
    signer.withdraw_old_keys();
    let url = format!("{}/protocol/openid-connect/certs", signer.url());
    let keys: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    let mut key = keys["keys"][0].clone();
    key["kid"] = json!("rsa-0");
    issuer.publish(key);
    signer
}

fn issued_by(iss: Value) -> Value {
    let mut claims = claims();
    claims["iss"] = iss;
    claims
}

#[tokio::test]
async fn the_issuer_in_a_token_says_whose_key_it_must_be_signed_with() {
    let (a, b) = (Issuer::start().await.unwrap(), Issuer::start().await.unwrap());
    let signer_of_b = other_key_of_the_same_id(&b).await;
    let app = trusting(&[&a, &b]).await;
    let head = json!({"alg": "RS256", "kid": "rsa-0"});
    let signed = |signer: &Issuer, iss| signer.sign(&head, &issued_by(iss)).unwrap();
    assert_eq!(status(&app, &signed(&a, json!(a.url()))).await, 200);
    assert_eq!(status(&app, &signed(&signer_of_b, json!(b.url()))).await, 200);
    for (kind, token) in [
        ("A's token with B's key", signed(&signer_of_b, json!(a.url()))),
        ("B's token with A's key", signed(&a, json!(b.url()))),
        ("nobody's", signed(&a, json!("https://elsewhere.example.com"))),
        ("no text", signed(&a, json!([a.url(), b.url()]))),
        ("null", signed(&a, json!(null))),
        ("a slash more", signed(&a, json!(format!("{}/", a.url())))),
        ("another case", signed(&a, json!(a.url().to_uppercase()))),
        ("without an issuer", a.sign(&head, &claims()).unwrap()),
    ] {
        assert_eq!(status(&app, &token).await, 401, "{kind}");
    }
}

#[tokio::test]
async fn one_that_is_down_touches_none_of_the_others() {
    let (a, b) = (Issuer::start().await.unwrap(), Issuer::start().await.unwrap());
    b.behave(Behaviour::Hanging);
    let app = trusting(&[&b, &a]).await;
    let begun = std::time::Instant::now();
    assert_eq!(status(&app, &a.token(claims()).unwrap()).await, 200);
    assert!(begun.elapsed().as_secs() < 4, "{:?}", begun.elapsed());
    b.behave(Behaviour::Failing);
    let token = b.token(claims()).unwrap();
    assert_eq!(status(&app, &token).await, 401);
    b.behave(Behaviour::Serving);
    app.clock.advance(TimeDelta::seconds(10));
    assert_eq!(status(&app, &token).await, 200);
}

#[tokio::test]
async fn each_has_its_own_claims_roles_and_audience() {
    let (a, b) = (Issuer::start().await.unwrap(), Issuer::start().await.unwrap());
    let app = TestApp::configured(|config| {
        let issuers = json!([
            {"url": a.url(), "permissions_claim": "groups", "roles": "hpc=user"},
            {"url": b.url(), "permissions_claim": "realm_access.roles", "roles": "hpc=admin",
             "audience": "jobs"},
        ]);
        config.oidc.oidc_issuers = Some(issuers.to_string().parse().unwrap());
    })
    .await;
    let everything = json!({"sub": "s", "email": "e@lab.co", "groups": ["hpc"], "aud": "jobs",
                            "realm_access": {"roles": ["hpc"]}});
    let alice = app.bearer(&a.token(everything.clone()).unwrap());
    let boss = app.bearer(&b.token(everything.clone()).unwrap());
    let template = json!({"name": "t"});
    alice.post("/job-script-templates", template.clone()).await.expect(403);
    boss.post("/job-script-templates", template).await.created();
    let mut for_others = everything;
    for_others["aud"] = json!("wiki");
    assert_eq!(status(&app, &a.token(for_others.clone()).unwrap()).await, 200);
    assert_eq!(status(&app, &b.token(for_others).unwrap()).await, 401);
}

#[tokio::test]
async fn one_by_its_domain_may_stand_beside_others() {
    let (a, b) = (Issuer::start().await.unwrap(), Issuer::start().await.unwrap());
    let signer_of_b = other_key_of_the_same_id(&b).await;
    let app = TestApp::configured(|config| {
        config.armasec_domain = Some(a.domain());
        config.armasec_use_https = false;
        trust(config, &[&b]);
    })
    .await;
    let head = json!({"alg": "RS256", "kid": "rsa-0"});
    let signed = |signer: &Issuer, iss| signer.sign(&head, &issued_by(iss)).unwrap();
    assert_eq!(status(&app, &signed(&a, json!(a.url()))).await, 200);
    assert_eq!(status(&app, &signed(&signer_of_b, json!(b.url()))).await, 200);
    assert_eq!(status(&app, &signed(&signer_of_b, json!(a.url()))).await, 401);
    assert_eq!(status(&app, &signed(&a, json!(b.url()))).await, 401);
    assert_eq!(status(&app, &signed(&a, json!("https://elsewhere"))).await, 401);
    assert_eq!(status(&app, &a.sign(&head, &claims()).unwrap()).await, 401);
}

#[tokio::test]
async fn one_that_calls_itself_otherwise_than_it_is_configured_is_not_trusted() {
    let issuer = Issuer::start().await.unwrap();
    let elsewhere = issuer.url().replace("127.0.0.1", "localhost");
    let app = TestApp::configured(|config| {
        let issuers = json!([{"url": elsewhere}]);
        config.oidc.oidc_issuers = Some(issuers.to_string().parse().unwrap());
    })
    .await;
    assert_eq!(status(&app, &issuer.token(claims()).unwrap()).await, 401);
    assert_eq!(status(&app, &issuer.token(issued_by(json!(elsewhere))).unwrap()).await, 401);
}

#[tokio::test]
async fn the_built_in_provider_may_keep_the_administrators_beside_an_external_one() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::configured(|config| {
        config.armasec_domain = Some(issuer.domain());
        config.armasec_use_https = false;
        config.oidc.built_in_provider = Some(true);
    })
    .await;
    issuer.behave(Behaviour::Failing);
    let administrator = app.maintainer().await;
    administrator.get("/job-scripts").await.ok();
    issuer.behave(Behaviour::Serving);
    let external = issuer.token(claims()).unwrap();
    assert_eq!(status(&app, &external).await, 200);
    let as_ours = issued_by(json!(app.provider().issuer()));
    assert_eq!(status(&app, &issuer.token(as_ours).unwrap()).await, 401);

    // Agents of the other provider are not clients of ours.
    let tester = app.bearer(&external);
    let script = tester.has_script("x", "echo").await;
    let submission = json!({"name": "x", "job_script_id": script, "client_id": "titan"});
    tester.post("/job-submissions", submission).await.created();
    // Nor are its people, whatever their tokens say of who they are.
    let mut claims = claims();
    claims["sub"] = claims["email"].clone();
    let expiry = start_time() + TimeDelta::days(1);
    let token = json!({"name": "x", "permissions": ["jobbergate:job-scripts:read"],
                       "expires_at": expiry});
    let refused = app.bearer(&issuer.token(claims).unwrap());
    let refused = refused.post("/personal-access-tokens", token).await.expect(404).detail();
    assert!(refused.contains("another identity provider"), "{refused}");
}

#[tokio::test]
async fn without_being_asked_for_the_built_in_provider_is_not_there_beside_an_external_one() {
    let issuer = Issuer::start().await.unwrap();
    let app = trusting(&[&issuer]).await;
    assert!(app.app.provider.is_none());
    let url = app.realm(".well-known/openid-configuration");
    assert_eq!(reqwest::get(url).await.unwrap().status(), 404);
}
