//! A PostgreSQL server for tests, and a fresh database for each of them.
//!
//! The first test process that asks starts the server; the others, one after the other or side by
//! side, use the same one. It ends with `cargo xtask test`, or ten minutes after its last use. It
//! starts from nothing each time, so that nothing old lies in the way.

mod replicated;
mod server;

use std::{net::SocketAddr, path::PathBuf, thread};

use anyhow::{Context, Result, anyhow};
use sqlx::{AssertSqlSafe, Connection, PgConnection, postgres::PgConnectOptions};
use uuid::Uuid;

pub use replicated::Replicated;

/// The database that is there from the beginning, used to make and drop others.
const MAINTENANCE: &str = "postgres";

/// The superuser of the server; it has no password, for only the user who runs the tests reaches
/// the socket.
const USER: &str = "postgres";

#[derive(Debug, Clone)]
pub struct Postgres {
    socket_directory: PathBuf,
}

impl Postgres {
    /// The server that all test processes of this checkout share, started when necessary. It
    /// stays up at least as long as the calling process.
    pub async fn shared() -> Result<Self> {
        let socket_directory = tokio::task::spawn_blocking(server::start_once).await??;
        Ok(Self { socket_directory })
    }

    /// The URL of a database on this server, by its Unix socket.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@localhost/{database}?host={}", self.socket_directory.display())
    }

    /// A new database with what `prepare` puts into the template. The template is made once while
    /// the server runs and then copied, so `template` is to change whenever `prepare` does: let it
    /// contain a hash of the migrations.
    ///
    /// `prepare` gets the URL of an empty database and must have closed its connections when it
    /// returns.
    pub async fn fresh_database(
        &self,
        template: &str,
        prepare: impl AsyncFnOnce(String) -> Result<()>,
    ) -> Result<TestDatabase> {
        let mut connection = self.connect().await?;
        let template = format!("template_{template}");
        if !exists(&mut connection, &template).await? {
            self.make_template(&mut connection, &template, prepare).await?;
        }
        // It can be a bucket's name as well.
        let name = format!("test-{}", Uuid::new_v4().simple());
        create(&mut connection, &name, &template).await?;
        connection.close().await?;
        Ok(TestDatabase { url: self.url(&name), name, server: self.clone() })
    }

    async fn make_template(
        &self,
        connection: &mut PgConnection,
        template: &str,
        prepare: impl AsyncFnOnce(String) -> Result<()>,
    ) -> Result<()> {
        // Released when this connection closes, whatever happens in between.
        sqlx::query("SELECT pg_advisory_lock(hashtext($1))")
            .bind(template)
            .execute(&mut *connection)
            .await?;
        if exists(connection, template).await? {
            return Ok(());
        }
        // Under another name until it is complete: a test that is killed leaves no half template.
        let unfinished = format!("{template}_unfinished");
        drop_if_exists(connection, &unfinished).await?;
        create(connection, &unfinished, "template0").await?;
        prepare(self.url(&unfinished)).await.context("preparing the template database")?;
        let rename =
            format!("ALTER DATABASE {} RENAME TO {}", quoted(&unfinished), quoted(template));
        execute(connection, rename).await.context("preparing must close its connections")
    }

    async fn connect(&self) -> Result<PgConnection> {
        let options: PgConnectOptions = self.url(MAINTENANCE).parse()?;
        PgConnection::connect_with(&options).await.context("can't reach the tests' PostgreSQL")
    }
}

/// A database of one test; it goes when this is dropped, whoever is still connected.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
    server: Postgres,
}

impl TestDatabase {
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's socket, for a proxy before it.
    pub fn socket(&self) -> PathBuf {
        self.server.socket_directory.join(".s.PGSQL.5432")
    }

    /// How to connect to it through a proxy.
    pub fn url_through(&self, proxy: SocketAddr) -> String {
        format!("postgres://{USER}@{proxy}/{}", self.name)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    fn drop_now(&self) -> Result<()> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
            let mut connection = self.server.connect().await?;
            drop_if_exists(&mut connection, &self.name).await?;
            Ok(connection.close().await?)
        })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // In a thread of its own, for a runtime can't be entered from within another.
        let dropped = thread::scope(|scope| {
            scope.spawn(|| self.drop_now()).join().unwrap_or_else(|_| Err(anyhow!("panicked")))
        });
        if let Err(error) = dropped {
            eprintln!("can't drop the test database {}: {error:#}", self.name);
        }
    }
}

async fn exists(connection: &mut PgConnection, database: &str) -> Result<bool> {
    Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(database)
        .fetch_one(connection)
        .await?)
}

async fn create(connection: &mut PgConnection, database: &str, template: &str) -> Result<()> {
    // Since version 15 the default copies by way of the log, which takes twice as long.
    let strategy = match connection.server_version_num() {
        Some(150_000..) => "STRATEGY file_copy",
        _ => "",
    };
    let (name, template) = (quoted(database), quoted(template));
    let statement = format!("CREATE DATABASE {name} TEMPLATE {template} {strategy}");
    execute(connection, statement).await.with_context(|| format!("can't create {database}"))
}

async fn drop_if_exists(connection: &mut PgConnection, database: &str) -> Result<()> {
    execute(connection, format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(database))).await
}

/// Runs a statement that takes no parameters; every name in it is [`quoted`].
async fn execute(connection: &mut PgConnection, statement: String) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await?;
    Ok(())
}

fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
