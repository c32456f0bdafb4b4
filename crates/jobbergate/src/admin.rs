//! `jobbergate admin`: clients and tokens of the built-in identity provider, and cleaning.

use std::sync::Arc;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jobbergate_api::{
    app::App,
    cleaning::{self, Outcome},
    clock::Clock,
    config::ServeConfig,
    identity::{ClientSecret, NewClient, Provider, UserToken, token_id},
};
use jobbergate_types::Permission;
use serde_json::json;

/// Commands on a server's data; the server may be running.
#[derive(Debug, Args)]
pub struct Admin {
    #[command(subcommand)]
    command: AdminCommand,

    #[command(flatten)]
    config: ServeConfig,
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Manage the clients that agents authenticate as
    #[command(subcommand)]
    Client(ClientCommand),
    /// Issue an access token for a person
    Token(TokenArgs),
    /// Archive and delete what is not used, as the AUTO_CLEAN_* settings say, and remove stored
    /// files that belong to nothing
    Clean {
        /// Only print what there is to do
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Register a client and print its secret, which is shown only once
    Create {
        /// The client's name, which is also the cluster's
        client_id: String,
        /// What it may do, for example jobbergate:job-submissions:read; all that an agent needs
        /// when left out; may be given several times
        #[arg(long = "permission", value_parser = permission, value_name = "NAME")]
        permissions: Vec<Permission>,
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

#[derive(Debug, Args)]
struct TokenArgs {
    /// The person's address
    #[arg(long)]
    email: String,
    /// What the token permits, for example jobbergate:job-scripts:read; all that a user needs
    /// when left out; may be given several times
    #[arg(long = "permission", value_parser = permission, value_name = "NAME")]
    permissions: Vec<Permission>,
    /// The cluster to submit to when a request names none
    #[arg(long)]
    client_id: Option<String>,
    /// How long the token is good, in seconds
    #[arg(long, default_value_t = 3600, value_parser = clap::value_parser!(i64).range(1..=31_536_000))]
    expires_in: i64,
    /// The organization whose data the token is for
    #[arg(long)]
    organization: Option<String>,
}

fn permission(name: &str) -> Result<Permission, String> {
    Permission::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Permission::ALL.iter().map(|p| p.as_str()).collect();
        format!("there is no such permission; there are: {}", names.join(", "))
    })
}

/// Runs a command.
pub async fn run(admin: Admin) -> anyhow::Result<()> {
    let app = App::open(&admin.config, Clock::System).await?;
    match admin.command {
        AdminCommand::Client(command) => client(provider(&app)?, command).await?,
        AdminCommand::Token(args) => token(provider(&app)?, args).await?,
        AdminCommand::Clean { dry_run } => clean(&app, dry_run).await?,
    }
    app.tenants.default_tenant().db.close().await;
    Ok(())
}

fn provider(app: &App) -> anyhow::Result<&Provider> {
    app.provider.as_deref().context(
        "clients and tokens are managed by the external identity provider (ARMASEC_DOMAIN is set); \
         unset it to use the built-in one",
    )
}

/// Prints a line per task, and to standard error why one failed.
async fn clean(app: &Arc<App>, dry_run: bool) -> anyhow::Result<()> {
    let mut failed = false;
    let report = |organization: Option<&str>, task, done: Result<Outcome, _>| {
        let whose = organization.map(|name| format!("{name}: ")).unwrap_or_default();
        match done {
            Ok(done) => println!("{whose}{task}: {}", done.describe(dry_run)),
            Err(error) => {
                failed = true;
                eprintln!("{whose}{task}: {:#}", anyhow::Error::new(error));
            }
        }
    };
    cleaning::perform_all(app, dry_run, report).await?;
    if failed {
        bail!("not everything could be cleaned");
    }
    Ok(())
}

async fn client(provider: &Provider, command: ClientCommand) -> anyhow::Result<()> {
    match command {
        ClientCommand::Create { client_id, permissions, json } => {
            let permissions =
                if permissions.is_empty() { agent_permissions() } else { permissions };
            let new = NewClient { client_id: client_id.clone(), permissions };
            let secret =
                provider.create_client(&new, &mut rand::make_rng::<rand::rngs::StdRng>()).await?;
            print_secret(&client_id, &secret, json);
        }
        ClientCommand::Rotate { client_id, json } => {
            let secret = provider
                .rotate_client(&client_id, &mut rand::make_rng::<rand::rngs::StdRng>())
                .await?;
            print_secret(&client_id, &secret, json);
        }
        ClientCommand::List => {
            for client in provider.clients().await? {
                let (id, since) = (client.client_id, client.created_at.to_rfc3339());
                println!("{id}\t{since}\t{}", client.permissions.join(","));
            }
        }
        ClientCommand::Delete { client_id } => provider.delete_client(&client_id).await?,
    }
    Ok(())
}

fn agent_permissions() -> Vec<Permission> {
    Permission::ALL.into_iter().filter(|permission| permission.is_for_agents()).collect()
}

fn print_secret(client_id: &str, secret: &ClientSecret, as_json: bool) {
    if as_json {
        println!("{}", json!({"client_id": client_id, "client_secret": secret.0}));
    } else {
        println!("client_id: {client_id}\nclient_secret: {}", secret.0);
    }
}

async fn token(provider: &Provider, args: TokenArgs) -> anyhow::Result<()> {
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
    println!("{}", token.context("no token could be issued")?);
    Ok(())
}
