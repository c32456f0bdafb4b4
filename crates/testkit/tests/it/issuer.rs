use std::time::Duration;

use jobbergate_testkit::issuer::{Behaviour, Issuer};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};

#[tokio::test]
async fn a_token_is_verified_by_the_discovered_keys() {
    let issuer = Issuer::start().await.unwrap();

    let token = issuer.token(json!({"sub": "alice", "exp": 4_102_444_800_u64})).unwrap();

    let claims = verify(&issuer, &token).await.unwrap();
    assert_eq!(claims["sub"], "alice");
    assert_eq!(claims["iss"], issuer.url());
}

#[tokio::test]
async fn after_a_rotation_the_old_key_is_valid_until_it_is_withdrawn() {
    let issuer = Issuer::start().await.unwrap();
    let claims = json!({"sub": "alice", "exp": 4_102_444_800_u64});
    let old = issuer.token(claims.clone()).unwrap();

    issuer.rotate().unwrap();
    issuer.rotate_to_ec().unwrap();
    let new = issuer.token(claims).unwrap();

    assert_eq!(decode_header(&new).unwrap().alg, Algorithm::ES256);
    assert!(verify(&issuer, &new).await.is_ok());
    assert!(verify(&issuer, &old).await.is_ok());

    issuer.withdraw_old_keys();

    assert!(verify(&issuer, &new).await.is_ok());
    assert!(verify(&issuer, &old).await.is_err());
    assert_eq!(issuer.key_set_requests(), 4);
}

#[tokio::test]
async fn tokens_can_be_forged() {
    let issuer = Issuer::start().await.unwrap();
    let claims = json!({"sub": "mallory", "exp": 4_102_444_800_u64});

    let unsigned = issuer.unsigned(&json!({"alg": "none"}), &claims);
    let mislabelled = issuer.sign(&json!({"alg": "RS512", "kid": "rsa-0"}), &claims).unwrap();

    assert!(unsigned.ends_with('.'));
    assert!(verify(&issuer, &unsigned).await.is_err());
    assert!(verify(&issuer, &mislabelled).await.is_err());
}

#[tokio::test]
async fn it_fails_and_hangs_on_demand() {
    let issuer = Issuer::start().await.unwrap();

    issuer.behave(Behaviour::Failing);
    assert!(discover(&issuer).await.unwrap_err().is_status());

    issuer.behave(Behaviour::Hanging);
    assert!(discover(&issuer).await.unwrap_err().is_timeout());
}

async fn verify(issuer: &Issuer, token: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let key_set: JwkSet = reqwest::get(discover(issuer).await?).await?.json().await?;
    let id = decode_header(token)?.kid.ok_or("no key id")?;
    let key = key_set.find(&id).ok_or("no such key")?;
    let algorithm = key.common.key_algorithm.ok_or("no algorithm")?.to_string().parse()?;
    let decoded = decode(token, &DecodingKey::from_jwk(key)?, &Validation::new(algorithm))?;
    Ok(decoded.claims)
}

async fn discover(issuer: &Issuer) -> Result<String, reqwest::Error> {
    let url = format!("http://{}/.well-known/openid-configuration", issuer.domain());
    let client = reqwest::Client::builder().timeout(Duration::from_millis(300)).build()?;
    let document: Value = client.get(url).send().await?.error_for_status()?.json().await?;
    Ok(document["jwks_uri"].as_str().unwrap_or_default().to_owned())
}
