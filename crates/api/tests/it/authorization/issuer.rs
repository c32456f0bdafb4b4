//! Whom the server trusts, and how it follows their keys.

use chrono::TimeDelta;
use jobbergate_testkit::issuer::{Behaviour, Issuer};
use serde_json::{Value, json};

use crate::support::{TestApp, eventually};

/// Claims that never expire and permit everything.
fn claims() -> Value {
    json!({"sub": "s", "email": "tester@lab.co", "permissions": ["jobbergate:admin"]})
}

/// The status with which a list is answered to the bearer of `token`.
async fn status(app: &TestApp, token: &str) -> u16 {
    app.bearer(token).get("/job-scripts").await.status.as_u16()
}

/// The public key that the provider signs with, as it publishes it.
async fn public_key(issuer: &Issuer) -> Value {
    let url = format!("{}/protocol/openid-connect/certs", issuer.url());
    let keys: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    keys["keys"][0].clone()
}

#[tokio::test]
async fn a_new_key_is_trusted_without_a_restart_and_an_old_one_until_it_is_forgotten() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    let old = issuer.token(claims()).unwrap();
    assert_eq!(status(&app, &old).await, 200);
    issuer.rotate().unwrap();
    let new = issuer.token(claims()).unwrap();
    app.clock.advance(TimeDelta::seconds(10));
    assert_eq!(status(&app, &new).await, 200);
    assert_eq!(status(&app, &old).await, 200);
    assert_eq!(issuer.key_set_requests(), 2);
    issuer.rotate_to_ec().unwrap();
    issuer.withdraw_old_keys();
    app.clock.advance(TimeDelta::seconds(10));
    assert_eq!(status(&app, &issuer.token(claims()).unwrap()).await, 200);
    assert_eq!(status(&app, &old).await, 401);
}

#[tokio::test]
async fn a_withdrawn_key_is_not_trusted_for_ever() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    let old = issuer.token(claims()).unwrap();
    assert_eq!(status(&app, &old).await, 200);
    issuer.rotate().unwrap();
    issuer.withdraw_old_keys();
    app.clock.advance(TimeDelta::minutes(10));
    assert!(eventually(async || status(&app, &old).await == 401).await);
}

#[tokio::test]
async fn unknown_key_ids_do_not_make_the_server_ask_again_and_again() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    for number in 0..20 {
        let header = json!({"alg": "RS256", "kid": format!("unknown-{number}")});
        assert_eq!(status(&app, &issuer.sign(&header, &claims()).unwrap()).await, 401);
    }
    assert_eq!(issuer.key_set_requests(), 1);
    assert_eq!(status(&app, &issuer.token(claims()).unwrap()).await, 200);
}

#[tokio::test]
async fn a_provider_that_is_down_refuses_nobody_who_is_known() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    issuer.behave(Behaviour::Failing);
    let token = issuer.token(claims()).unwrap();
    assert_eq!(status(&app, &token).await, 401);
    issuer.behave(Behaviour::Serving);
    app.clock.advance(TimeDelta::seconds(10));
    assert_eq!(status(&app, &token).await, 200);
    for behaviour in [Behaviour::Failing, Behaviour::Hanging] {
        issuer.behave(behaviour);
        app.clock.advance(TimeDelta::hours(2));
        assert_eq!(status(&app, &token).await, 200);
    }
}

#[tokio::test]
async fn a_provider_that_hangs_delays_but_does_not_hold_up() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    issuer.behave(Behaviour::Hanging);
    let token = issuer.token(claims()).unwrap();
    let begun = std::time::Instant::now();
    let all = futures::future::join_all((0..10).map(|_| status(&app, &token))).await;
    assert_eq!(all, [401; 10]);
    assert!(begun.elapsed().as_secs() < 12, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_key_of_another_kind_in_the_set_hides_none_of_the_others() {
    let issuer = Issuer::start().await.unwrap();
    let rsa = issuer.token(claims()).unwrap();
    issuer.rotate_to_ec().unwrap();
    let ec = issuer.token(claims()).unwrap();
    let app = TestApp::trusting(&issuer).await;
    assert_eq!(status(&app, &rsa).await, 200);
    assert_eq!(status(&app, &ec).await, 200);
}

#[tokio::test]
async fn forged_tokens_are_refused() {
    let issuer = Issuer::start().await.unwrap();
    let app = TestApp::trusting(&issuer).await;
    let impostor = Issuer::start().await.unwrap();
    impostor.rotate().unwrap();
    let with_other_key =
        impostor.sign(&json!({"alg": "RS256", "kid": "rsa-0"}), &claims()).unwrap();
    let key = public_key(&issuer).await;
    let secret = jsonwebtoken::EncodingKey::from_secret(key["n"].as_str().unwrap().as_bytes());
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some("rsa-0".to_owned());
    let with_public_key_as_secret = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
    let no_kid = issuer.sign(&json!({"alg": "RS256"}), &claims()).unwrap();
    for (kind, token) in [
        ("another key", with_other_key),
        ("HS256", with_public_key_as_secret),
        ("none", issuer.unsigned(&json!({"alg": "none", "kid": "rsa-0"}), &claims())),
        ("None", issuer.unsigned(&json!({"alg": "None", "kid": "rsa-0"}), &claims())),
        ("RS256 unsigned", issuer.unsigned(&json!({"alg": "RS256", "kid": "rsa-0"}), &claims())),
        ("mislabelled", issuer.sign(&json!({"alg": "RS512", "kid": "rsa-0"}), &claims()).unwrap()),
        ("PS256", issuer.sign(&json!({"alg": "PS256", "kid": "rsa-0"}), &claims()).unwrap()),
        ("ES256", issuer.sign(&json!({"alg": "ES256", "kid": "rsa-0"}), &claims()).unwrap()),
        ("no key id", no_kid),
        (
            "claims that are no object",
            issuer.sign(&json!({"alg": "RS256", "kid": "rsa-0"}), &json!(["sub"])).unwrap(),
        ),
    ] {
        assert_eq!(status(&app, &token).await, 401, "{kind}");
    }
    assert_eq!(status(&app, &issuer.token(claims()).unwrap()).await, 200);
}

#[tokio::test]
async fn the_issuer_in_a_token_is_the_provider_unless_that_is_not_to_be_checked() {
    let issuer = Issuer::start().await.unwrap();
    let mut elsewhere = claims();
    elsewhere["iss"] = json!("http://elsewhere");
    let token = issuer.token(elsewhere).unwrap();
    assert_eq!(status(&TestApp::trusting(&issuer).await, &token).await, 401);
    let lenient = TestApp::configured(|config| {
        config.armasec_domain = Some(issuer.domain());
        config.armasec_use_https = false;
        config.check_issuer = false;
    })
    .await;
    assert_eq!(status(&lenient, &token).await, 200);
}
