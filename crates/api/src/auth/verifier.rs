//! From the `Authorization` header to the bearer.

use std::sync::Arc;

use axum::http::HeaderMap;
use headers::{Authorization, HeaderMapExt, authorization::Bearer};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use serde_json::{Map, Value};

use super::{
    ExternalIssuer, Identity, TokenKind,
    seen::{Seen, SeenTokens},
};
use crate::{
    clock::Clock,
    error::{Error, Result},
    identity::{PERSONAL_TOKEN_PREFIX, Provider},
};

/// Public-key algorithms only: a shared secret could be forged from a public key.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// Verifies bearer tokens (RFC 6750, RFC 7519).
#[derive(Debug)]
pub struct Verifier {
    issuer: Issuer,
    clock: Clock,
    seen: SeenTokens,
}

#[derive(Debug)]
enum Issuer {
    External { issuer: Arc<ExternalIssuer>, check_issuer: bool },
    BuiltIn(Arc<Provider>),
}

impl Verifier {
    /// Trusts an external provider's tokens; with `check_issuer` only those whose `iss` is the
    /// one in its discovery document.
    pub fn external(issuer: ExternalIssuer, check_issuer: bool, clock: Clock) -> Self {
        Self::new(Issuer::External { issuer: Arc::new(issuer), check_issuer }, clock)
    }

    /// Trusts the built-in provider's tokens.
    pub fn built_in(provider: Arc<Provider>, clock: Clock) -> Self {
        Self::new(Issuer::BuiltIn(provider), clock)
    }

    fn new(issuer: Issuer, clock: Clock) -> Self {
        Self { issuer, clock, seen: SeenTokens::default() }
    }

    /// The bearer of the request's token; 401 if there is none or it can't be trusted.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Identity> {
        let bearer = headers.typed_get::<Authorization<Bearer>>();
        let Authorization(bearer) = bearer.ok_or(Error::Unauthenticated)?;
        let token = bearer.token().trim();
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
        let provider = match &self.issuer {
            Issuer::BuiltIn(provider) => provider,
            Issuer::External { issuer, .. } => {
                let kid = seen.key.as_deref().unwrap_or_default();
                return Ok(issuer.key(kid, self.clock.now()).await.is_ok());
            }
        };
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
        let now = self.clock.now();
        match &self.issuer {
            Issuer::BuiltIn(provider) if token.starts_with(PERSONAL_TOKEN_PREFIX) => {
                // Read first: what changes meanwhile is noticed.
                let version = provider.revoked().await?.version();
                let claims = provider.personal_token_claims(token).await?;
                let mut seen = Seen::new(&claims.ok_or(Error::Unauthenticated)?, None, now)?;
                seen.identity.kind = TokenKind::Personal;
                seen.version = Some(version);
                Ok(seen)
            }
            Issuer::BuiltIn(provider) => {
                let (head, kid) = head(token)?;
                let key = provider.public_key(&kid).await?.ok_or(Error::Unauthenticated)?;
                let claims = verified(token, head, &key)?;
                // Others are signed with the same key, but not for this.
                if claims.get("typ").is_none_or(|kind| kind != "Bearer") {
                    return Err(Error::Unauthenticated);
                }
                let mut seen = Seen::new(&claims, Some(kid), now)?;
                seen.identity.kind = kind_of(&seen);
                match self.is_still_good(&seen).await? {
                    true => Ok(seen),
                    false => Err(Error::Unauthenticated),
                }
            }
            Issuer::External { issuer, check_issuer } => {
                let (head, kid) = head(token)?;
                let (key, known) = issuer.key(&kid, now).await?;
                let claims = verified(token, head, &key)?;
                if *check_issuer && claims.get("iss").is_some_and(|iss| *iss != *known.issuer) {
                    tracing::warn!(expected = known.issuer, found = ?claims.get("iss"), "a token of another issuer was refused");
                    return Err(Error::Unauthenticated);
                }
                Seen::new(&claims, Some(kid), now)
            }
        }
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

fn head(token: &str) -> Result<(Algorithm, String)> {
    let head = jsonwebtoken::decode_header(token).map_err(|_| Error::Unauthenticated)?;
    Ok((head.alg, head.kid.ok_or(Error::Unauthenticated)?))
}

fn verified(token: &str, algorithm: Algorithm, key: &Jwk) -> Result<Map<String, Value>> {
    let named = key.common.key_algorithm;
    let agrees = named.is_none_or(|named| named.to_string() == format!("{algorithm:?}"));
    if !ALGORITHMS.contains(&algorithm) || !agrees {
        return Err(Error::Unauthenticated);
    }
    let key = DecodingKey::from_jwk(key).map_err(|_| Error::Unauthenticated)?;
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode(token, &key, &validation)
        .map(|token| token.claims)
        .map_err(|_| Error::Unauthenticated)
}
