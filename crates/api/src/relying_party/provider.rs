//! Where the provider wants browsers and this server to go.

use std::{sync::Arc, time::Duration};

use reqwest::redirect::Policy;
use url::Url;

use super::RelyingParty;
use crate::{
    auth::Known,
    config::host,
    error::{Error, Result},
};

/// How long the provider may take for an answer.
pub(super) const DEADLINE: Duration = Duration::from_secs(10);

/// What asks for tokens. It follows nobody elsewhere: there are secrets in what it sends.
pub(super) fn http(issuer: &str) -> reqwest::Result<reqwest::Client> {
    let only_https = issuer.starts_with("https:");
    let client = reqwest::Client::builder().timeout(DEADLINE).redirect(Policy::none());
    // A connection that the provider just closed would cost a code or a refresh token.
    client.pool_max_idle_per_host(0).https_only(only_https).build()
}

/// An endpoint that a sign-in needs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Needed {
    Authorization,
    Token,
}

impl RelyingParty {
    /// What the provider says of itself; 503 if it can't be asked.
    pub(super) async fn known(&self) -> Result<Arc<Known>> {
        let known = self.issuer.describe(self.clock.now()).await;
        known.ok_or_else(|| self.away())
    }

    /// What is said while the provider does not answer.
    pub(super) fn away(&self) -> Error {
        Error::NotReady(format!(
            "The identity provider {} does not answer. Try again in a minute; if it stays so, tell \
             your administrator",
            self.provider_name()
        ))
    }

    pub(super) fn endpoint(&self, known: &Known, needed: Needed) -> Result<Url> {
        let (name, address) = match needed {
            Needed::Authorization => {
                ("authorization_endpoint", &known.endpoints.authorization_endpoint)
            }
            Needed::Token => ("token_endpoint", &known.endpoints.token_endpoint),
        };
        address.as_deref().and_then(|address| self.usable(address)).ok_or_else(|| {
            let issuer = self.issuer.url();
            tracing::warn!(issuer, name, ?address, "the identity provider has no such endpoint");
            Error::NotReady(format!(
                "The identity provider {} does not let people sign in to web pages; tell your \
                 administrator, whom this server's log tells more",
                self.provider_name()
            ))
        })
    }

    /// An address that the provider names, unless it is none for a browser or a secret.
    pub(super) fn usable(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok()?;
        let web = matches!(url.scheme(), "http" | "https");
        let safe = self.issuer.allows_plaintext() || !host::is_exposed(&url);
        (web && safe).then_some(url)
    }
}
