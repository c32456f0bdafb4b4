//! From the `Authorization` header to the bearer.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use futures::future::join_all;
use headers::{Authorization, HeaderMapExt, authorization::Bearer};
use serde_json::{Map, Value};

use super::{
    ExternalIssuer, Identity, TokenKind,
    issuers::{Issuer, Issuers},
    seen::{Seen, SeenTokens},
    signature::{head, verified},
};
use crate::{
    clock::Clock,
    config::oidc::ClaimRules,
    error::{Error, Result},
    identity::{PERSONAL_TOKEN_PREFIX, Provider},
};

/// Verifies bearer tokens (RFC 6750, RFC 7519).
#[derive(Debug)]
pub struct Verifier {
    issuers: Issuers,
    clock: Clock,
    seen: SeenTokens,
}

impl Verifier {
    /// Trusts the tokens of these providers; of several, a token's `iss` says whose it is.
    pub fn new(
        external: Vec<ExternalIssuer>,
        built_in: Option<Arc<Provider>>,
        clock: Clock,
    ) -> Self {
        let issuers = Issuers::new(external, built_in);
        Self { issuers, clock, seen: SeenTokens::default() }
    }

    /// Whether all agents are clients of ours.
    pub(crate) fn knows_all_clients(&self) -> bool {
        self.issuers.external.is_empty()
    }

    /// The external providers, that of `ARMASEC_DOMAIN` first.
    pub(crate) fn external(&self) -> &[Arc<ExternalIssuer>] {
        &self.issuers.external
    }

    /// Asks all external providers for their keys, each for itself, before anybody needs them.
    pub(crate) async fn prepare(&self) {
        let now = self.clock.now();
        join_all(self.issuers.external.iter().map(|issuer| issuer.prepare(now))).await;
    }

    /// The bearer of the request's token; 401 if there is none or it can't be trusted.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Identity> {
        // Whoever is in front of this server may have looked at another one of them.
        if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
            return Err(Error::Unauthenticated);
        }
        let bearer = headers.typed_get::<Authorization<Bearer>>();
        let Authorization(bearer) = bearer.ok_or(Error::Unauthenticated)?;
        self.identify(bearer.token().trim()).await
    }

    /// The bearer of a token; 401 if it can't be trusted.
    pub(crate) async fn identify(&self, token: &str) -> Result<Identity> {
        if let Some(seen) = self.seen.get(token, self.clock.now())
            && self.is_still_good(&seen).await?
        {
            return Ok(seen.identity.clone());
        }
        let seen = self.verify(token).await?;
        let identity = seen.identity.clone();
        self.seen.insert(token, seen);
        Ok(identity)
    }

    /// Whether nothing was revoked since a token was verified.
    async fn is_still_good(&self, seen: &Seen) -> Result<bool> {
        if let Some(issuer) = &seen.issuer {
            let kid = seen.key.as_deref().unwrap_or_default();
            return Ok(issuer.key(kid, self.clock.now()).await.is_ok());
        }
        let Some(provider) = &self.issuers.built_in else { return Ok(false) };
        let revoked = provider.revoked().await?;
        Ok(match &seen.key {
            Some(key) => {
                revoked.has_key(key)
                    && !revoked.refuses(
                        seen.family.as_deref(),
                        seen.identity.email.as_deref(),
                        seen.issued_at,
                    )
            }
            None => seen.version == Some(revoked.version()),
        })
    }

    async fn verify(&self, token: &str) -> Result<Seen> {
        match self.issuers.of(token, self.clock.now()) {
            Some(Issuer::BuiltIn(provider)) if token.starts_with(PERSONAL_TOKEN_PREFIX) => {
                self.verify_personal(token, provider).await
            }
            Some(Issuer::BuiltIn(provider)) => self.verify_own(token, provider).await,
            Some(Issuer::External(issuer)) => self.verify_foreign(token, issuer).await,
            None => Err(Error::Unauthenticated),
        }
    }

    async fn verify_personal(&self, token: &str, provider: &Provider) -> Result<Seen> {
        // Read first: what changes meanwhile is noticed.
        let version = provider.revoked().await?.version();
        let claims = provider.personal_token_claims(token).await?;
        let mut seen = self.own(&claims.ok_or(Error::Unauthenticated)?, None)?;
        seen.identity.kind = TokenKind::Personal;
        seen.version = Some(version);
        Ok(seen)
    }

    async fn verify_own(&self, token: &str, provider: &Provider) -> Result<Seen> {
        let (head, kid) = head(token)?;
        let key = provider.public_key(&kid).await?.ok_or(Error::Unauthenticated)?;
        let claims = verified(token, head, &key)?;
        // Others are signed with the same key, but not for this.
        if claims.get("typ").is_none_or(|kind| kind != "Bearer") {
            return Err(Error::Unauthenticated);
        }
        let mut seen = self.own(&claims, Some(kid))?;
        seen.identity.kind = kind_of(&seen);
        match self.is_still_good(&seen).await? {
            true => Ok(seen),
            false => Err(Error::Unauthenticated),
        }
    }

    fn own(&self, claims: &Map<String, Value>, key: Option<String>) -> Result<Seen> {
        let now = self.clock.now();
        let identity = Identity::from_claims(claims, &ClaimRules::default(), now)?;
        Ok(Seen::new(identity, claims, key, now))
    }

    async fn verify_foreign(&self, token: &str, issuer: &Arc<ExternalIssuer>) -> Result<Seen> {
        let now = self.clock.now();
        let (head, kid) = head(token)?;
        let (key, known) = issuer.key(&kid, now).await?;
        let claims = verified(token, head, &key)?;
        let identity = issuer.judge(&claims, &known, now)?;
        let mut seen = Seen::new(identity, &claims, Some(kid), now);
        seen.issuer = Some(Arc::clone(issuer));
        Ok(seen)
    }
}

/// Whose token of ours it is: only log-ins have families, and clients no address.
fn kind_of(seen: &Seen) -> TokenKind {
    match (&seen.family, &seen.identity.email) {
        (Some(_), _) => TokenKind::LogIn,
        (None, Some(_)) => TokenKind::Issued,
        (None, None) => TokenKind::Client,
    }
}
