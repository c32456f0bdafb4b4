//! `jobbergate admin client`.

use clap::Subcommand;
use jobbergate_api::{
    identity::{ClientSecret, NewClient, Provider},
    permission::Permission,
    tenant::Tenants,
};
use serde_json::json;

use super::permission;
use crate::output::say;

#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Register a client and print its secret, which is shown only once
    Create {
        /// The client's name, which is also the cluster's
        client_id: String,
        /// What it may do, for example jobbergate:job-submissions:read; all that an agent needs
        /// when left out; may be given several times
        #[arg(long = "permission", value_parser = permission, value_name = "NAME")]
        permissions: Vec<Permission>,
        /// The organization that it acts for
        #[arg(long)]
        organization: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Give a client another secret and print it
    Rotate {
        /// The client's name
        client_id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the clients
    List,
    /// Remove a client
    Delete {
        /// The client's name
        client_id: String,
    },
}

pub async fn run(
    provider: &Provider,
    tenants: &Tenants,
    command: ClientCommand,
) -> anyhow::Result<()> {
    match command {
        ClientCommand::Create { client_id, permissions, organization, json } => {
            tenants.check_member_of(organization.as_deref())?;
            let mut new = NewClient::agent(client_id.clone(), organization);
            if !permissions.is_empty() {
                new.permissions = permissions;
            }
            let secret =
                provider.create_client(&new, &mut rand::make_rng::<rand::rngs::StdRng>()).await?;
            print_secret(&client_id, &secret, json)?;
        }
        ClientCommand::Rotate { client_id, json } => {
            let secret = provider
                .rotate_client(&client_id, &mut rand::make_rng::<rand::rngs::StdRng>())
                .await?;
            print_secret(&client_id, &secret, json)?;
        }
        ClientCommand::List => {
            for client in provider.clients().await? {
                let (id, since) = (client.client_id, client.created_at.to_rfc3339());
                let organization = client.organization.unwrap_or_default();
                say!("{id}\t{since}\t{}\t{organization}", client.permissions.join(","));
            }
        }
        ClientCommand::Delete { client_id } => {
            provider.delete_client(&client_id).await?;
            say!("deleted the client {client_id}");
        }
    }
    Ok(())
}

pub(super) fn print_secret(
    client_id: &str,
    secret: &ClientSecret,
    as_json: bool,
) -> anyhow::Result<()> {
    if as_json {
        say!("{}", json!({"client_id": client_id, "client_secret": secret.0}));
    } else {
        say!("client_id: {client_id}\nclient_secret: {}", secret.0);
    }
    Ok(())
}
