//! A small Slurm of the demo's own.

use std::{
    fs::File,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result};
use nix::unistd::User;

use super::{USER, directory::Directory, terminal::Terminal};
use crate::{
    interrupt::Interrupt,
    process::{self, Running},
};

const SLURM_UP: &str = "scripts/slurm-up.sh";
const SLURM_DOWN: &str = "scripts/slurm-down.sh";
const NODES: u16 = 4;
const FIRST_PORT: u16 = 16900;

/// Controller and nodes, each a process on this machine. They end when this is dropped.
#[derive(Debug)]
pub(crate) struct Slurm {
    directory: PathBuf,
    log: File,
    remove_user: bool,
}

impl Slurm {
    /// Starts them; installs Slurm first where it is missing.
    pub(crate) fn start(
        terminal: &Terminal,
        interrupt: &Interrupt,
        directory: &Directory,
    ) -> Result<Self> {
        let began = Instant::now();
        let remove_user = User::from_name(USER)?.is_none();
        let slurm =
            Self { directory: directory.slurm(), log: directory.log("slurm")?, remove_user };
        // A demo that was killed could not do this.
        slurm.stop()?;
        terminal.passing("starting Slurm (and installing it when it is missing)");
        let mut up = slurm.script(SLURM_UP)?;
        up.env("CTLD_PORT", free_ports()?.to_string()).env("NODES", NODES.to_string());
        up.env("LAB_USERS", USER);
        Running::start(&mut up)?.finish(interrupt).context("Slurm did not start")?;
        let took = began.elapsed().as_secs_f64();
        terminal.done(&format!("Slurm runs: {NODES} nodes, user {USER} ({took:.1} s)"));
        Ok(slurm)
    }

    /// What Slurm's commands need to know.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.directory.join("etc/slurm.conf")
    }

    fn script(&self, path: &str) -> Result<Command> {
        let mut command = Command::new("sh");
        command.arg(path).current_dir(crate::workspace()?).env("SLURM_LAB", &self.directory);
        command.stdin(Stdio::null()).stdout(self.log.try_clone()?).stderr(self.log.try_clone()?);
        Ok(command)
    }

    fn stop(&self) -> Result<()> {
        if Path::new(&self.directory).exists() {
            process::run(self.script(SLURM_DOWN)?.arg("--wipe"))?;
        }
        Ok(())
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("{error:#}");
        }
        if self.remove_user {
            // It fails when somebody else began to use it meanwhile, which is right.
            let _ = process::output(Command::new("userdel").args(["--remove", USER]));
        }
    }
}

/// The first of enough free ports in a row, for the controller and the nodes.
fn free_ports() -> Result<u16> {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut candidates = (FIRST_PORT..FIRST_PORT + 1000).step_by(usize::from(NODES) + 1);
    let first = candidates.find(|&first| (first..=first + NODES).all(is_free));
    first.context("there are no free ports for Slurm")
}
