//! Gives up the privileges of an agent that was started as root.
//!
//! A helper is started that keeps them ([`crate::helper`]), and the rest of the program becomes
//! another user for good. That is done first of all: before there are threads, connections, or
//! anything that could be attacked.

pub mod config;
mod state;

use std::{
    fs, io,
    os::{
        fd::OwnedFd,
        unix::{fs::MetadataExt, process::CommandExt},
    },
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

use caps::CapSet;
use nix::{
    sys::prctl,
    unistd::{self, geteuid, setgroups, setresgid, setresuid},
};

use crate::{
    acting::{self, Link, wire},
    config::AgentConfig,
    error::AgentError,
    helper::{self, policy::Policy},
    run_as::Account,
    user_map::Mapping,
};

/// What the helper is given of the environment.
const PASSED_ON: [&str; 4] = ["LANG", "SLURM_CONF", "LOG_LEVEL", "JOBBERGATE_LOG_FORMAT"];

/// What the hidden subcommand is called that is the helper.
pub const SUBCOMMAND: &str = "agent-helper";

fn wrong(message: impl Into<String>) -> AgentError {
    AgentError::Configuration(message.into())
}

/// Separates the agent from its privileges, if the settings say so. `log` is what the helper is told
/// of how to write its log. To be called while the program has one thread and no connection.
///
/// # Errors
/// When it can't be done: then the agent must not go on.
pub fn separate(config: &mut AgentConfig, log: &[String]) -> Result<(), AgentError> {
    let Some(name) = config.separation.run_as.clone() else { return Ok(()) };
    let account = account(&name)?;
    let only = match config.user_map()?.mapping() {
        Mapping::Single(user) => Some(user.clone()),
        _ => None,
    };
    // What only root may read.
    config.keep_secret()?;
    check_notes(config)?;
    let directory = config.state_directory()?;
    state::hand_over(&directory, &account).map_err(|e| {
        let shown = directory.display();
        wrong(format!(
            "the state directory {shown} cannot be given to the user {name}: {e}. Make it with \
             `install -d -m 700 -o {name} {shown}`"
        ))
    })?;
    config.state_dir = Some(directory);
    let paths = config.slurm().paths;
    let (agent, accounts) = (name.clone(), config.users.accounts());
    let policy = Policy { sbatch: paths.sbatch, scancel: paths.scancel, agent, only, accounts };
    let failed = |what: &str, error: &dyn std::fmt::Display| wrong(format!("{what}: {error}"));
    let socket =
        start_helper(&policy, log).map_err(|e| failed("the helper cannot be started", &e))?;
    give_up(&account).map_err(|e| failed(&format!("the agent cannot become {name}"), &e))?;
    check_sight()?;
    let link = Link::new(socket).map_err(|e| failed("the helper cannot be heard", &e))?;
    acting::through(Arc::new(link));
    config.separation.done = true;
    Ok(())
}

/// Root does not work in a directory that somebody else could fill with links.
///
/// # Errors
/// When this is root, and the state directory somebody else's.
pub fn check_state(directory: &Path) -> Result<(), AgentError> {
    match fs::metadata(directory) {
        Ok(metadata) if geteuid().is_root() && metadata.uid() != 0 => Err(wrong(format!(
            "the state directory {0} belongs to the user {1}, not to root. Set \
             JOBBERGATE_AGENT_RUN_AS to that user, or, where it was that and shall be no more, say \
             `chown -R -h root: {0}`",
            directory.display(),
            metadata.uid()
        ))),
        _ => Ok(()),
    }
}

fn account(name: &str) -> Result<Account, AgentError> {
    if !geteuid().is_root() {
        return Err(wrong(format!(
            "JOBBERGATE_AGENT_RUN_AS={name}: the agent must be started as root, which it gives up. \
             Without the setting it submits as its own user only"
        )));
    }
    let found = Account::by_name(name)
        .map_err(|e| wrong(format!("JOBBERGATE_AGENT_RUN_AS: looking up {name:?}: {e}")))?;
    let account = found.ok_or_else(|| {
        wrong(format!(
            "JOBBERGATE_AGENT_RUN_AS: there is no user {name:?}. Make one with `useradd --system \
             --user-group --no-create-home --shell /usr/sbin/nologin {name}`"
        ))
    })?;
    if account.uid.is_root() {
        return Err(wrong("JOBBERGATE_AGENT_RUN_AS must be a user other than root"));
    }
    Ok(account)
}

/// What the Python agent noted must be seen: a job that is overlooked would be submitted again.
fn check_notes(config: &AgentConfig) -> Result<(), AgentError> {
    for directory in config.cache_directories() {
        let Ok(files) = fs::read_dir(&directory) else { continue };
        let is_note =
            |file: &fs::DirEntry| file.path().extension() == Some("slurm_job_id".as_ref());
        if files.flatten().any(|file| is_note(&file)) {
            return Err(wrong(format!(
                "there are jobs that the Python agent had not reported in {}: run the agent without \
                 JOBBERGATE_AGENT_RUN_AS until no file NUMBER.slurm_job_id is left there",
                directory.display()
            )));
        }
    }
    Ok(())
}

fn start_helper(policy: &Policy, log: &[String]) -> io::Result<OwnedFd> {
    let (ours, theirs) = wire::pair()?;
    let mut helper = Command::new("/proc/self/exe");
    helper.arg0(helper::NAME).arg(SUBCOMMAND).args(policy.arguments()).args(log).env_clear();
    helper.envs(PASSED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    helper.current_dir("/").stdin(Stdio::from(theirs)).stdout(Stdio::null());
    // Nobody waits for it: without it the agent ends, and then it has another parent.
    helper.spawn()?;
    Ok(ours)
}

/// Makes this process, whose only thread this is, another user's, without a way back.
fn give_up(account: &Account) -> io::Result<()> {
    caps::clear(None, CapSet::Ambient).map_err(io::Error::other)?;
    caps::clear(None, CapSet::Bounding).map_err(io::Error::other)?;
    caps::clear(None, CapSet::Inheritable).map_err(io::Error::other)?;
    let Account { uid, gid, groups, .. } = account;
    setgroups(groups)?;
    setresgid(*gid, *gid, *gid)?;
    setresuid(*uid, *uid, *uid)?;
    prctl::set_no_new_privs()?;
    // What could be taken back was not given up.
    let root = unistd::Uid::from_raw(0);
    let has_way_back = setresuid(root, root, root).is_ok() || unistd::getuid() != *uid;
    let sets = [CapSet::Permitted, CapSet::Effective, CapSet::Inheritable, CapSet::Bounding];
    for set in sets {
        if !caps::read(None, set).map_err(io::Error::other)?.is_empty() || has_way_back {
            return Err(io::Error::other("it would keep privileges"));
        }
    }
    Ok(())
}

/// Whether an `sbatch` still runs is seen in `/proc`.
fn check_sight() -> Result<(), AgentError> {
    if Path::new("/proc/1/stat").exists() && fs::read("/proc/1/stat").is_ok() {
        return Ok(());
    }
    Err(wrong(
        "the agent's user sees no processes of others: /proc is mounted with hidepid. Mount it with \
         gid= of a group that JOBBERGATE_AGENT_RUN_AS is in, or without hidepid",
    ))
}
