//! `jobbergate admin`: people, clients, keys and tokens of the built-in identity provider,
//! organizations, claims of agents, migrations, cleaning, backup, export and import, and whether the server's settings work.

mod application;
mod backup;
mod claims;
mod clean;
mod client;
mod env_file;
mod keys;
mod migrate;
mod organization;
mod role;
mod token;
mod transfer;
mod user;

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use jobbergate_api::{
    app::App,
    cleaning,
    clock::Clock,
    config::ServeConfig,
    doctor,
    identity::Provider,
    permission::Permission,
    settings::{Setting, is_given},
    tenant::Tables,
};

use crate::{
    findings,
    output::{self, say},
    settings,
};

/// Commands on a server's data; the server may be running.
#[derive(Debug, Args)]
pub struct Admin {
    #[command(subcommand)]
    command: AdminCommand,

    #[command(flatten)]
    config: ServeConfig,
}

impl Admin {
    /// Whether it is to see if the settings work.
    pub fn examines(&self) -> bool {
        matches!(self.command, AdminCommand::Doctor)
    }
}

#[derive(Debug, Subcommand)]
enum AdminCommand {
    #[command(flatten)]
    OnData(DataCommand),
    /// Bring the tables of all databases up to date, as a start does, and end
    Migrate(migrate::MigrateArgs),
    /// Copy the data directory (SQLite and files) into a new directory while the server goes on
    Backup(backup::BackupArgs),
    /// Put such a copy back into the data directory of a server that is stopped
    Restore(backup::RestoreArgs),
    /// Print the server's settings and where each comes from
    Config {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a file of all settings, each commented and with its default
    EnvFile {
        /// Whose
        role: env_file::Role,
    },
    /// Check that what the server needs is there and works
    Doctor,
    /// Ask the server that runs here whether it is well, as containers do again and again
    Health,
}

/// Commands on tables that are up to date, or that they bring up to date.
#[derive(Debug, Subcommand)]
enum DataCommand {
    /// Manage the accounts of people
    #[command(subcommand)]
    User(user::UserCommand),
    /// Manage roles, and who has them
    #[command(subcommand)]
    Role(role::RoleCommand),
    /// Manage the clients that agents authenticate as
    #[command(subcommand)]
    Client(client::ClientCommand),
    /// Manage other programs that people log in with; `jobbergate admin client` lists and removes
    /// them
    #[command(subcommand)]
    Application(application::ApplicationCommand),
    /// Manage the keys that tokens are signed with
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Issue an access token for a person
    Token(token::TokenArgs),
    /// Manage organizations, each with its own data (MULTI_TENANCY_ENABLED)
    #[command(subcommand)]
    Organization(organization::OrganizationCommand),
    /// See and free what agents have claimed
    #[command(subcommand)]
    Claims(claims::ClaimsCommand),
    /// Archive and delete what is not used, as the AUTO_CLEAN_* settings say, and remove stored
    /// files that belong to nothing
    Clean {
        /// Only print what there is to do
        #[arg(long)]
        dry_run: bool,
    },
    /// Write an organization's data into an archive that another server can import, whichever database
    /// and files it has
    Export(transfer::TransferArgs),
    /// Read such an archive into an organization that is empty. With SQLite and several organizations
    /// stop the server first: it keeps everybody's log-ins waiting
    Import(transfer::TransferArgs),
}

fn permission(name: &str) -> Result<Permission, String> {
    Permission::from_name(name).ok_or_else(|| {
        let names: Vec<_> = Permission::ALL.iter().map(|p| p.as_str()).collect();
        format!("there is no such permission; there are: {}", names.join(", "))
    })
}

/// Runs a command; `settings` are for it to show.
pub async fn run(admin: Admin, settings: &[Setting]) -> anyhow::Result<ExitCode> {
    let Admin { command, config } = admin;
    match command {
        AdminCommand::Config { json: true } => {
            say!("{}", serde_json::to_string(settings)?);
        }
        AdminCommand::Config { json: false } => {
            output::print(format_args!("{}", settings::as_text(settings)))?;
        }
        AdminCommand::EnvFile { role } => env_file::print(role)?,
        AdminCommand::Doctor => examine(&config).await?,
        AdminCommand::Health => ask_health(&config).await?,
        AdminCommand::Migrate(args) => return migrate::run(&config, &args).await,
        AdminCommand::Backup(args) => backup::make(&config, &args).await?,
        AdminCommand::Restore(args) => backup::restore(&config, &args).await?,
        AdminCommand::OnData(command) => {
            let listens = is_given(settings, "JOBBERGATE_LISTEN");
            run_on_data(command, &config, listens).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn examine(config: &ServeConfig) -> anyhow::Result<()> {
    let found = doctor::examine(config, &Clock::System).await;
    findings::conclude(&found)
}

async fn ask_health(config: &ServeConfig) -> anyhow::Result<()> {
    match doctor::health(&config.listen).await {
        Ok(()) => say!("the server at {} is well", config.listen),
        Err(problem) => bail!("{}; {}", problem.what(), problem.advice()),
    }
    Ok(())
}

/// A command on a server's data, which must be there, unless it sets the server up.
async fn run_on_data(
    command: DataCommand,
    config: &ServeConfig,
    listens: bool,
) -> anyhow::Result<()> {
    let first = matches!(
        command,
        DataCommand::Client(client::ClientCommand::Create { .. })
            | DataCommand::User(
                user::UserCommand::Create { .. } | user::UserCommand::Invite { .. }
            )
    );
    config.check()?;
    // What is imported may be the first thing there is.
    if !matches!(command, DataCommand::Import(_)) {
        config.require_data_directory(first)?;
    }
    let tables = match &command {
        DataCommand::Clean { dry_run } => cleaning::tables(*dry_run),
        DataCommand::Claims(command) => command.tables(),
        DataCommand::Export(_) => Tables::Current,
        _ => Tables::Any,
    };
    // Where there is nothing, nothing is left behind, not even a lock.
    if config.is_untouched()? {
        config.require_tables(tables).await?;
    }
    // Nobody restores a backup meanwhile, and what is half restored is no data of anybody's.
    let _held = config.hold_data_directory()?;
    config.require_tables(tables).await?;
    let app = App::open(&config.without_standby(), Clock::System).await?;
    match command {
        DataCommand::User(command) => {
            user::run(&provider(&app, config, listens).await?, &app, command).await?;
        }
        DataCommand::Role(command) => {
            role::run(&provider(&app, config, listens).await?, command).await?;
        }
        DataCommand::Application(command) => {
            application::run(&provider(&app, config, listens).await?, command).await?;
        }
        DataCommand::Keys(command) => {
            keys::run(&provider(&app, config, listens).await?, command).await?;
        }
        DataCommand::Client(command) => {
            client::run(&provider(&app, config, listens).await?, &app.tenants, command).await?;
        }
        DataCommand::Token(args) => {
            token::issue(&provider(&app, config, listens).await?, &app.tenants, args).await?;
        }
        DataCommand::Organization(command) => organization::run(&app.tenants, command).await?,
        DataCommand::Claims(command) => claims::run(&app, &command).await?,
        DataCommand::Clean { dry_run } => clean::clean(&app, dry_run).await?,
        DataCommand::Export(args) => transfer::export(&app, &args).await?,
        DataCommand::Import(args) => transfer::import(&app, &args).await?,
    }
    app.tenants.close().await;
    Ok(())
}

/// The built-in provider, under the address that the server has, its tokens' issuer: that of this
/// command's settings if they name one (`listens`: where the server listens is one of them), else
/// the one that the server noted when it started last.
async fn provider(app: &App, config: &ServeConfig, listens: bool) -> anyhow::Result<Provider> {
    let Some(provider) = &app.provider else {
        bail!(
            "people, clients and tokens are managed by the external identity provider \
             (ARMASEC_DOMAIN or JOBBERGATE_OIDC_ISSUERS is set); unset it to use the built-in one, \
             or set JOBBERGATE_BUILT_IN_PROVIDER=true to use both"
        );
    };
    let remembered = match config.public_url.is_some() || (listens && config.listen.port != 0) {
        true => None,
        false => provider.remembered_address().await?,
    };
    let address = remembered.unwrap_or_else(|| config.base_url());
    let provider = Provider::new(app.tenants.default_tenant().db, Clock::System, &address);
    Ok(config.ldap.attach(provider)?)
}
