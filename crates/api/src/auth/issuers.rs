//! Whose a token is, of the providers that are trusted.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use jsonwebtoken::dangerous::insecure_decode_claims;
use serde::Deserialize;

use super::{ExternalIssuer, occasion::Occasion};
use crate::identity::{PERSONAL_TOKEN_PREFIX, Provider};

/// How much of a name that nobody vouches for is shown, in characters.
const SHOWN: usize = 200;

/// The providers that are trusted, one at least.
#[derive(Debug)]
pub(super) struct Issuers {
    pub(super) external: Vec<Arc<ExternalIssuer>>,
    pub(super) built_in: Option<Arc<Provider>>,
    stranger: Occasion,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Issuer<'a> {
    External(&'a Arc<ExternalIssuer>),
    BuiltIn(&'a Provider),
}

/// The part of a token that says whose it is.
#[derive(Debug, Deserialize)]
struct Named {
    iss: Option<String>,
}

impl Issuers {
    pub(super) fn new(external: Vec<ExternalIssuer>, built_in: Option<Arc<Provider>>) -> Self {
        let external = external.into_iter().map(Arc::new).collect();
        Self { external, built_in, stranger: Occasion::default() }
    }

    /// The only provider whose keys may have signed this token, by what the token says itself:
    /// it is the signature that proves it. None if it names nobody who is trusted.
    pub(super) fn of(&self, token: &str, now: DateTime<Utc>) -> Option<Issuer<'_>> {
        let built_in = self.built_in.as_deref();
        if self.external.is_empty() || token.starts_with(PERSONAL_TOKEN_PREFIX) {
            return built_in.map(Issuer::BuiltIn);
        }
        let named: Option<Named> = insecure_decode_claims(token).ok();
        let is_token = named.is_some();
        let iss = named.and_then(|named| named.iss).unwrap_or_default();
        if let Some(provider) = built_in.filter(|provider| provider.issuer() == iss) {
            return Some(Issuer::BuiltIn(provider));
        }
        let called = self.external.iter().find(|issuer| issuer.is_called(&iss));
        let found = called.or_else(|| self.external.iter().find(|issuer| issuer.takes_the_rest()));
        if found.is_none() {
            self.report_stranger(is_token, &iss, now);
        }
        found.map(Issuer::External)
    }

    fn report_stranger(&self, is_token: bool, iss: &str, now: DateTime<Utc>) {
        if !is_token {
            tracing::debug!("what was shown as a token is none, and was refused");
        } else if self.stranger.is_due(now) {
            let iss: String = iss.chars().take(SHOWN).collect();
            tracing::info!(?iss, "a token of an issuer that is not trusted was refused");
        }
    }
}
