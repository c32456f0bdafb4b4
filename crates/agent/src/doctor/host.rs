//! The machine that the agent runs on: its state directory and its own user.

use std::{fs, io, path::Path};

use nix::unistd::geteuid;

use crate::{config::AgentConfig, run_as::Account, user_map::Mapping};
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
    let written = fs::write(&probe, "probe");
    // On a full disk there may be an empty file.
    let removed = fs::remove_file(&probe);
    written.and(removed)
}

fn is_in_use(directory: &Path) -> io::Result<bool> {
    let Ok(lock) = fs::File::open(directory.join("lock")) else { return Ok(false) };
    match lock.try_lock() {
        Ok(()) => Ok(false),
        Err(fs::TryLockError::WouldBlock) => Ok(true),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

pub(super) async fn check_user(config: &AgentConfig) -> Result<String, Problem> {
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
