//! External OpenID Connect providers: which they are, and where their tokens say what matters.

mod claim_path;
mod issuers;
mod role_mapping;

use clap::{ArgAction, Args, builder::BoolishValueParser};

pub use claim_path::ClaimPath;
pub use issuers::{Issuers, NamedIssuer};
pub use role_mapping::RoleMapping;

use super::{ServeConfig, host};
use crate::startup::StartError;

/// External providers beside the one of `ARMASEC_DOMAIN`, and the built-in one.
#[derive(Debug, Clone, Args)]
pub struct OidcConfig {
    /// Several providers, as a JSON list of objects: each has a `url`, the issuer of its tokens,
    /// and may have `permissions_claim`, `roles`, `audience`, `email_claim`, `organization_claim`
    /// and `client_id_claim`, with the same values as the variables of these names
    #[arg(long, env = "JOBBERGATE_OIDC_ISSUERS", value_name = "JSON")]
    pub oidc_issuers: Option<Issuers>,

    /// Whether the built-in provider is used, too, when there is an external one [default: only
    /// when there is none]
    #[arg(long, env = "JOBBERGATE_BUILT_IN_PROVIDER", action = ArgAction::Set, value_parser = BoolishValueParser::new(), value_name = "BOOL")]
    pub built_in_provider: Option<bool>,

    /// What the tokens of the provider at `ARMASEC_DOMAIN` say.
    #[command(flatten)]
    pub claims: ClaimRules,
}

/// Where the tokens of a provider say what matters, and what its names mean here. What is not
/// said is as the Python server has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ClaimRules {
    /// The claim that says what the tokens of the provider at ARMASEC_DOMAIN permit: names in a
    /// list or with spaces between them, as in `scope`, `groups` or `realm_access.roles`
    /// [default: permissions]
    #[arg(long, env = "JOBBERGATE_OIDC_PERMISSIONS_CLAIM", value_name = "CLAIM")]
    pub oidc_permissions_claim: Option<ClaimPath>,

    /// What names in that claim mean, as NAME=ROLE;NAME=ROLE: a role is user, expert, maintainer,
    /// admin, agent or a single permission; other names mean nothing [default: names are
    /// permissions]
    #[arg(long, env = "JOBBERGATE_OIDC_ROLES", value_name = "MAPPING")]
    pub oidc_roles: Option<RoleMapping>,

    /// What `aud` of the tokens must name, one or several with commas between them [default: it
    /// is not checked]
    #[arg(long, env = "JOBBERGATE_OIDC_AUDIENCE", value_delimiter = ',', value_parser = audience, value_name = "NAMES")]
    pub oidc_audience: Vec<String>,

    /// The claim with the person's e-mail address [default: email]
    #[arg(long, env = "JOBBERGATE_OIDC_EMAIL_CLAIM", value_name = "CLAIM")]
    pub oidc_email_claim: Option<ClaimPath>,

    /// The claim with the organization's id [default: organization, as Keycloak has it]
    #[arg(long, env = "JOBBERGATE_OIDC_ORGANIZATION_CLAIM", value_name = "CLAIM")]
    pub oidc_organization_claim: Option<ClaimPath>,

    /// The claim with the client's id, which of an agent is the cluster's name [default:
    /// client_id, else azp]
    #[arg(long, env = "JOBBERGATE_OIDC_CLIENT_ID_CLAIM", value_name = "CLAIM")]
    pub oidc_client_id_claim: Option<ClaimPath>,
}

/// An external provider, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalProvider {
    /// Below which its discovery document is, without a slash at its end.
    pub url: String,
    /// The variable that names it.
    pub variable: &'static str,
    pub issuer: IssuerCheck,
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
        let others = others.map(|NamedIssuer { url, rules }| ExternalProvider {
            url: url.trim_end_matches('/').to_owned(),
            variable: "JOBBERGATE_OIDC_ISSUERS",
            issuer: IssuerCheck::Exact,
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

impl ClaimRules {
    /// The first variable that is set.
    fn first_variable(&self) -> Option<&'static str> {
        [
            ("JOBBERGATE_OIDC_PERMISSIONS_CLAIM", self.oidc_permissions_claim.is_some()),
            ("JOBBERGATE_OIDC_ROLES", self.oidc_roles.is_some()),
            ("JOBBERGATE_OIDC_AUDIENCE", !self.oidc_audience.is_empty()),
            ("JOBBERGATE_OIDC_EMAIL_CLAIM", self.oidc_email_claim.is_some()),
            ("JOBBERGATE_OIDC_ORGANIZATION_CLAIM", self.oidc_organization_claim.is_some()),
            ("JOBBERGATE_OIDC_CLIENT_ID_CLAIM", self.oidc_client_id_claim.is_some()),
        ]
        .into_iter()
        .find_map(|(variable, is_set)| is_set.then_some(variable))
    }
}

fn audience(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("there is nothing before or after a comma; leave the comma out".to_owned());
    }
    Ok(text.to_owned())
}
