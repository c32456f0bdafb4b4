//! A PostgreSQL of our own, whose connections can be cut.

use std::{
    fs::DirBuilder,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User},
};

use super::{Directory, processor_time};
use crate::{
    interrupt::Interrupt,
    packages,
    process::{self, Running, tied},
};

/// It refuses to run as root.
const OWNER: &str = "postgres";
const DATABASE: &str = "jobbergate";
/// How many connections a server has to it at most, unless told otherwise.
pub(crate) const DATABASE_POOL_SIZE: u32 = 20;
/// What is lost with the machine's power is nobody's.
const HURRIED: [&str; 1] = ["fsync=off"];
const OTHERS: &str = "FROM pg_stat_activity WHERE datname = current_database() \
                      AND pid <> pg_backend_pid()";
/// Twentieths of a second that it may take to answer.
const PATIENCE: u32 = 600;

/// What the server keeps its data in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    /// The PostgreSQL that it takes, if it takes one. It is quicker than one that is installed: not for measurements.
    pub(crate) fn start(
        self,
        interrupt: &Interrupt,
        directory: &Directory,
    ) -> Result<Option<Postgres>> {
        self.start_with(interrupt, directory, &HURRIED)
    }

    /// The same as it is installed: what was committed is on the disk.
    pub(crate) fn start_as_installed(
        self,
        interrupt: &Interrupt,
        directory: &Directory,
    ) -> Result<Option<Postgres>> {
        self.start_with(interrupt, directory, &[])
    }

    fn start_with(
        self,
        interrupt: &Interrupt,
        directory: &Directory,
        settings: &[&str],
    ) -> Result<Option<Postgres>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres => Postgres::start(interrupt, directory, settings).map(Some),
        }
    }
}

/// A server on a Unix socket; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Postgres {
    programs: PathBuf,
    directory: PathBuf,
    process: Running,
}

impl Postgres {
    /// Installs it unless it is there, and starts it with an empty database and these settings.
    pub(crate) fn start(
        interrupt: &Interrupt,
        directory: &Directory,
        settings: &[&str],
    ) -> Result<Self> {
        packages::install_postgresql()?;
        let programs = packages::postgresql_programs().context("there is no PostgreSQL")?;
        let owner = User::from_name(OWNER)?.context("there is no user postgres")?;
        let path = directory.path().join("postgres");
        DirBuilder::new().mode(0o700).create(&path)?;
        chown(&path, Some(owner.uid.as_raw()), Some(owner.gid.as_raw()))?;
        let log = directory.log("postgres")?;
        let data = path.join("data");
        let mut initdb = as_owner(&programs.join("initdb"), &path);
        initdb.args(["--username", OWNER, "--auth", "trust", "--no-sync", "--encoding", "UTF8"]);
        process::run(initdb.arg("--pgdata").arg(&data).stdout(log.try_clone()?))?;
        let mut postgres = as_owner(&programs.join("postgres"), &path);
        postgres.arg("-D").arg(&data).args(["-c", "listen_addresses="]);
        postgres.args(settings.iter().flat_map(|setting| ["-c", setting]));
        postgres.arg("-c").arg(format!("unix_socket_directories={}", path.display()));
        let process = Running::start(postgres.stdout(log.try_clone()?).stderr(log))?;
        let postgres = Self { programs, directory: path, process };
        postgres.await_answer(interrupt)?;
        postgres.query(OWNER, &format!("CREATE DATABASE {DATABASE}"))?;
        Ok(postgres)
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://{OWNER}@localhost/{DATABASE}?host={}", self.directory.display())
    }

    /// Ends one of the connections to the database, whichever.
    pub(crate) fn cut_one(&self) -> Result<()> {
        let statement =
            format!("SELECT pg_terminate_backend(pid) {OTHERS} ORDER BY random() LIMIT 1");
        self.query(DATABASE, &statement).map(drop)
    }

    pub(crate) fn cut_all(&self) -> Result<()> {
        self.query(DATABASE, &format!("SELECT pg_terminate_backend(pid) {OTHERS}")).map(drop)
    }

    /// Kills the process of a connection: the server drops all connections without a word and
    /// recovers from its log.
    pub(crate) fn crash(&self) -> Result<()> {
        let pid = self.query(DATABASE, &format!("SELECT pid {OTHERS} LIMIT 1"))?;
        if let Ok(pid) = pid.trim().parse() {
            kill(Pid::from_raw(pid), Signal::SIGKILL)?;
        }
        Ok(())
    }

    fn await_answer(&self, interrupt: &Interrupt) -> Result<()> {
        for _ in 0..PATIENCE {
            if self.query(OWNER, "SELECT 1").is_ok() {
                return Ok(());
            }
            interrupt.sleep(Duration::from_millis(50))?;
        }
        anyhow::bail!("PostgreSQL (process {}) does not answer", self.process.id())
    }

    /// Runs the statements of a file in one transaction.
    pub(crate) fn run_file(&self, file: &Path) -> Result<()> {
        let mut psql = self.psql(DATABASE);
        psql.args(["--single-transaction", "--set", "ON_ERROR_STOP=1", "--file"]).arg(file);
        process::run(&mut psql)
    }

    /// What PostgreSQL does by itself a minute after many rows came.
    pub(crate) fn vacuum(&self) -> Result<()> {
        self.query(DATABASE, "VACUUM ANALYZE").map(drop)
    }

    pub(crate) fn version(&self) -> Result<String> {
        Ok(self.query(DATABASE, "SHOW server_version")?.trim().to_owned())
    }

    /// How long the processors have worked for it, for all of its connections.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processor_time::with_children(self.process.id())
    }

    /// A pgbench that is connected to it.
    pub(crate) fn pgbench(&self) -> Command {
        let mut pgbench = Command::new(self.programs.join("pgbench"));
        pgbench.args(["--username", OWNER, "--host"]).arg(&self.directory).arg(DATABASE);
        pgbench
    }

    fn psql(&self, database: &str) -> Command {
        let mut psql = Command::new(self.programs.join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--username", OWNER]);
        psql.args(["--dbname", database, "--host"]).arg(&self.directory);
        psql
    }

    fn query(&self, database: &str, statement: &str) -> Result<String> {
        let output = self.psql(database).args(["--command", statement]).output()?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "psql fails: {errors}");
        Ok(String::from_utf8(output.stdout)?)
    }
}

fn as_owner(program: &Path, directory: &Path) -> Command {
    let mut command = tied("setpriv", directory);
    command.args(["--reuid", OWNER, "--regid", OWNER, "--clear-groups", "--pdeathsig", "KILL"]);
    command.arg(program);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_as_many_connections_as_its_settings_say() {
        let settings = include_str!("../../../docs/configuration.md");
        let said = format!("| `DATABASE_POOL_SIZE` | {DATABASE_POOL_SIZE} |");
        assert!(settings.contains(&said), "docs/configuration.md does not say {said:?}");
    }
}
