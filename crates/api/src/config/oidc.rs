//! External OpenID Connect providers: which they are, and where their tokens say what matters.

mod claim_path;
mod claim_rules;
mod issuers;
mod role_mapping;
mod web_client;

use clap::{ArgAction, Args, builder::BoolishValueParser};

pub use claim_path::ClaimPath;
pub use claim_rules::ClaimRules;
pub use issuers::{IssuerSettings, NamedIssuer};
pub(crate) use web_client::WebClient;
pub use web_client::WebClientConfig;

use super::{ServeConfig, host};
use crate::startup::StartError;

/// External providers beside the one of `ARMASEC_DOMAIN`, and the built-in one.
#[derive(Debug, Clone, Args)]
pub struct OidcConfig {
    /// Several providers, as a JSON list of objects: each has a `url`, the issuer of its tokens,
    /// and may have `permissions_claim`, `roles`, `audience`, `email_claim`, `organization_claim`
    /// and `client_id_claim`, with the same values as the variables of these names, and
    /// `allow_plaintext`, whether it may be asked by http:// on another machine
    #[arg(long, env = "JOBBERGATE_OIDC_ISSUERS", value_name = "JSON")]
    pub oidc_issuers: Option<IssuerSettings>,

    /// Whether the built-in provider is used, too, when there is an external one [default: only
    /// when there is none]
    #[arg(long, env = "JOBBERGATE_BUILT_IN_PROVIDER", action = ArgAction::Set, value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    pub built_in_provider: Option<bool>,

    /// What the tokens of the provider at `ARMASEC_DOMAIN` say.
    #[command(flatten)]
    pub claims: ClaimRules,

    /// How people sign in to the pages with one of them.
    #[command(flatten)]
    pub web_client: WebClientConfig,
}

/// An external provider, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalProvider {
    /// Below which its discovery document is, without a slash at its end.
    pub url: String,
    /// The variable that names it.
    pub variable: &'static str,
    pub issuer: IssuerCheck,
    /// Whether its keys may come from other machines without TLS.
    pub plaintext: bool,
    pub rules: ClaimRules,
}

/// What is demanded of the `iss` of a provider's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssuerCheck {
    /// Nothing.
    Nothing,
    /// That it is what the provider calls itself, if it is there.
    IfThere,
    /// That it is there and is what the provider calls itself.
    Always,
    /// The same, and what the provider calls itself must be its URL.
    Exact,
}

impl ServeConfig {
    /// The external providers, none if the built-in one is alone.
    pub(crate) fn external_providers(&self) -> Result<Vec<ExternalProvider>, StartError> {
        let others = self.oidc.oidc_issuers.iter().flat_map(|issuers| &issuers.0);
        let others = others.map(|NamedIssuer { url, plaintext, rules }| ExternalProvider {
            url: url.trim_end_matches('/').to_owned(),
            variable: "JOBBERGATE_OIDC_ISSUERS",
            issuer: IssuerCheck::Exact,
            plaintext: *plaintext,
            rules: rules.clone(),
        });
        let all: Vec<_> = self.armasec_provider()?.into_iter().chain(others).collect();
        let wrong =
            |setting, reason: &str| Err(StartError::Setting { setting, reason: reason.to_owned() });
        let is_twice = |(index, provider): (usize, &ExternalProvider)| {
            all.iter().take(index).any(|other| other.url == provider.url)
        };
        if all.iter().enumerate().any(is_twice) {
            return wrong(
                "JOBBERGATE_OIDC_ISSUERS",
                "it names a provider twice, or the one of ARMASEC_DOMAIN again; leave one of the two out",
            );
        }
        if all.is_empty() && self.oidc.built_in_provider == Some(false) {
            return wrong(
                "JOBBERGATE_BUILT_IN_PROVIDER",
                "without it nobody has a token; set ARMASEC_DOMAIN or JOBBERGATE_OIDC_ISSUERS, too",
            );
        }
        Ok(all)
    }

    /// Whether people and agents may have accounts with the built-in provider.
    pub(crate) fn uses_built_in_provider(&self) -> bool {
        let external = self.armasec_domain.is_some() || self.oidc.oidc_issuers.is_some();
        self.oidc.built_in_provider.unwrap_or(!external)
    }

    fn armasec_provider(&self) -> Result<Option<ExternalProvider>, StartError> {
        let Some(domain) = &self.armasec_domain else { return self.refuse_rules_without_domain() };
        let domain = host::domain(domain)
            .map_err(|reason| StartError::Setting { setting: "ARMASEC_DOMAIN", reason })?;
        let scheme = if self.armasec_use_https { "https" } else { "http" };
        let alone = self.oidc.oidc_issuers.is_none() && !self.uses_built_in_provider();
        Ok(Some(ExternalProvider {
            url: format!("{scheme}://{}", domain.trim_end_matches('/')),
            variable: "ARMASEC_DOMAIN",
            issuer: match (self.check_issuer, alone) {
                (false, _) => IssuerCheck::Nothing,
                (true, true) => IssuerCheck::IfThere,
                (true, false) => IssuerCheck::Always,
            },
            // As with the Python server, it says itself where its keys are.
            plaintext: true,
            rules: self.oidc.claims.clone(),
        }))
    }

    fn refuse_rules_without_domain(&self) -> Result<Option<ExternalProvider>, StartError> {
        let unchecked = !self.check_issuer && self.oidc.oidc_issuers.is_some();
        let unchecked = unchecked.then_some("JOBBERGATE_CHECK_ISSUER");
        match self.oidc.claims.first_variable().or(unchecked) {
            None => Ok(None),
            Some(setting) => Err(StartError::Setting {
                setting,
                reason: "it is about the provider at ARMASEC_DOMAIN, which is not set; leave it \
                         out: those in JOBBERGATE_OIDC_ISSUERS have their own rules there"
                    .to_owned(),
            }),
        }
    }
}
