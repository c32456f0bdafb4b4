//! An external OpenID Connect provider, known by its discovery document and keys.

mod fetch;
mod id_token;
mod judgement;

use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::Jwk;
use tokio::sync::Mutex;

use super::occasion::Occasion;
use crate::{
    config::oidc::{ClaimPath, ExternalProvider, IssuerCheck},
    error::Error,
    startup::StartError,
};
pub(crate) use fetch::{FetchError, Known, read_limited};
use fetch::{discovery_url, fetch};
pub(crate) use id_token::Expected;

/// How often keys are fetched again at most, whatever tokens name.
const PAUSE: TimeDelta = TimeDelta::seconds(10);
/// After which time keys are fetched again: the provider may have withdrawn one.
const MAX_AGE: TimeDelta = TimeDelta::minutes(10);
/// How much is shown of what a token says, in characters.
const SHOWN: usize = 500;

/// A provider and the keys that it signs with.
#[derive(Debug)]
pub struct ExternalIssuer {
    provider: ExternalProvider,
    http: reqwest::Client,
    known: RwLock<Option<Arc<Known>>>,
    fetching: Mutex<Option<DateTime<Utc>>>,
    outage: Occasion,
    refusal: Occasion,
    unknown_key: Occasion,
    no_permission: Occasion,
}

impl ExternalIssuer {
    pub(crate) fn new(provider: ExternalProvider) -> Result<Self, StartError> {
        let setting = provider.variable;
        let http = fetch::client(&provider)
            .map_err(|error| StartError::Setting { setting, reason: error.to_string() })?;
        Ok(Self {
            provider,
            http,
            known: RwLock::default(),
            fetching: Mutex::default(),
            outage: Occasion::default(),
            refusal: Occasion::default(),
            unknown_key: Occasion::default(),
            no_permission: Occasion::default(),
        })
    }

    /// What the provider calls itself, and how many of its keys can be used.
    pub(crate) async fn examine(&self, now: DateTime<Utc>) -> Result<(String, usize), FetchError> {
        fetch(&self.http, &self.provider, now).await.map(|known| (known.issuer, known.keys.len()))
    }

    /// Whether tokens with this `iss` are for this provider and no other one to judge.
    pub(super) fn is_called(&self, iss: &str) -> bool {
        !self.takes_the_rest() && iss.trim_end_matches('/') == self.provider.url
    }

    /// Whether tokens that name none of the others are for this one to judge.
    pub(super) fn takes_the_rest(&self) -> bool {
        self.provider.issuer != IssuerCheck::Exact
    }

    /// Asks for the keys before anybody needs them.
    pub(super) async fn prepare(&self, now: DateTime<Utc>) {
        self.refresh(&mut *self.fetching.lock().await, now).await;
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
        let found = self.lookup(kid);
        if found.is_none() && self.known().is_some() && self.unknown_key.is_due(now) {
            let (issuer, kid): (_, String) = (self.url(), kid.chars().take(SHOWN).collect());
            tracing::info!(issuer, ?kid, "a token names a key that the provider does not publish");
        }
        found.ok_or(Error::Unauthenticated)
    }

    /// What the provider says of itself, as it is cached; nothing if it does not answer.
    pub(crate) async fn describe(self: &Arc<Self>, now: DateTime<Utc>) -> Option<Arc<Known>> {
        if let Some(known) = self.known() {
            if now - known.fetched >= MAX_AGE {
                self.refresh_in_background(now);
            }
            return Some(known);
        }
        let mut last = self.fetching.lock().await;
        if self.known().is_none() {
            self.refresh(&mut last, now).await;
        }
        self.known()
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
        match fetch(&self.http, &self.provider, now).await {
            Ok(known) => self.keep(known, now),
            Err(error) if self.outage.is_due(now) => tracing::warn!(
                url = discovery_url(&self.provider),
                %error,
                known = self.known().is_some(),
                "the identity provider's keys could not be fetched; those that are known stay \
                 good, and it is asked again when a token comes"
            ),
            Err(error) => {
                let url = discovery_url(&self.provider);
                tracing::debug!(url, %error, "still without the keys");
            }
        }
    }

    fn keep(&self, known: Known, now: DateTime<Utc>) {
        let keys = known.keys.len();
        if keys == 0 {
            if self.outage.is_due(now) {
                let url = self.url();
                tracing::warn!(url, "the identity provider publishes no key that can be used");
            }
        } else if self.outage.end() || self.known().is_none() {
            let (issuer, permissions) = (&known.issuer, self.permissions_claim());
            tracing::info!(
                issuer,
                keys,
                permissions,
                "tokens of this identity provider are trusted"
            );
        }
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(known));
    }

    fn known(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lookup(&self, kid: &str) -> Option<(Jwk, Arc<Known>)> {
        let known = self.known()?;
        let key = known.keys.iter().find(|key| key.common.key_id.as_deref() == Some(kid))?.clone();
        Some((key, known))
    }

    /// Which claim says what tokens permit.
    pub(crate) fn permissions_claim(&self) -> &str {
        let claim = self.provider.rules.oidc_permissions_claim.as_ref();
        claim.map_or("permissions", ClaimPath::as_str)
    }

    /// Whether addresses that the provider names may lead to other machines without TLS.
    pub(crate) const fn allows_plaintext(&self) -> bool {
        self.provider.plaintext
    }

    /// Whether names in a claim of the provider's own have to be permissions by themselves.
    pub(crate) fn lacks_roles(&self) -> bool {
        self.permissions_claim() != "permissions" && self.provider.rules.oidc_roles.is_none()
    }

    /// The variable that names this provider.
    pub(crate) fn variable(&self) -> &'static str {
        self.provider.variable
    }

    pub(crate) fn url(&self) -> &str {
        &self.provider.url
    }
}
