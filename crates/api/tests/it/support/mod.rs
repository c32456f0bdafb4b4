//! A server and the people who use it.

mod actor;
mod answer;
mod events;
mod files;
mod ldap;
mod mail;
mod raw;
mod remote;
mod sign_in;
mod tenants;

use std::{future::Future, net::SocketAddr, sync::Arc};

use chrono::{DateTime, Utc};
use clap::Parser;
use jobbergate_api::{
    app::App,
    clock::Clock,
    config::ServeConfig,
    db::Db,
    events::Worker,
    identity::{NewClient, Provider, UserToken},
    openapi,
    permission::Permission,
    server, service,
};
use jobbergate_testkit::{
    issuer::Issuer,
    postgres::{Postgres, TestDatabase},
    s3::S3,
};

pub use actor::Actor;
pub use answer::Answer;
pub use ldap::{LdapApp, use_ldap};
pub use mail::{MailApp, mails};
pub use raw::{in_url, raw};
pub use remote::Remote;
pub use sign_in::{Asked, IssuerApp, ProviderApp, users_permissions};
pub use tenants::{Organization, TenantApp};

/// Runs each test once on SQLite with files in a directory, and once on PostgreSQL with S3.
#[macro_export]
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($app:ident: $kind:ident) $body:block)*) => {
        $(
            async fn $name($app: $crate::support::$kind) $body

            mod $name {
                #[tokio::test(flavor = "multi_thread")]
                async fn sqlite() {
                    super::$name($crate::support::$kind::on_sqlite().await).await;
                }

                #[tokio::test(flavor = "multi_thread")]
                async fn postgres() {
                    super::$name($crate::support::$kind::on_postgres().await).await;
                }
            }
        )*
    };
}

#[derive(Parser)]
struct Defaults {
    #[command(flatten)]
    config: ServeConfig,
}

/// A running server with its own database and files, whose clock stands still.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Clock,
    pub address: SocketAddr,
    pub s3: Option<S3>,
    /// What delivers events; none after it was stopped.
    pub worker: Option<Worker>,
    config: ServeConfig,
    _database: Option<TestDatabase>,
    directory: tempfile::TempDir,
}

/// The instant at which every test begins.
pub fn start_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_767_225_600, 0).unwrap()
}

/// The settings of a server that listens on a port of its own and keeps its data in `directory`.
pub fn settings(directory: &tempfile::TempDir) -> ServeConfig {
    let data_dir = directory.path().to_str().unwrap();
    let line = ["jobbergate", "--listen", "127.0.0.1:0", "--data-dir", data_dir];
    // Where the tests' own web servers are.
    let remotes = ["--upload-by-url-allowed-hosts=127.0.0.1", "--upload-by-url-timeout=5"];
    Defaults::parse_from(line.into_iter().chain(remotes)).config
}

/// The API's description of a server without settings.
pub fn document() -> serde_json::Value {
    let config = Defaults::parse_from(["jobbergate"]).config;
    openapi::document(&service::routes(), &config.metadata)
}

impl TestApp {
    pub async fn on_sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = settings(&directory);
        Self::start(config, directory, None, None).await
    }

    pub async fn on_postgres() -> Self {
        Self::on_database(database().await).await
    }

    /// A server on this database, with files in S3.
    pub async fn on_database(database: TestDatabase) -> Self {
        Self::configured_on_database(database, |_| {}).await
    }

    /// A server on this database, with files in S3 and some settings changed.
    pub async fn configured_on_database(
        database: TestDatabase,
        change: impl FnOnce(&mut ServeConfig),
    ) -> Self {
        let s3 = S3::start().await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let mut config = settings(&directory);
        config.database_url = Some(database.url().to_owned());
        config.database_pool_size = 5;
        config.s3_bucket_name = Some(s3.bucket.clone());
        config.s3_endpoint_url = Some(s3.endpoint.clone());
        config.aws_access_key_id = Some(s3.access_key.clone());
        config.aws_secret_access_key = Some(s3.secret_key.clone());
        change(&mut config);
        Self::start(config, directory, Some(database), Some(s3)).await
    }

    /// A server with these settings, on SQLite.
    pub async fn configured(change: impl FnOnce(&mut ServeConfig)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = settings(&directory);
        change(&mut config);
        Self::start(config, directory, None, None).await
    }

    /// A server, on SQLite, that trusts this provider.
    pub async fn trusting(issuer: &Issuer) -> Self {
        Self::configured(|config| {
            config.armasec_domain = Some(issuer.domain());
            config.armasec_use_https = false;
        })
        .await
    }

    /// A server with these settings, which keeps the rest as long as it lives.
    pub async fn start(
        mut config: ServeConfig,
        directory: tempfile::TempDir,
        database: Option<TestDatabase>,
        s3: Option<S3>,
    ) -> Self {
        let clock = Clock::manual(start_time());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        config.listen = address.to_string().parse().unwrap();
        let app = App::open(&config, clock.clone()).await.unwrap();
        let service = service::pages(Arc::clone(&app), &config.metadata);
        let idle = app.client_idle;
        let places = config.memory.max_connections as usize;
        tokio::spawn(server::answer(listener, service, places, idle, std::future::pending()));
        let worker = Some(Worker::start(&app.events, &app.tenants, &app.clock));
        Self { app, clock, address, s3, worker, config, _database: database, directory }
    }

    /// Another server on the same data, which knows the same tokens.
    pub async fn replica(&self) -> Self {
        Self::start(self.config.clone(), tempfile::tempdir().unwrap(), None, None).await
    }

    /// Somebody without a token.
    pub fn anonymous(&self) -> Actor {
        Actor::new(self.address, None)
    }

    /// Somebody with any token.
    pub fn bearer(&self, token: &str) -> Actor {
        Actor::new(self.address, Some(token.to_owned()))
    }

    /// Somebody with these permissions and claims.
    pub async fn somebody(
        &self,
        email: &str,
        client_id: Option<&str>,
        permissions: &[Permission],
    ) -> Actor {
        self.holder(email, client_id, permissions, 10_000_000).await
    }

    /// Somebody whose token permits everything but expired a second ago.
    pub async fn expired(&self) -> Actor {
        self.holder("late@example.com", None, &[Permission::Admin], -1).await
    }

    async fn holder(
        &self,
        email: &str,
        client_id: Option<&str>,
        permissions: &[Permission],
        lifetime: i64,
    ) -> Actor {
        let user = UserToken {
            email: email.to_owned(),
            permissions: permissions.to_vec(),
            client_id: client_id.map(str::to_owned),
            lifetime,
            organization: None,
        };
        self.token_holder(&user).await
    }

    /// Somebody with a token like this.
    pub async fn token_holder(&self, user: &UserToken) -> Actor {
        self.bearer(&self.provider().issue_user_token(user, "test").await.unwrap())
    }

    /// A scientist who may do all that users may.
    pub async fn user(&self, name: &str) -> Actor {
        let permissions: Vec<_> =
            Permission::ALL.into_iter().filter(|permission| permission.is_for_users()).collect();
        self.somebody(&format!("{name}@example.com"), None, &permissions).await
    }

    /// Somebody who may change what others own.
    pub async fn maintainer(&self) -> Actor {
        let permissions: Vec<_> = Permission::ALL
            .into_iter()
            .filter(|permission| permission.is_for_users() || *permission == Permission::Maintainer)
            .collect();
        self.somebody("maintainer@example.com", None, &permissions).await
    }

    /// Somebody with one permission, whose token has no e-mail address.
    pub async fn without_email(&self, permission: Permission) -> Actor {
        self.client("nameless", vec![permission]).await
    }

    /// The agent of a cluster, registered and authenticated with its secret.
    pub async fn agent(&self, cluster: &str) -> Actor {
        let permissions =
            Permission::ALL.into_iter().filter(|permission| permission.is_for_agents());
        self.client(cluster, permissions.collect()).await
    }

    /// A client of the built-in provider, registered and authenticated with its secret.
    pub async fn client(&self, client_id: &str, permissions: Vec<Permission>) -> Actor {
        self.client_of(client_id, permissions, None).await
    }

    /// The same for an organization.
    pub async fn client_of(
        &self,
        client_id: &str,
        permissions: Vec<Permission>,
        organization: Option<&str>,
    ) -> Actor {
        let client = NewClient {
            client_id: client_id.to_owned(),
            permissions,
            organization: organization.map(str::to_owned),
        };
        let secret = self.provider().create_client(&client, &mut random()).await.unwrap();
        let body = self.token(client_id, &secret.0).await.ok();
        self.bearer(body["access_token"].as_str().unwrap())
    }

    /// What the token endpoint answers to a client with this secret.
    pub async fn token(&self, client_id: &str, secret: &str) -> Answer {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", secret),
        ];
        let url = self.realm("protocol/openid-connect/token");
        Answer::read(reqwest::Client::new().post(url).form(&form).send().await.unwrap()).await
    }

    /// The address of a page of the built-in provider.
    pub fn realm(&self, page: &str) -> String {
        format!("http://{}/realms/jobbergate/{page}", self.address)
    }

    /// The built-in provider.
    pub fn provider(&self) -> &Provider {
        self.app.provider.as_ref().unwrap()
    }

    /// Where its data is when there is no PostgreSQL or no S3.
    pub fn data(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// The database, to look behind the scenes.
    pub fn db(&self) -> Db {
        self.app.tenants.default_tenant().db
    }
}

/// A generator of secrets.
pub fn random() -> rand::rngs::StdRng {
    rand::make_rng()
}

/// A PostgreSQL database with all migrations applied.
pub async fn database() -> TestDatabase {
    let postgres = Postgres::shared().await.unwrap();
    let template = format!("jobbergate_api_{}", migrations_digest());
    let prepare = async |url: String| {
        Db::open_postgres(&url, 2).await?.close().await;
        Ok(())
    };
    postgres.fresh_database(&template, prepare).await.unwrap()
}

/// A PostgreSQL database with nothing in it.
pub async fn empty_database() -> TestDatabase {
    let postgres = Postgres::shared().await.unwrap();
    postgres.fresh_database("jobbergate_api_empty", async |_| Ok(())).await.unwrap()
}

/// Changes whenever a migration does.
fn migrations_digest() -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut hasher = DefaultHasher::new();
    for path in paths {
        std::fs::read(path).unwrap().hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Waits for what happens a little later.
pub async fn eventually<F: Future<Output = bool>>(mut happened: impl FnMut() -> F) -> bool {
    for _ in 0..100 {
        if happened().await {
            return true;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    false
}
