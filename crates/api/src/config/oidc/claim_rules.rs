//! What the claims in a provider's tokens mean.

use clap::Args;

use super::{claim_path::ClaimPath, role_mapping::RoleMapping};

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

impl ClaimRules {
    /// The first variable that is set.
    pub(super) fn first_variable(&self) -> Option<&'static str> {
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

pub(super) fn audience(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("there is nothing before or after a comma; leave the comma out".to_owned());
    }
    Ok(text.to_owned())
}
