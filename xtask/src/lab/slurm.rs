//! A small Slurm of a run's own.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User},
};

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
    port: u16,
    /// Settings of the script that brings it up.
    settings: Vec<(String, String)>,
    remove_user: bool,
}

impl Slurm {
    /// Starts them; installs Slurm first where it is missing.
    pub(crate) fn start(
        terminal: &Terminal,
        interrupt: &Interrupt,
        directory: &Directory,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let began = Instant::now();
        let remove_user = User::from_name(USER)?.is_none();
        let settings = settings.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        let slurm = Self {
            directory: directory.slurm(),
            log: directory.log("slurm")?,
            port: free_ports()?,
            settings: settings.collect(),
            remove_user,
        };
        // A run that was killed could not do this.
        slurm.stop(&["--wipe"])?;
        terminal.passing("starting Slurm (and installing it when it is missing)");
        slurm.up(interrupt)?;
        let took = began.elapsed().as_secs_f64();
        terminal.done(&format!("Slurm runs: {NODES} nodes, user {USER} ({took:.1} s)"));
        Ok(slurm)
    }

    /// What Slurm's commands need to know.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.directory.join("etc/slurm.conf")
    }

    /// Brings up whatever of it is not running, and waits until it is ready.
    pub(crate) fn up(&self, interrupt: &Interrupt) -> Result<()> {
        let mut up = self.script(SLURM_UP)?;
        up.env("CTLD_PORT", self.port.to_string()).env("NODES", NODES.to_string());
        up.env("LAB_USERS", USER).envs(self.settings.iter().cloned());
        Running::start(&mut up)?.finish(interrupt).context("Slurm did not start")
    }

    /// Has the controller end as it should, and starts it again.
    pub(crate) fn restart_controller(&self, interrupt: &Interrupt) -> Result<()> {
        let process = self.controller()?;
        kill(process, Signal::SIGTERM)?;
        while is_running(process) {
            interrupt.sleep(Duration::from_millis(20))?;
        }
        self.up(interrupt)
    }

    pub(crate) fn signal_controller(&self, signal: Signal) -> Result<()> {
        Ok(kill(self.controller()?, signal)?)
    }

    /// Nobody can prove to Slurm who they are until it is up again.
    pub(crate) fn kill_munged(&self) -> Result<()> {
        Ok(kill(self.process("munge/pid")?, Signal::SIGKILL)?)
    }

    fn controller(&self) -> Result<Pid> {
        self.process("run/slurmctld.pid")
    }

    fn process(&self, file: &str) -> Result<Pid> {
        let pid = fs::read_to_string(self.directory.join(file));
        Ok(Pid::from_raw(pid.with_context(|| format!("there is no {file}"))?.trim().parse()?))
    }

    /// What one of Slurm's commands prints; none when it fails.
    pub(crate) fn ask(&self, program: &str, arguments: &[&str]) -> Option<String> {
        let mut command = Command::new(program);
        process::output(command.args(arguments).env("SLURM_CONF", self.configuration()))
    }

    /// Whether the controller has saved the script of a job; asking it would keep it busy.
    pub(crate) fn has_script(&self, job: usize) -> bool {
        self.directory.join(format!("state/hash.{}/job.{job}/script", job % 10)).exists()
    }

    /// How many requests clients send the controller in a second, on average of this time.
    pub(crate) fn rpcs_per_second(&self, interrupt: &Interrupt, time: Duration) -> Result<f64> {
        self.ask("sdiag", &["--reset"]).context("sdiag failed")?;
        let began = Instant::now();
        interrupt.sleep(time)?;
        let statistics = self.ask("sdiag", &[]).context("sdiag failed")?;
        Ok(count_requests(&statistics) as f64 / began.elapsed().as_secs_f64())
    }

    fn script(&self, path: &str) -> Result<Command> {
        let mut command = Command::new("sh");
        command.arg(path).current_dir(crate::workspace()?).env("SLURM_LAB", &self.directory);
        command.stdin(Stdio::null()).stdout(self.log.try_clone()?).stderr(self.log.try_clone()?);
        Ok(command)
    }

    fn stop(&self, arguments: &[&str]) -> Result<()> {
        if Path::new(&self.directory).exists() {
            process::run(self.script(SLURM_DOWN)?.args(arguments))?;
        }
        Ok(())
    }
}

impl Drop for Slurm {
    fn drop(&mut self) {
        if let Err(error) = self.stop(&[]) {
            eprintln!("{error:#}");
        }
        if self.remove_user {
            // It fails when somebody else began to use it meanwhile, which is right.
            let _ = process::output(Command::new("userdel").args(["--remove", USER]));
        }
    }
}

/// What clients asked, by what `sdiag` prints; what daemons tell each other, and `sdiag` itself, are
/// left out.
fn count_requests(statistics: &str) -> u64 {
    let by_type = statistics.split("statistics by message type").nth(1).unwrap_or_default();
    let by_type = by_type.split("statistics by user").next().unwrap_or_default();
    let of_clients = |line: &&str| {
        let of_daemons =
            ["MESSAGE_", "REQUEST_COMPLETE_", "REQUEST_STEP_COMPLETE", "REQUEST_STATS"];
        line.starts_with("REQUEST_") && !of_daemons.iter().any(|name| line.starts_with(name))
    };
    let count = |line: &str| -> Option<u64> {
        line.split("count:").nth(1)?.split_whitespace().next()?.parse().ok()
    };
    by_type.lines().map(str::trim).filter(of_clients).filter_map(count).sum::<u64>()
}

/// Whether a process has not ended, even if nobody has asked for its exit code yet.
fn is_running(process: Pid) -> bool {
    let status = fs::read_to_string(format!("/proc/{process}/status"));
    status.is_ok_and(|status| !status.contains("\nState:\tZ"))
}

/// The first of enough free ports in a row, for the controller and the nodes.
fn free_ports() -> Result<u16> {
    let is_free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let mut candidates = (FIRST_PORT..FIRST_PORT + 1000).step_by(usize::from(NODES) + 1);
    let first = candidates.find(|&first| (first..=first + NODES).all(is_free));
    first.context("there are no free ports for Slurm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_those_of_clients() {
        let printed = "Remote Procedure Call statistics by message type\n\
            \tREQUEST_PARTITION_INFO                  ( 2009) count:7      ave_time:96     total_time:672\n\
            \tREQUEST_JOB_INFO                        ( 2003) count:12     ave_time:9      total_time:1\n\
            \tMESSAGE_NODE_REGISTRATION_STATUS        ( 1002) count:4      ave_time:9      total_time:1\n\
            \tREQUEST_COMPLETE_BATCH_SCRIPT           ( 5018) count:3      ave_time:9      total_time:1\n\
            \tREQUEST_STATS_INFO                      ( 2035) count:1      ave_time:9      total_time:1\n\n\
            Remote Procedure Call statistics by user\n\
            \troot            (       0) count:27     ave_time:9      total_time:1\n";
        assert_eq!(count_requests(printed), 19);
    }
}
