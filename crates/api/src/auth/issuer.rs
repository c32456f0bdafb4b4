//! An external OpenID Connect provider, known by its discovery document and keys.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::error::Error;

/// How long the provider may take for an answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// How often keys are fetched again at most, whatever tokens name.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// After which time keys are fetched again: the provider may have withdrawn one.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);

/// A provider and the keys that it signs with.
#[derive(Debug)]
pub struct ExternalIssuer {
    discovery_url: String,
    http: reqwest::Client,
    known: RwLock<Option<Arc<Known>>>,
    fetching: Mutex<Option<DateTime<Utc>>>,
}

/// What a provider told of itself.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) issuer: String,
    keys: Vec<Jwk>,
    fetched: DateTime<Utc>,
}

/// The part of the discovery document (OpenID Connect Discovery 1.0 §3) that matters here.
#[derive(Debug, Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl ExternalIssuer {
    /// The provider at `domain` (`host[:port][/path]`).
    pub fn new(domain: &str, use_https: bool) -> reqwest::Result<Self> {
        let scheme = if use_https { "https" } else { "http" };
        let domain = domain.trim_end_matches('/');
        Ok(Self {
            discovery_url: format!("{scheme}://{domain}/.well-known/openid-configuration"),
            http: reqwest::Client::builder().timeout(DEADLINE).build()?,
            known: RwLock::default(),
            fetching: Mutex::default(),
        })
    }

    /// What the provider calls itself, and how many of its keys can be used.
    pub(crate) async fn examine(&self, now: DateTime<Utc>) -> reqwest::Result<(String, usize)> {
        self.fetch(now).await.map(|known| (known.issuer, known.keys.len()))
    }

    /// The key with this id; keys are fetched when they are not known yet.
    pub(super) async fn key(
        self: &Arc<Self>,
        kid: &str,
        now: DateTime<Utc>,
    ) -> Result<(Jwk, Arc<Known>), Error> {
        if let Some(found) = self.lookup(kid) {
            if now - found.1.fetched >= MAX_AGE {
                self.refresh_in_background(now);
            }
            return Ok(found);
        }
        let mut last = self.fetching.lock().await;
        if let Some(found) = self.lookup(kid) {
            return Ok(found);
        }
        self.refresh(&mut last, now).await;
        self.lookup(kid).ok_or(Error::Unauthenticated)
    }

    /// Nobody whose key is known waits for the provider.
    fn refresh_in_background(self: &Arc<Self>, now: DateTime<Utc>) {
        let issuer = Arc::clone(self);
        tokio::spawn(async move {
            if let Ok(mut last) = issuer.fetching.try_lock() {
                issuer.refresh(&mut last, now).await;
            }
        });
    }

    async fn refresh(&self, last: &mut Option<DateTime<Utc>>, now: DateTime<Utc>) {
        if last.is_some_and(|last| now - last < PAUSE) {
            return;
        }
        *last = Some(now);
        match self.fetch(now).await {
            Ok(known) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(known));
            }
            Err(error) => tracing::warn!(
                url = self.discovery_url,
                error = &error as &dyn std::error::Error,
                "the identity provider's keys could not be fetched"
            ),
        }
    }

    fn lookup(&self, kid: &str) -> Option<(Jwk, Arc<Known>)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let key = known.keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid))?.clone();
        Some((key, known))
    }

    async fn fetch(&self, now: DateTime<Utc>) -> reqwest::Result<Known> {
        let get = async |url: &str| self.http.get(url).send().await?.error_for_status();
        let discovery: Discovery = get(&self.discovery_url).await?.json().await?;
        let raw: serde_json::Value = get(&discovery.jwks_uri).await?.json().await?;
        let keys = raw["keys"].as_array().map_or(&[][..], Vec::as_slice);
        // A key of a kind that is not known must not hide the others.
        let keys = keys.iter().filter_map(|key| serde_json::from_value(key.clone()).ok());
        let keys = keys.filter(is_for_signatures).collect();
        Ok(Known { issuer: discovery.issuer, keys, fetched: now })
    }
}

/// Whether the provider signs with this key, as far as it says what it does with it (RFC 7517
/// §4.2 and §4.3).
fn is_for_signatures(key: &Jwk) -> bool {
    let said = &key.common;
    said.public_key_use.as_ref().is_none_or(|it| *it == PublicKeyUse::Signature)
        && said.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_for_other_purposes_sign_no_token() {
        for (said, trusted) in [
            (json!({}), true),
            (json!({"use": "sig"}), true),
            (json!({"use": "sig", "key_ops": ["verify"]}), true),
            (json!({"use": "enc"}), false),
            (json!({"use": "other"}), false),
            (json!({"key_ops": ["encrypt", "wrapKey"]}), false),
        ] {
            let mut key = json!({"kty": "RSA", "kid": "1", "n": "AQAB", "e": "AQAB"});
            key.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            let key = serde_json::from_value(key).unwrap();
            assert_eq!(is_for_signatures(&key), trusted, "{said}");
        }
    }
}
