//! A PostgreSQL server and its standby, of one test.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use super::{
    USER,
    server::{Programs, initialize, launch, run},
};
use crate::owner::Owner;

/// As those of the server that tests share, but commits are answered when they are on disk, and the log
/// is one that a standby can follow.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 50
shared_buffers = 16MB
fsync = off
full_page_writes = off
wal_init_zero = off
wal_level = replica
max_wal_senders = 4
hot_standby = on
autovacuum = off
jit = off
timezone = 'UTC'
";

/// The database that is there from the beginning.
const DATABASE: &str = "jobbergate";

/// A primary with a standby that follows it; both end with this.
pub struct Replicated {
    directory: TempDir,
    programs: Programs,
    owner: Owner,
    _in_use: File,
}

impl Replicated {
    /// With a database that belongs to a user who may do nothing else.
    pub async fn start() -> Result<Self> {
        let this = tokio::task::spawn_blocking(Self::set_up).await??;
        this.run_on_primary("CREATE ROLE jobbergate LOGIN CREATEDB").await?;
        this.run_on_primary("CREATE DATABASE jobbergate OWNER jobbergate").await?;
        Ok(this)
    }

    fn set_up() -> Result<Self> {
        let (programs, owner) = (Programs::find()?, Owner::find(&["postgres", "nobody"])?);
        // The path of a Unix socket must be short.
        let directory = tempfile::Builder::new().prefix("jg").tempdir_in("/var/tmp")?;
        owner.take(directory.path(), 0o700)?;
        let in_use = owner.mark_used(directory.path())?;
        let this = Self { directory, programs, owner, _in_use: in_use };
        let (primary, standby) = (this.directory_of("primary"), this.directory_of("standby"));
        for directory in [&primary, &standby] {
            fs::create_dir(directory)?;
            this.owner.take(directory, 0o700)?;
        }
        initialize(&this.programs, &this.owner, &primary, SETTINGS)?;
        this.launch(&primary)?;
        this.copy(&primary, &standby)?;
        this.launch(&standby)?;
        Ok(this)
    }

    fn copy(&self, primary: &Path, standby: &Path) -> Result<()> {
        let data = standby.join("data");
        run(self
            .owner
            .command(&self.programs.pg_basebackup, standby)
            .args(["--checkpoint", "fast", "--no-sync", "--write-recovery-conf"])
            .args(["--username", USER, "--host"])
            .arg(primary)
            .arg("--pgdata")
            .arg(&data))?;
        let conf = data.join("postgresql.auto.conf");
        let sockets = format!("unix_socket_directories = '{}'\n", standby.display());
        fs::write(&conf, format!("{}{sockets}", fs::read_to_string(&conf)?))
            .with_context(|| format!("can't write {}", conf.display()))
    }

    fn launch(&self, directory: &Path) -> Result<()> {
        let pid = launch(&self.programs, &self.owner, directory)?;
        self.owner.stop_when_unused(self.directory.path(), &pid, Signal::SIGINT)
    }

    fn directory_of(&self, server: &str) -> PathBuf {
        self.directory.path().join(server)
    }

    fn url(&self, server: &str, user: &str, database: &str) -> String {
        let socket = self.directory_of(server);
        format!("postgres://{user}@localhost/{database}?host={}", socket.display())
    }

    /// The database on the primary, as its owner reaches it.
    pub fn primary_url(&self) -> String {
        self.url("primary", DATABASE, DATABASE)
    }

    /// The same on the standby.
    pub fn standby_url(&self) -> String {
        self.url("standby", DATABASE, DATABASE)
    }

    /// Runs a statement on the primary, as its superuser.
    pub async fn run_on_primary(&self, statement: &str) -> Result<()> {
        execute(&self.url("primary", USER, "postgres"), statement).await
    }

    /// The same on the standby.
    pub async fn run_on_standby(&self, statement: &str) -> Result<()> {
        execute(&self.url("standby", USER, "postgres"), statement).await
    }

    /// Has the standby replay nothing more of what it receives.
    pub async fn pause_replay(&self) -> Result<()> {
        self.run_on_standby("SELECT pg_wal_replay_pause()").await
    }

    pub async fn resume_replay(&self) -> Result<()> {
        self.run_on_standby("SELECT pg_wal_replay_resume()").await
    }

    pub fn stop_standby(&self) -> Result<()> {
        self.stop("standby")
    }

    pub fn start_standby(&self) -> Result<()> {
        self.launch(&self.directory_of("standby"))
    }

    /// Makes a primary of the standby, which follows nobody any more.
    pub fn promote_standby(&self) -> Result<()> {
        let directory = self.directory_of("standby");
        run(self
            .owner
            .command(&self.programs.pg_ctl, &directory)
            .args(["promote", "--wait", "--silent", "--pgdata"])
            .arg(directory.join("data")))
    }

    fn stop(&self, server: &str) -> Result<()> {
        let directory = self.directory_of(server);
        run(self
            .owner
            .command(&self.programs.pg_ctl, &directory)
            .args(["stop", "--wait", "--silent", "--mode", "immediate", "--pgdata"])
            .arg(directory.join("data")))
    }
}

impl Drop for Replicated {
    fn drop(&mut self) {
        for server in ["standby", "primary"] {
            // It may be stopped already.
            let _ = self.stop(server);
        }
    }
}

async fn execute(url: &str, statement: &str) -> Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned())).execute(&mut connection).await?;
    Ok(connection.close().await?)
}
