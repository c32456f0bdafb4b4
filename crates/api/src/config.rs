//! Settings of the server, under the Python server's names where it has them.

mod cleaning;
mod consistency;
pub(crate) mod data;
pub(crate) mod host;
mod ldap;
mod listen;
pub mod mail;
mod memory;
pub mod metadata;
pub(crate) mod oidc;
pub mod rabbitmq;
mod tenancy;
mod upload_by_url;
mod waiting;

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use ipnet::IpNet;
use url::Url;

use crate::settings::Setting;
pub use cleaning::CleaningConfig;
pub use ldap::LdapConfig;
pub use listen::ListenAddress;
pub use memory::MemoryConfig;
pub use oidc::OidcConfig;
pub use tenancy::TenancyConfig;
pub use upload_by_url::UploadByUrlSettings;
pub use waiting::WaitingConfig;

/// Where the server keeps its data, and whom it trusts.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// Where data is kept when there is no PostgreSQL or no S3
    /// [default: $XDG_DATA_HOME/jobbergate]
    #[arg(long, env = "JOBBERGATE_DATA_DIR", global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Where to listen, as HOST:PORT
    #[arg(
        long,
        env = "JOBBERGATE_LISTEN",
        default_value = "127.0.0.1:8000",
        value_name = "ADDRESS"
    )]
    pub listen: ListenAddress,

    /// The address by which others reach this server [default: `http://` and the address it listens on]
    #[arg(long, env = "JOBBERGATE_PUBLIC_URL", value_parser = host::web_address, value_name = "URL")]
    pub public_url: Option<Url>,

    /// A PostgreSQL database, as postgres://user:password@host:port/name
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// A standby of that PostgreSQL for what is only read, as postgres://user:password@host:port/name
    #[arg(long, env = "DATABASE_READ_URL", hide_env_values = true, value_name = "URL")]
    pub database_read_url: Option<String>,

    /// The PostgreSQL server's host
    #[arg(long, env = "DATABASE_HOST", value_parser = |text: &str| host::host(text, "DATABASE_PORT"), value_name = "HOST")]
    pub database_host: Option<String>,

    /// Its port
    #[arg(long, env = "DATABASE_PORT", default_value_t = 5432, value_name = "PORT")]
    pub database_port: u16,

    /// The user to connect as
    #[arg(long, env = "DATABASE_USER", default_value = "compose-db-user", value_name = "USER")]
    pub database_user: String,

    /// The user's password
    #[arg(
        long,
        env = "DATABASE_PSWD",
        default_value = "compose-db-pswd",
        hide_default_value = true,
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    pub database_pswd: String,

    /// The database's name
    #[arg(long, env = "DATABASE_NAME", default_value = "compose-db-name", value_name = "NAME")]
    pub database_name: String,

    /// How many connections to PostgreSQL there are at most, 1 to 1000
    #[arg(long, env = "DATABASE_POOL_SIZE", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "N")]
    pub database_pool_size: u32,

    /// The S3 bucket for files
    #[arg(long, env = "S3_BUCKET_NAME", value_name = "NAME")]
    pub s3_bucket_name: Option<String>,

    /// The S3 server, when it is not Amazon's
    #[arg(long, env = "S3_ENDPOINT_URL", value_parser = host::s3_endpoint, value_name = "URL")]
    pub s3_endpoint_url: Option<String>,

    /// The key to the bucket; without one, the machine's own credentials are used
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "KEY")]
    pub aws_access_key_id: Option<String>,

    /// The secret that belongs to the key
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "SECRET")]
    pub aws_secret_access_key: Option<String>,

    /// The OpenID Connect provider, as HOST:PORT/PATH; without any the built-in provider is used
    #[arg(long, env = "ARMASEC_DOMAIN", value_parser = host::domain, value_name = "DOMAIN")]
    pub armasec_domain: Option<String>,

    /// Whether the provider is reached by HTTPS
    #[arg(long, env = "ARMASEC_USE_HTTPS", default_value_t = true, action = clap::ArgAction::Set, value_parser = clap::builder::BoolishValueParser::new(), value_name = "BOOL")]
    pub armasec_use_https: bool,

    /// Whether a token's issuer must be the one that the provider names in its discovery document
    #[arg(long, env = "JOBBERGATE_CHECK_ISSUER", default_value_t = true, action = clap::ArgAction::Set, value_parser = clap::builder::BoolishValueParser::new(), value_name = "BOOL")]
    pub check_issuer: bool,

    /// Other providers, and what their tokens say.
    #[command(flatten)]
    pub oidc: OidcConfig,

    /// The proxies in front of this server, as addresses or networks with commas between them:
    /// they are believed for whom they ask (`X-Forwarded-For`), which limits to guessing
    /// passwords count by
    #[arg(long, env = "JOBBERGATE_TRUSTED_PROXIES", default_value = "127.0.0.0/8,::1", value_delimiter = ',', value_parser = host::network, value_name = "NETWORKS")]
    pub trusted_proxies: Vec<IpNet>,

    /// The largest file that may be uploaded, in bytes
    #[arg(long, env = "MAX_UPLOAD_FILE_SIZE", default_value_t = 5 * 1024 * 1024, value_name = "BYTES")]
    pub max_upload_file_size: usize,

    /// How long a client may send nothing, before a request and in the middle of one, in seconds
    #[arg(long, env = "JOBBERGATE_CLIENT_IDLE_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..), value_name = "SECONDS")]
    pub client_idle_seconds: u64,

    /// How long the server answers on when it is told to stop, in seconds, so that proxies in front of several servers
    /// lose no request: longer than they keep idle connections
    #[arg(long, env = "JOBBERGATE_DRAIN_SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=30), value_name = "SECONDS")]
    pub drain_seconds: u64,

    /// How much is done at once.
    #[command(flatten)]
    pub memory: MemoryConfig,

    /// How many wait.
    #[command(flatten)]
    pub waiting: WaitingConfig,

    /// Where to listen for Prometheus, which reads `/metrics` there without a token
    #[arg(long, env = "JOBBERGATE_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,

    /// How the API presents itself.
    #[command(flatten)]
    pub metadata: metadata::MetadataConfig,

    /// The directory that people come from.
    #[command(flatten)]
    pub ldap: LdapConfig,

    /// Several organizations on one server.
    #[command(flatten)]
    pub tenancy: TenancyConfig,

    /// What the server fetches on behalf of its users.
    #[command(flatten)]
    pub upload_by_url: UploadByUrlSettings,

    /// Cleaning.
    #[command(flatten)]
    pub cleaning: CleaningConfig,

    /// The message broker.
    #[command(flatten)]
    pub rabbitmq: rabbitmq::RabbitMqConfig,

    /// E-mail.
    #[command(flatten)]
    pub mail: mail::MailConfig,

    /// All of these as administrators are shown them, and where each comes from; nothing if whoever
    /// starts the server does not say.
    #[arg(skip)]
    pub settings: Vec<Setting>,
}

impl ServeConfig {
    /// The address by which others reach this server.
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}
