//! From the `Authorization` header to the bearer.

use std::sync::Arc;

use axum::http::HeaderMap;
use headers::{Authorization, HeaderMapExt, authorization::Bearer};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::Jwk};
use serde_json::{Map, Value};

use super::{ExternalIssuer, Identity};
use crate::{
    clock::Clock,
    error::{Error, Result},
    identity::Provider,
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
        Self { issuer: Issuer::External { issuer: Arc::new(issuer), check_issuer }, clock }
    }

    /// Trusts the built-in provider's tokens.
    pub const fn built_in(provider: Arc<Provider>, clock: Clock) -> Self {
        Self { issuer: Issuer::BuiltIn(provider), clock }
    }

    /// The bearer of the request's token; 401 if there is none or it can't be trusted.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Identity> {
        let bearer = headers.typed_get::<Authorization<Bearer>>();
        let Authorization(bearer) = bearer.ok_or(Error::Unauthenticated)?;
        let token = bearer.token().trim();
        let head = jsonwebtoken::decode_header(token).map_err(|_| Error::Unauthenticated)?;
        let kid = head.kid.ok_or(Error::Unauthenticated)?;
        let claims = match &self.issuer {
            Issuer::External { issuer, check_issuer } => {
                let (key, known) = issuer.key(&kid, self.clock.now()).await?;
                let claims = verify(token, head.alg, &key)?;
                if *check_issuer && claims.get("iss").is_some_and(|iss| *iss != *known.issuer) {
                    tracing::warn!(expected = known.issuer, found = ?claims.get("iss"), "a token of another issuer was refused");
                    return Err(Error::Unauthenticated);
                }
                claims
            }
            Issuer::BuiltIn(provider) => {
                let key = provider.public_key(&kid).await?.ok_or(Error::Unauthenticated)?;
                verify(token, head.alg, &key)?
            }
        };
        Identity::from_claims(&claims, self.clock.now())
    }
}

fn verify(token: &str, algorithm: Algorithm, key: &Jwk) -> Result<Map<String, Value>> {
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
