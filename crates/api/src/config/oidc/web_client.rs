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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        config: ServeConfig,
    }

    const ISSUERS: &str =
        r#"[{"url": "https://a.example.com/"}, {"url": "https://b.example.com/x"}]"#;

    fn client(arguments: &[&str]) -> Result<Option<WebClient>, String> {
        let line = ["jobbergate"].into_iter().chain(arguments.iter().copied());
        Line::parse_from(line).config.web_client().map_err(|error| error.to_string())
    }

    #[test]
    fn people_sign_in_with_the_first_provider_or_the_one_that_is_named() {
        assert_eq!(client(&[]), Ok(None));
        assert_eq!(client(&["--oidc-issuers", ISSUERS]), Ok(None));
        let of = |more: &[&str]| {
            let known = ["--oidc-issuers", ISSUERS, "--web-client-id", "web"];
            client(&[&known, more].concat()).map(Option::unwrap)
        };
        let first = of(&[]).unwrap();
        assert_eq!(first.issuer, "https://a.example.com");
        assert_eq!(first.scopes, "openid profile email");
        let domain = of(&["--armasec-domain", "c.example.com/y"]).unwrap();
        assert_eq!(domain.issuer, "https://c.example.com/y");
        let named = of(&["--web-issuer", "https://b.example.com/x/"]).unwrap();
        assert_eq!(named.issuer, "https://b.example.com/x");
        let scopes = of(&["--web-scopes", "openid, offline_access  api"]).unwrap().scopes;
        assert_eq!(scopes, "openid offline_access api");
        assert_eq!(of(&["--web-client-secret", ""]).unwrap().secret, None);
    }

    #[test]
    fn what_makes_no_sense_is_named_and_no_secret_repeated() {
        let id = ["--web-client-id", "web"];
        let issuers = ["--oidc-issuers", ISSUERS];
        for (arguments, word) in [
            (&["--web-client-secret", "s3cret"][..], "JOBBERGATE_WEB_CLIENT_SECRET is wrong"),
            (&["--web-scopes", "openid"], "JOBBERGATE_WEB_SCOPES is wrong"),
            (&id, "built-in provider"),
            (&[issuers[0], issuers[1], "--web-client-id", " "], "it is empty"),
            (&[&issuers[..], &id, &["--web-scopes", "email"]].concat(), "openid must be"),
            (&[&issuers[..], &id, &["--web-issuer", "https://s3cret"]].concat(), "one of the"),
        ] {
            let words = client(arguments).unwrap_err();
            assert!(words.contains(word) && !words.contains("s3cret"), "{arguments:?}: {words}");
        }
        let line = [&["x"], &issuers[..], &id, &["--web-client-secret", "s3cret"]].concat();
        let config = Line::parse_from(line).config;
        assert!(!format!("{:?}", (config.web_client().unwrap(), &config.oidc)).contains("s3cret"));
    }
}
