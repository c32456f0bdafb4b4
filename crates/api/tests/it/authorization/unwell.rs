//! A provider that is not well, or publishes what nobody can read.

use chrono::TimeDelta;
use jobbergate_testkit::issuer::{Behaviour, Issuer};
use serde_json::{Value, json};

use crate::support::TestApp;

fn claims() -> Value {
    json!({"sub": "s", "email": "tester@lab.co", "permissions": ["jobbergate:admin"]})
}

async fn status(app: &TestApp, token: &str) -> u16 {
    app.bearer(token).get("/job-scripts").await.status.as_u16()
}

#[tokio::test]
async fn whatever_it_answers_nobody_waits_long_and_what_is_known_stays_good() {
    for behaviour in [
        Behaviour::Failing,
        Behaviour::Hanging,
        Behaviour::Html,
        Behaviour::Huge,
        Behaviour::Dripping,
    ] {
        let issuer = Issuer::start().await.unwrap();
        let app = TestApp::trusting(&issuer).await;
        issuer.behave(behaviour);
        let token = issuer.token(claims()).unwrap();
        let begun = std::time::Instant::now();
        assert_eq!(status(&app, &token).await, 401, "{behaviour:?}");
        assert_eq!(status(&app, &token).await, 401, "{behaviour:?}");
        assert!(begun.elapsed().as_secs() < 9, "{behaviour:?}: {:?}", begun.elapsed());
        issuer.behave(Behaviour::Serving);
        app.clock.advance(TimeDelta::seconds(10));
        assert_eq!(status(&app, &token).await, 200, "{behaviour:?}");
        issuer.behave(behaviour);
        app.clock.advance(TimeDelta::days(2));
        let begun = std::time::Instant::now();
        assert_eq!(status(&app, &token).await, 200, "{behaviour:?}");
        assert!(begun.elapsed().as_secs() < 4, "{behaviour:?}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn keys_that_cannot_be_read_hide_none_of_the_others() {
    let issuer = Issuer::start().await.unwrap();
    for odd in [
        json!({"kty": "EC", "crv": "secp256k1", "kid": "koblitz", "x": "AQAB", "y": "AQAB"}),
        json!({"kty": "EC", "crv": "P-521", "kid": "large", "x": "AQAB", "y": "AQAB"}),
        json!({"kty": "AKP", "alg": "ML-DSA-65", "kid": "tomorrow", "pub": "AQAB"}),
        json!({"kty": "RSA", "kid": "no-n", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "odd-n", "n": "!", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": 5, "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "encrypts", "use": "enc", "n": "AQAB", "e": "AQAB"}),
        json!({"kty": "RSA", "kid": "rsa-0", "n": "!", "e": "AQAB"}),
        json!({"kty": "oct", "kid": "shared", "k": "c2VjcmV0"}),
        json!({}),
        json!(null),
        json!("text"),
        json!([]),
    ] {
        issuer.publish(odd);
    }
    let app = TestApp::trusting(&issuer).await;
    assert_eq!(status(&app, &issuer.token(claims()).unwrap()).await, 200);
    for kid in ["koblitz", "large", "tomorrow", "no-n", "odd-n", "encrypts", "shared"] {
        let header = json!({"alg": "RS256", "kid": kid});
        let token = issuer.sign(&header, &claims()).unwrap();
        assert_eq!(status(&app, &token).await, 401, "{kid}");
    }
    let secret = jsonwebtoken::EncodingKey::from_secret(b"secret");
    let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    header.kid = Some("shared".to_owned());
    let token = jsonwebtoken::encode(&header, &claims(), &secret).unwrap();
    assert_eq!(status(&app, &token).await, 401);
}
