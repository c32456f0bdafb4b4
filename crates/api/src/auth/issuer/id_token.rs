//! ID tokens: what a provider tells a program of who has just signed in (OpenID Connect Core 1.0 §2).

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::{ExternalIssuer, fetch::Known};
use crate::auth::{
    claims::is_for,
    signature::{head, verified},
};

/// Whom an ID token must be for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    pub(crate) client_id: &'a str,
    /// What the sign-in began with; none for a token that comes with a refresh.
    pub(crate) nonce: Option<&'a str>,
}

impl ExternalIssuer {
    /// The claims of an ID token that this provider gave this program (§3.1.3.7), or what is wrong
    /// with it.
    pub(crate) async fn check_id_token(
        self: &Arc<Self>,
        token: &str,
        expected: Expected<'_>,
        now: DateTime<Utc>,
    ) -> Result<Map<String, Value>, &'static str> {
        let (algorithm, kid) =
            head(token).map_err(|_| "it is not signed with a key that it names")?;
        let (key, known) =
            self.key(&kid, now).await.map_err(|_| "its key is none that the provider publishes")?;
        let claims = verified(token, algorithm, &key).map_err(|_| "its signature is wrong")?;
        judge(&claims, &known, expected, now)?;
        Ok(claims)
    }
}

fn judge(
    claims: &Map<String, Value>,
    known: &Known,
    expected: Expected<'_>,
    now: DateTime<Utc>,
) -> Result<(), &'static str> {
    let is = |name: &str, value: &str| claims.get(name).is_some_and(|it| it == value);
    let audience = [expected.client_id.to_owned()];
    let several = claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
    let party = claims.get("azp");
    if !is("iss", &known.issuer) {
        return Err("its iss is not what the provider calls itself");
    }
    if !is_for(claims, &audience) {
        return Err("its aud is not this server's client id");
    }
    // Other programs' tokens may name this one among those that they are for.
    if !is("azp", expected.client_id) && (several || party.is_some()) {
        return Err("its azp is not this server's client id");
    }
    if claims.get("exp").and_then(Value::as_i64).is_none_or(|exp| exp <= now.timestamp()) {
        return Err("it has expired, or has no exp; are the clocks of both servers in step?");
    }
    if expected.nonce.is_some_and(|nonce| !is("nonce", nonce)) {
        return Err("its nonce is not the one of this sign-in");
    }
    if claims.get("sub").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err("it has no sub");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::auth::issuer::fetch::Endpoints;

    fn judged(change: Value) -> Result<(), &'static str> {
        let mut claims = json!({"iss": "https://id.example.com", "aud": "web", "sub": "s",
                                "exp": 1_000_001, "nonce": "n"});
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let known = Known {
            issuer: "https://id.example.com".to_owned(),
            endpoints: Endpoints::default(),
            keys: Vec::new(),
            fetched: DateTime::UNIX_EPOCH,
        };
        let expected = Expected { client_id: "web", nonce: Some("n") };
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        judge(claims.as_object().unwrap(), &known, expected, now)
    }

    #[test]
    fn only_this_providers_token_for_this_program_and_this_sign_in_is_good() {
        for good in [
            json!({}),
            json!({"azp": "web"}),
            json!({"aud": ["web"]}),
            json!({"aud": ["web", "wiki"], "azp": "web"}),
        ] {
            assert_eq!(judged(good.clone()), Ok(()), "{good}");
        }
        for (odd, word) in [
            (json!({"iss": "https://id.example.com/"}), "iss"),
            (json!({"iss": null}), "iss"),
            (json!({"aud": "wiki"}), "aud"),
            (json!({"aud": null}), "aud"),
            (json!({"aud": ["web", "wiki"]}), "azp"),
            (json!({"azp": "wiki"}), "azp"),
            (json!({"exp": 1_000_000}), "expired"),
            (json!({"exp": "1000001"}), "expired"),
            (json!({"nonce": "other"}), "nonce"),
            (json!({"nonce": null}), "nonce"),
            (json!({"sub": ""}), "sub"),
            (json!({"sub": 5}), "sub"),
        ] {
            assert!(judged(odd.clone()).is_err_and(|words| words.contains(word)), "{odd}");
        }
    }
}
