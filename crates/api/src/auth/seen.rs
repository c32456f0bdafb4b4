//! Tokens that were verified before: looking one up costs microseconds, its signature many more.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{ExternalIssuer, Identity};

/// How many tokens are known at once.
const MOST: u64 = 10_000;
/// After which time a token is verified again: its key may have been withdrawn.
const MAX_AGE: TimeDelta = TimeDelta::minutes(1);

/// Tokens that were good, by their SHA-256.
#[derive(Debug)]
pub(super) struct SeenTokens(Cache<[u8; 32], Arc<Seen>>);

/// What a token said when it was verified.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) identity: Identity,
    /// The external provider that it is from; none for one of ours.
    pub(super) issuer: Option<Arc<ExternalIssuer>>,
    /// The key that signed it; none for one that is known by its hash.
    pub(super) key: Option<String>,
    /// What it is revoked with.
    pub(super) family: Option<String>,
    /// What was known of revocations then, for one that is known by its hash.
    pub(super) version: Option<(u64, DateTime<Utc>)>,
    pub(super) issued_at: Option<i64>,
    expires_at: Option<i64>,
    verified_at: DateTime<Utc>,
}

impl Default for SeenTokens {
    fn default() -> Self {
        Self(Cache::new(MOST))
    }
}

impl SeenTokens {
    /// What this token said, if it was verified in the last minute and has not expired.
    pub(super) fn get(&self, token: &str, now: DateTime<Utc>) -> Option<Arc<Seen>> {
        let seen = self.0.get(&hash(token))?;
        let young = (now - seen.verified_at).abs() < MAX_AGE;
        let expired = seen.expires_at.is_some_and(|at| at < now.timestamp());
        (young && !expired).then_some(seen)
    }

    /// Keeps what a token said.
    pub(super) fn insert(&self, token: &str, seen: Seen) {
        self.0.insert(hash(token), Arc::new(seen));
    }
}

impl Seen {
    /// Whose token it is, and what its claims say of how long it is good.
    pub(super) fn new(
        identity: Identity,
        claims: &Map<String, Value>,
        key: Option<String>,
        now: DateTime<Utc>,
    ) -> Self {
        let expires_at = match claims.get("exp") {
            // Read with good success before.
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_i64().or_else(|| value.as_f64().map(|float| float as i64)),
            None => None,
        };
        let family = claims.get("sid").and_then(Value::as_str).map(str::to_owned);
        let issued_at = claims.get("iat").and_then(Value::as_i64);
        Self {
            identity,
            issuer: None,
            key,
            family,
            version: None,
            issued_at,
            expires_at,
            verified_at: now,
        }
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
