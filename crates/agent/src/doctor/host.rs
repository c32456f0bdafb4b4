//! The machine that the agent runs on: its state directory and its own user.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use nix::{libc, unistd::geteuid};

use crate::{config::AgentConfig, run_as::Account, slurm::SlurmError, user_map::Mapping};
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
    try_writing(&directory).map_err(|error| wrong(&directory, error))?;
    let in_use = is_in_use(&directory).map_err(|error| wrong(&directory, error))?;
    Ok(if in_use { format!("{shown}, an agent is using it") } else { shown.to_string() })
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
