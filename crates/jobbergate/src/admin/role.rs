//! `jobbergate admin role`

use clap::Subcommand;
use jobbergate_api::identity::Provider;
use jobbergate_api::permission::Permission;
use serde_json::{Value, json};

use super::permission;

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
        }
        RoleCommand::List { json } => list(provider, json).await?,
        RoleCommand::Grant { email, role } => provider.grant_role(&email, &role).await?,
        RoleCommand::Revoke { email, role } => provider.revoke_role(&email, &role).await?,
        RoleCommand::Delete { name } => provider.delete_role(&name).await?,
    }
    Ok(())
}

async fn list(provider: &Provider, as_json: bool) -> anyhow::Result<()> {
    let roles = provider.roles().await?;
    if as_json {
        let role = |role: &jobbergate_api::identity::Role| json!({"name": role.name, "built_in": role.built_in, "permissions": role.permissions});
        println!("{}", Value::from(roles.iter().map(role).collect::<Vec<_>>()));
        return Ok(());
    }
    for role in roles {
        let kind = if role.built_in { "built-in" } else { "" };
        println!("{}\t{kind}\t{}", role.name, role.permissions.join(","));
    }
    Ok(())
}
