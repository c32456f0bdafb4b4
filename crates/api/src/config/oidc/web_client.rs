//! What this server is to an external provider with which people sign in to its pages.

use std::fmt;

use clap::Args;

use super::{super::ServeConfig, ExternalProvider};
use crate::startup::StartError;

/// The client that the pages are.
#[derive(Clone, Default, Args)]
pub struct WebClientConfig {
    /// The client id of this server's web pages at the external provider; without one there are
    /// no pages
    #[arg(long, env = "JOBBERGATE_WEB_CLIENT_ID", value_name = "ID")]
    pub web_client_id: Option<String>,

    /// The secret that belongs to it; a public client has none
    #[arg(
        long,
        env = "JOBBERGATE_WEB_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub web_client_secret: Option<String>,

    /// What is asked for when people sign in, with spaces between [default: openid profile email]
    #[arg(long, env = "JOBBERGATE_WEB_SCOPES", value_name = "SCOPES")]
    pub web_scopes: Option<String>,

    /// For whom the access tokens are, as Auth0 has to be told
    #[arg(long, env = "JOBBERGATE_WEB_AUDIENCE", value_name = "AUDIENCE")]
    pub web_audience: Option<String>,

    /// Which of several providers people sign in with, by its URL [default: the one of
    /// ARMASEC_DOMAIN, else the first of JOBBERGATE_OIDC_ISSUERS]
    #[arg(long, env = "JOBBERGATE_WEB_ISSUER", value_name = "URL")]
    pub web_issuer: Option<String>,
}

/// How the pages have people sign in with an external provider.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct WebClient {
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) scopes: String,
    pub(crate) audience: Option<String>,
    /// The provider's URL, without a slash at its end.
    pub(crate) issuer: String,
}

const USUAL_SCOPES: &str = "openid profile email";

impl ServeConfig {
    /// How people sign in to the pages with an external provider; none if they don't.
    pub(crate) fn web_client(&self) -> Result<Option<WebClient>, StartError> {
        let config = &self.oidc.web_client;
        let wrong = |setting, reason: &str| StartError::Setting { setting, reason: reason.into() };
        let Some(id) = &config.web_client_id else { return config.refuse_without_id() };
        if id.trim().is_empty() {
            return Err(wrong("JOBBERGATE_WEB_CLIENT_ID", "it is empty; leave it out"));
        }
        let providers = self.external_providers()?;
        let issuer = match &config.web_issuer {
            Some(url) => Some(chosen(&providers, url)?),
            None => providers.first(),
        };
        let issuer = issuer.ok_or_else(|| {
            let reason = "people sign in with the built-in provider, which needs none; leave it \
                          out, or set ARMASEC_DOMAIN or JOBBERGATE_OIDC_ISSUERS";
            wrong("JOBBERGATE_WEB_CLIENT_ID", reason)
        })?;
        let scopes = config.web_scopes.as_deref().unwrap_or(USUAL_SCOPES);
        let scopes: Vec<_> = scopes.split([' ', ',']).filter(|it| !it.is_empty()).collect();
        if !scopes.contains(&"openid") {
            return Err(wrong("JOBBERGATE_WEB_SCOPES", "openid must be among them"));
        }
        Ok(Some(WebClient {
            id: id.clone(),
            secret: config.web_client_secret.clone().filter(|secret| !secret.is_empty()),
            scopes: scopes.join(" "),
            audience: config.web_audience.clone().filter(|audience| !audience.is_empty()),
            issuer: issuer.url.clone(),
        }))
    }
}

fn chosen<'a>(
    providers: &'a [ExternalProvider],
    url: &str,
) -> Result<&'a ExternalProvider, StartError> {
    let url = url.trim_end_matches('/');
    providers.iter().find(|provider| provider.url == url).ok_or_else(|| StartError::Setting {
        setting: "JOBBERGATE_WEB_ISSUER",
        reason:
            "it must be the URL of one of the providers in ARMASEC_DOMAIN (with https:// before \
                 it) and JOBBERGATE_OIDC_ISSUERS"
                .to_owned(),
    })
}

impl WebClientConfig {
    fn refuse_without_id(&self) -> Result<Option<WebClient>, StartError> {
        let set = [
            ("JOBBERGATE_WEB_CLIENT_SECRET", &self.web_client_secret),
            ("JOBBERGATE_WEB_SCOPES", &self.web_scopes),
            ("JOBBERGATE_WEB_AUDIENCE", &self.web_audience),
            ("JOBBERGATE_WEB_ISSUER", &self.web_issuer),
        ];
        match set.into_iter().find(|(_, value)| value.is_some()) {
            None => Ok(None),
            Some((setting, _)) => Err(StartError::Setting {
                setting,
                reason:
                    "it has no effect without JOBBERGATE_WEB_CLIENT_ID; set that, too, or leave \
                         it out"
                        .to_owned(),
            }),
        }
    }
}

impl fmt::Debug for WebClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebClientConfig").field("id", &self.web_client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for WebClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebClient").field("id", &self.id).finish_non_exhaustive()
    }
}
