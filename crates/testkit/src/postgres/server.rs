//! The server process behind [`Postgres`](super::Postgres).

use std::{
    env,
    fs::{self, File},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use nix::sys::signal::Signal;

use crate::owner::Owner;

/// Speed over safety: nothing in there outlives a crash, nor is it meant to.
const SETTINGS: &str = "
listen_addresses = ''
max_connections = 200
shared_buffers = 64MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_init_zero = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 4GB
autovacuum = off
jit = off
timezone = 'UTC'
";

/// Held as long as this process lives: the server isn't stopped under it.
static IN_USE: Mutex<Option<File>> = Mutex::new(None);

/// Starts the server unless it runs, and gives the directory of its socket.
pub(super) fn start_once() -> Result<PathBuf> {
    let programs = Programs::find()?;
    let owner = Owner::find(&["postgres", "nobody"])?;
    let directory = crate::directory::shared()?.join("postgres");
    fs::create_dir_all(&directory)?;
    owner.take(&directory, 0o700)?;

    let mut in_use = IN_USE.lock().map_err(|_| anyhow!("starting PostgreSQL panicked before"))?;
    if in_use.is_none() {
        *in_use = Some(owner.mark_used(&directory)?);
    }
    let starting = File::create(directory.join("starting"))?;
    starting.lock()?;
    if UnixStream::connect(directory.join(".s.PGSQL.5432")).is_err() {
        start(&programs, &owner, &directory)?;
    }
    Ok(directory)
}

fn start(programs: &Programs, owner: &Owner, directory: &Path) -> Result<()> {
    let data = directory.join("data");
    if data.exists() {
        fs::remove_dir_all(&data).context("can't remove the data of the last run")?;
    }
    let _ = fs::remove_file(directory.join("log"));
    initialize(programs, owner, directory, SETTINGS)?;
    let pid = launch(programs, owner, directory)?;
    owner.stop_when_unused(directory, &pid, Signal::SIGINT)
}

/// Makes a new server's data in `directory`, where its socket will be.
pub(super) fn initialize(
    programs: &Programs,
    owner: &Owner,
    directory: &Path,
    settings: &str,
) -> Result<()> {
    let data = directory.join("data");
    run(owner
        .command(&programs.initdb, directory)
        .args(["--username", super::USER, "--auth", "trust", "--no-sync"])
        .args(["--encoding", "UTF8", "--locale", "C.UTF-8", "--pgdata"])
        .arg(&data))?;
    let settings = format!("{settings}unix_socket_directories = '{}'\n", directory.display());
    let conf = data.join("postgresql.auto.conf");
    fs::write(&conf, settings)?;
    owner.take(&conf, 0o600)
}

/// Starts the server whose data is in `directory`; its process.
pub(super) fn launch(programs: &Programs, owner: &Owner, directory: &Path) -> Result<String> {
    let (data, log) = (directory.join("data"), directory.join("log"));
    run(owner
        .command(&programs.pg_ctl, directory)
        .args(["start", "--wait", "--silent", "--timeout", "60", "--pgdata"])
        .arg(&data)
        .arg("--log")
        .arg(&log))
    .with_context(|| format!("{}:\n{}", log.display(), last_lines(&log)))?;
    let pid_file = fs::read_to_string(data.join("postmaster.pid"))?;
    Ok(pid_file.lines().next().context("postmaster.pid is empty")?.to_owned())
}

pub(super) fn run(command: &mut Command) -> Result<()> {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().with_context(|| format!("can't run {command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr),
    );
    Ok(())
}

fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_else(|error| error.to_string());
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}

/// Debian keeps the server's programs out of PATH, a directory for each version.
pub(super) struct Programs {
    initdb: PathBuf,
    pub(super) pg_ctl: PathBuf,
    pub(super) pg_basebackup: PathBuf,
}

impl Programs {
    pub(super) fn find() -> Result<Self> {
        let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path().join("bin"))
            .collect();
        versions.sort_by_key(|path| version(path));
        versions.reverse();
        let path = env::var_os("PATH").unwrap_or_default();
        versions.extend(env::split_paths(&path));
        let Some(directory) = versions.iter().find(|path| has_server(path)) else {
            bail!(
                "PostgreSQL isn't installed: run `cargo xtask test`, which installs what the tests \
                 need (Debian: `apt-get install postgresql`)"
            );
        };
        let program = |name: &str| directory.join(name);
        let (initdb, pg_ctl) = (program("initdb"), program("pg_ctl"));
        Ok(Self { initdb, pg_ctl, pg_basebackup: program("pg_basebackup") })
    }
}

fn version(bin: &Path) -> Option<u32> {
    bin.parent()?.file_name()?.to_str()?.parse().ok()
}

fn has_server(directory: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| directory.join(program).is_file())
}
