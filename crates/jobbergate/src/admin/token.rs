//! `jobbergate admin token`.

use anyhow::Context;
use clap::Args;
use jobbergate_api::{
    identity::{Provider, UserToken, token_id},
    permission::Permission,
    tenant::Tenants,
};

use super::permission;
use crate::output::say;

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// The person's address
    #[arg(long)]
    email: String,
    /// What the token permits, for example jobbergate:job-scripts:read; when left out all that people do,
    /// making templates included; may be given several times
    #[arg(long = "permission", value_parser = permission, value_name = "NAME")]
    permissions: Vec<Permission>,
    /// The cluster to submit to when a request names none; with permission to update submissions
    /// or clusters, the token may also act as that cluster's agent
    #[arg(long)]
    client_id: Option<String>,
    /// How long the token is good, in seconds
    #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
    expires_in: i64,
    /// The organization whose data the token is for
    #[arg(long)]
    organization: Option<String>,
}

pub async fn issue(provider: &Provider, tenants: &Tenants, args: TokenArgs) -> anyhow::Result<()> {
    tenants.check_member_of(args.organization.as_deref())?;
    if tenants.are_separate() && args.organization.is_none() {
        eprintln!(
            "jobbergate: this token names no organization, so that the server refuses nearly all \
             requests with it; name one with --organization"
        );
    }
    let permissions = if args.permissions.is_empty() {
        Permission::ALL.into_iter().filter(|permission| permission.is_for_users()).collect()
    } else {
        args.permissions
    };
    let user = UserToken {
        email: args.email,
        permissions,
        client_id: args.client_id,
        lifetime: args.expires_in,
        organization: args.organization,
    };
    let token = provider.issue_user_token(&user, &token_id()).await;
    say!("{}", token.context("no token could be issued")?);
    Ok(())
}
