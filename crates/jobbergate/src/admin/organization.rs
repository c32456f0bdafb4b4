//! `jobbergate admin organization`.

use anyhow::bail;
use clap::Subcommand;
use jobbergate_api::tenant::Tenants;

use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum OrganizationCommand {
    /// Make an organization's database and tables; a bucket must be there already
    Create {
        /// The id, as tokens have it
        id: String,
    },
    /// List the organizations that were served
    List,
    /// Leave an organization out of the list; its data stays, and its next request brings it back
    Forget {
        /// The id
        id: String,
    },
}

pub async fn run(tenants: &Tenants, command: OrganizationCommand) -> anyhow::Result<()> {
    if !tenants.are_separate() {
        bail!(
            "all organizations share one database; set MULTI_TENANCY_ENABLED=true to separate them"
        );
    }
    match command {
        OrganizationCommand::Create { id } => {
            tenants.create(&id).await?;
            say!("made the organization {id}");
        }
        OrganizationCommand::List => {
            for id in tenants.organizations().await? {
                say!("{id}");
            }
        }
        OrganizationCommand::Forget { id } => {
            if !tenants.forget(&id).await? {
                bail!("there is no organization {id}");
            }
            say!("the organization {id} is in the list no more; its data is still there");
        }
    }
    Ok(())
}
