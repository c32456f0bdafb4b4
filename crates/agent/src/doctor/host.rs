//! The machine that the agent runs on: its state directory and its own user.

use std::{
    fs::{self, File},
    io::{self, Write},
    net::TcpListener,
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::Path,
};

use nix::{libc, unistd::geteuid};

use crate::{config::AgentConfig, run_as::Account, separate, slurm::SlurmError, user_map::Mapping};
use jobbergate_doctor::Problem;

const CHOOSE: &str = "make it a directory that this user may write to, or choose another one with \
                      JOBBERGATE_AGENT_STATE_DIR";

pub(super) async fn check_journal(config: &AgentConfig) -> Result<String, Problem> {
    let wrong = |path: &Path, error: io::Error| {
        let full = error.kind() == io::ErrorKind::StorageFull;
        let advice = if full { "make room there" } else { CHOOSE };
        Problem::new(format!("{}: {error}", path.display()), advice)
    };
    let directory = config.state_directory().map_err(|error| Problem::new(error, CHOOSE))?;
    let shown = directory.display();
    if !directory.exists() {
        let parent = directory.ancestors().find(|parent| parent.exists()).unwrap_or(&directory);
        try_writing(parent).map_err(|error| wrong(parent, error))?;
        return Ok(format!("{shown} is not there yet, `jobbergate agent` makes it"));
    }
    check_owner(config, &directory)?;
    try_writing(&directory).map_err(|error| wrong(&directory, error))?;
    let in_use = is_in_use(&directory).map_err(|error| wrong(&directory, error))?;
    Ok(if in_use { format!("{shown}, an agent is using it") } else { shown.to_string() })
}

/// Whether the agent starts in a directory of that owner.
fn check_owner(config: &AgentConfig, directory: &Path) -> Result<(), Problem> {
    let Some(name) = &config.separation.run_as else {
        return separate::check_state(directory).map_err(|error| {
            Problem::new(error, "or choose another with JOBBERGATE_AGENT_STATE_DIR")
        });
    };
    let Ok(Some(account)) = Account::by_name(name) else { return Ok(()) };
    let shown = directory.display();
    match fs::metadata(directory).map(|metadata| metadata.uid()) {
        Ok(owner) if owner != 0 && owner != account.uid.as_raw() => Err(Problem::new(
            format!("{shown} belongs to the user {owner}, neither to {name} nor to root"),
            format!("say `chown -R -h {name}: {shown}` while no agent uses it, or {CHOOSE}"),
        )),
        _ => Ok(()),
    }
}

/// Whether the address for Prometheus is to be had.
pub(super) async fn check_figures(config: &AgentConfig) -> Result<String, Problem> {
    let Some(address) = config.prometheus.metrics_listen else {
        return Ok("not to be read without JOBBERGATE_AGENT_METRICS_LISTEN".to_owned());
    };
    let runs = config.state_directory().is_ok_and(|state| is_in_use(&state).unwrap_or(false));
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && runs => {
            Ok(format!("{address} is in use, as is the journal by an agent"))
        }
        Err(error) => Err(Problem::new(
            format!("{address}: {error}"),
            "choose another address with JOBBERGATE_AGENT_METRICS_LISTEN, or end what listens there",
        )),
    }
}

fn try_writing(directory: &Path) -> io::Result<()> {
    let probe = directory.join(format!(".doctor-{}", std::process::id()));
    // Root must not be led elsewhere by a link that somebody else made there.
    let written = File::create_new(&probe).and_then(|mut file| file.write_all(b"probe"));
    // On a full disk there may be an empty file.
    let removed = fs::remove_file(&probe);
    written.and(removed)
}

fn is_in_use(directory: &Path) -> io::Result<bool> {
    let mut open = File::options();
    open.read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let Ok(lock) = open.open(directory.join("lock")) else { return Ok(false) };
    match lock.try_lock() {
        Ok(()) => Ok(false),
        Err(fs::TryLockError::WouldBlock) => Ok(true),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

pub(super) async fn check_user(config: &AgentConfig) -> Result<String, Problem> {
    if let Some(name) = &config.separation.run_as {
        return check_separated(config, name).await;
    }
    if geteuid().is_root() {
        return Ok("root, which becomes the user of each owner".to_owned());
    }
    let own = Account::own().map_err(|error| {
        Problem::new(
            format!("it cannot be looked up: {error}"),
            "see that it has an entry in passwd",
        )
    })?;
    let name = own.name;
    let map = config.user_map();
    match map.as_ref().map(|map| map.mapping()) {
        Ok(Mapping::Single(everybody)) if *everybody != name => Err(Problem::new(
            format!("it is {name}, who cannot submit as {everybody}"),
            "run the agent as root, or as that user",
        )),
        Ok(Mapping::Single(_)) => Ok(format!("{name}, who submits the jobs of everybody")),
        _ => Err(Problem::new(
            format!("it is {name}, who can submit as nobody else"),
            "run the agent as root, or map everybody to that user (single-user)",
        )),
    }
}

/// Whether the agent can give up root and do its work nevertheless.
async fn check_separated(config: &AgentConfig, name: &str) -> Result<String, Problem> {
    let setting = |why: String| Problem::new(why, "correct JOBBERGATE_AGENT_RUN_AS");
    if !geteuid().is_root() {
        let advice = "start the agent, and this, as root; or remove JOBBERGATE_AGENT_RUN_AS";
        return Err(Problem::new(format!("it cannot become {name} and keep a helper"), advice));
    }
    let account = Account::by_name(name).map_err(|e| setting(format!("{name}: {e}")))?;
    let account = account.ok_or_else(|| setting(format!("there is no user {name}")))?;
    if account.uid.is_root() {
        return Err(setting("root can't be given up for root".to_owned()));
    }
    // What Slurm does not say now is for the other checks to tell.
    match config.slurm().check_sight_of(name).await {
        Err(error @ SlurmError::Hidden(_)) => {
            Err(Problem::new(error, "make it an operator, or run the agent as root"))
        }
        _ => Ok(format!("{name} once it was started as root, with a helper that stays root")),
    }
}
