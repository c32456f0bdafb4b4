//! People who sign in to the pages with an external OpenID Connect provider: this server is a relying
//! party there (authorization code with PKCE, RFC 6749 §4.1, RFC 7636, RFC 9700).
//!
//! What the provider issues stays here. The browser has a cookie, and what is kept is encrypted with a
//! key that is made of it. Who somebody is and what they may do is read from the access token by the
//! same rules as that of a request to the API.

mod arrival;
mod attempt;
mod provider;
mod refreshing;
mod seal;
mod sessions;
mod store;
mod token_request;

use std::sync::Arc;

pub(crate) use arrival::{Arrival, Callback, Refused, Why};

use crate::{
    auth::{ExternalIssuer, Verifier},
    clock::Clock,
    config::{ServeConfig, oidc::WebClient},
    db::Db,
    loader::Loader,
    startup::StartError,
};
use store::SessionRow;

/// The path below the server's address that providers send browsers back to.
pub(crate) const CALLBACK: &str = "/sign-in/callback";
/// The path to which they send browsers after people have signed out.
pub(crate) const SIGNED_OUT: &str = "/signed-out";

/// The part of this server that has people sign in with an external provider.
#[derive(Debug)]
pub struct RelyingParty {
    client: WebClient,
    issuer: Arc<ExternalIssuer>,
    verifier: Arc<Verifier>,
    http: reqwest::Client,
    db: Db,
    clock: Clock,
    base_url: String,
    /// Sessions in which somebody looks on.
    onlookers: Arc<Loader<SessionRow>>,
}

impl RelyingParty {
    /// As `config` says; none if people don't sign in with an external provider.
    pub(crate) fn open(
        config: &ServeConfig,
        verifier: Arc<Verifier>,
        db: Db,
        clock: Clock,
    ) -> Result<Option<Self>, StartError> {
        let Some(client) = config.web_client()? else { return Ok(None) };
        let found = verifier.external().iter().find(|issuer| issuer.url() == client.issuer);
        let wrong =
            |reason: String| StartError::Setting { setting: "JOBBERGATE_WEB_ISSUER", reason };
        let issuer = Arc::clone(found.ok_or_else(|| wrong("there is no such provider".into()))?);
        let http = provider::http(&client.issuer).map_err(|error| wrong(error.to_string()))?;
        let base_url = config.base_url();
        let onlookers = Arc::default();
        Ok(Some(Self { client, issuer, verifier, http, db, clock, base_url, onlookers }))
    }

    /// What the provider must know of this server.
    pub(crate) fn redirect_uri(&self) -> String {
        format!("{}{CALLBACK}", self.base_url)
    }

    /// What people know the provider by.
    pub(crate) fn provider_name(&self) -> &str {
        self.client.issuer.split_once("://").map_or(&self.client.issuer, |(_, rest)| rest)
    }
}
