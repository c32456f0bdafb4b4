//! Settings of the server, under the Python server's names where it has them.

pub mod mail;
pub mod rabbitmq;

use std::{net::SocketAddr, path::PathBuf};

use clap::Args;
use url::Url;

use crate::{
    auth::ExternalIssuer,
    db::Db,
    startup::StartError,
    storage::{S3Settings, Storage},
};

/// Where the server keeps its data, and whom it trusts.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// Where data is kept when there is no PostgreSQL or no S3
    /// [default: $XDG_DATA_HOME/jobbergate]
    #[arg(long, env = "JOBBERGATE_DATA_DIR", global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Where to listen
    #[arg(
        long,
        env = "JOBBERGATE_LISTEN",
        default_value = "127.0.0.1:8000",
        value_name = "ADDRESS"
    )]
    pub listen: SocketAddr,

    /// The address by which others reach this server [default: `http://` and the address it listens on]
    #[arg(long, env = "JOBBERGATE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<Url>,

    /// A PostgreSQL database, as postgres://user:password@host:port/name
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,

    /// The PostgreSQL server's host
    #[arg(long, env = "DATABASE_HOST", value_name = "HOST")]
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

    /// How many connections to PostgreSQL there are at most
    #[arg(long, env = "DATABASE_POOL_SIZE", default_value_t = 20, value_name = "N")]
    pub database_pool_size: u32,

    /// The S3 bucket for files
    #[arg(long, env = "S3_BUCKET_NAME", value_name = "NAME")]
    pub s3_bucket_name: Option<String>,

    /// The S3 server, when it is not Amazon's
    #[arg(long, env = "S3_ENDPOINT_URL", value_name = "URL")]
    pub s3_endpoint_url: Option<String>,

    /// The key to the bucket; without one, the machine's own credentials are used
    #[arg(long, env = "AWS_ACCESS_KEY_ID", value_name = "KEY")]
    pub aws_access_key_id: Option<String>,

    /// The secret that belongs to the key
    #[arg(long, env = "AWS_SECRET_ACCESS_KEY", hide_env_values = true, value_name = "SECRET")]
    pub aws_secret_access_key: Option<String>,

    /// The OpenID Connect provider, as HOST:PORT/PATH; without one the built-in provider is used
    #[arg(long, env = "ARMASEC_DOMAIN", value_name = "DOMAIN")]
    pub armasec_domain: Option<String>,

    /// Whether the provider is reached by HTTPS
    #[arg(long, env = "ARMASEC_USE_HTTPS", default_value_t = true, action = clap::ArgAction::Set, value_parser = clap::builder::BoolishValueParser::new(), value_name = "BOOL")]
    pub armasec_use_https: bool,

    /// Whether a token's issuer must be the one that the provider names in its discovery document
    #[arg(long, env = "JOBBERGATE_CHECK_ISSUER", default_value_t = true, action = clap::ArgAction::Set, value_parser = clap::builder::BoolishValueParser::new(), value_name = "BOOL")]
    pub check_issuer: bool,

    /// The largest file that may be uploaded, in bytes
    #[arg(long, env = "MAX_UPLOAD_FILE_SIZE", default_value_t = 5 * 1024 * 1024, value_name = "BYTES")]
    pub max_upload_file_size: usize,

    /// The message broker.
    #[command(flatten)]
    pub rabbitmq: rabbitmq::RabbitMqConfig,

    /// E-mail.
    #[command(flatten)]
    pub mail: mail::MailConfig,
}

impl ServeConfig {
    /// The address by which others reach this server.
    pub fn base_url(&self) -> String {
        match &self.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }

    /// Connects to the database, or opens the one in the data directory.
    pub(crate) async fn open_database(&self) -> Result<Db, StartError> {
        if let Some(url) = self.postgres_url()? {
            let opened = Db::open_postgres(url.as_str(), self.database_pool_size).await;
            return opened
                .map_err(|cause| StartError::Postgres { address: without_password(url), cause });
        }
        let path = self.data_directory()?.join("jobbergate.db");
        make_private_file(&path)?;
        Db::open_sqlite(&path).await.map_err(|cause| StartError::Sqlite { path, cause })
    }

    /// Opens the bucket, or the directory for files in the data directory.
    pub(crate) fn open_storage(&self) -> Result<Storage, StartError> {
        match &self.s3_bucket_name {
            Some(bucket) => Storage::s3(&S3Settings {
                bucket: bucket.clone(),
                endpoint: self.s3_endpoint_url.clone(),
                credentials: self.aws_access_key_id.clone().zip(self.aws_secret_access_key.clone()),
            }),
            None => {
                let path = self.data_directory()?.join("files");
                create_private(&path)?;
                Storage::directory(&path)
            }
        }
        .map_err(|error| StartError::Storage(error.to_string()))
    }

    /// The external provider, if one is configured.
    pub(crate) fn external_issuer(&self) -> Result<Option<ExternalIssuer>, StartError> {
        let Some(domain) = &self.armasec_domain else { return Ok(None) };
        ExternalIssuer::new(domain, self.armasec_use_https).map(Some).map_err(|error| {
            StartError::Setting { setting: "ARMASEC_DOMAIN", reason: error.to_string() }
        })
    }

    fn postgres_url(&self) -> Result<Option<Url>, StartError> {
        let wrong = |reason: String| StartError::Setting { setting: "DATABASE_URL", reason };
        if let Some(text) = &self.database_url {
            let url = Url::parse(text).map_err(|error| wrong(error.to_string()))?;
            let scheme = url.scheme().split('+').next().unwrap_or_default();
            if !matches!(scheme, "postgres" | "postgresql") {
                return Err(wrong(format!("{scheme}:// is not postgres://")));
            }
            return Ok(Some(url));
        }
        let Some(host) = &self.database_host else { return Ok(None) };
        let wrong = |setting| StartError::Setting { setting, reason: "not usable in a URL".into() };
        let mut url = Url::parse("postgres://localhost").map_err(|_| wrong("DATABASE_HOST"))?;
        url.set_host(Some(host)).map_err(|_| wrong("DATABASE_HOST"))?;
        url.set_port(Some(self.database_port)).map_err(|()| wrong("DATABASE_PORT"))?;
        url.set_username(&self.database_user).map_err(|()| wrong("DATABASE_USER"))?;
        url.set_password(Some(&self.database_pswd)).map_err(|()| wrong("DATABASE_PSWD"))?;
        url.set_path(&self.database_name);
        Ok(Some(url))
    }

    fn data_directory(&self) -> Result<PathBuf, StartError> {
        let path = match &self.data_dir {
            Some(path) => path.clone(),
            None => default_data_directory().ok_or(StartError::NoDataDirectory)?,
        };
        create_private(&path)?;
        Ok(path)
    }
}

/// `$XDG_DATA_HOME/jobbergate` (XDG Base Directory Specification).
fn default_data_directory() -> Option<PathBuf> {
    let absolute = |name| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let data =
        absolute("XDG_DATA_HOME").or_else(|| Some(absolute("HOME")?.join(".local/share")))?;
    Some(data.join("jobbergate"))
}

/// Makes a directory that only its owner can look into: it holds keys.
fn create_private(path: &std::path::Path) -> Result<(), StartError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|cause| StartError::DataDirectory { path: path.to_owned(), cause })
}

/// Makes a file, or one that is there, readable by its owner only; SQLite gives its other files
/// the same permissions.
fn make_private_file(path: &std::path::Path) -> Result<(), StartError> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .and_then(|file| file.set_permissions(private))
        .map_err(|cause| StartError::DataDirectory { path: path.to_owned(), cause })
}

fn without_password(mut url: Url) -> String {
    // Fails only for URLs without a host, which can't carry a password either.
    let _ = url.set_password(None);
    url.to_string()
}
