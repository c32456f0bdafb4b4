//! `jobbergate admin role`

use clap::Subcommand;
use jobbergate_api::identity::Provider;
use jobbergate_api::permission::Permission;
use serde_json::{Value, json};

use super::permission;
use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum RoleCommand {
    /// Make a role
    Create {
        /// Its name
        name: String,
        /// What it permits, for example jobbergate:job-scripts:read; may be given several times
        #[arg(long = "permission", value_parser = permission, value_name = "NAME", required = true)]
        permissions: Vec<Permission>,
    },
    /// List the roles and what they permit
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give somebody a role; their next access token has it
    Grant {
        /// Their e-mail address
        email: String,
        /// The role
        role: String,
    },
    /// Take a role from somebody; their next access token lacks it
    Revoke {
        /// Their e-mail address
        email: String,
        /// The role
        role: String,
    },
    /// Remove a role, whoever has it
    Delete {
        /// Its name
        name: String,
    },
}

pub async fn run(provider: &Provider, command: RoleCommand) -> anyhow::Result<()> {
    match command {
        RoleCommand::Create { name, permissions } => {
            provider.create_role(&name, &permissions).await?;
            say!("made the role {name}");
        }
        RoleCommand::List { json } => list(provider, json).await?,
        RoleCommand::Grant { email, role } => {
            provider.grant_role(&email, &role).await?;
            let email = provider.user(&email).await?.email;
            say!("{email} has the role {role} from now on");
        }
        RoleCommand::Revoke { email, role } => {
            provider.revoke_role(&email, &role).await?;
            let email = provider.user(&email).await?.email;
            say!("{email} does not have the role {role} any more");
        }
        RoleCommand::Delete { name } => {
            provider.delete_role(&name).await?;
            say!("deleted the role {name}");
        }
    }
    Ok(())
}

async fn list(provider: &Provider, as_json: bool) -> anyhow::Result<()> {
    let roles = provider.roles().await?;
    if as_json {
        let role = |role: &jobbergate_api::identity::Role| json!({"name": role.name, "built_in": role.built_in, "permissions": role.permissions});
        say!("{}", Value::from(roles.iter().map(role).collect::<Vec<_>>()));
        return Ok(());
    }
    for role in roles {
        let kind = if role.built_in { "built-in" } else { "" };
        say!("{}\t{kind}\t{}", role.name, role.permissions.join(","));
    }
    Ok(())
}
