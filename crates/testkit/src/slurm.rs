//! A real Slurm for tests, brought up by `scripts/slurm-up.sh` (which needs root on Debian).

use std::{
    fs::{self, File},
    io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::influxdb::Influxdb;

const COMMANDS: [&str; 7] =
    ["sbatch", "scancel", "scontrol", "squeue", "sacct", "sacctmgr", "sstat"];
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/slurm-up.sh");

/// A Slurm with ordinary users `alice` and `bob`. It stays up after the test, for the next.
#[derive(Debug)]
pub struct SlurmLab {
    directory: PathBuf,
    settings: Settings,
    /// Held while nobody else may use the lab.
    alone: Option<File>,
}

#[derive(Debug, Clone, Copy)]
struct Settings {
    name: &'static str,
    port: u16,
    nodes: u16,
    min_job_age: u32,
    /// Where it writes what it measures every second, if it does.
    influxdb: Option<u16>,
    /// The port of its slurmdbd, if it has one.
    slurmdbd: Option<u16>,
    cluster: &'static str,
    /// The name of the Slurm that has the slurmdbd, if this is another cluster of its federation.
    federated: Option<&'static str>,
}

/// For tests that only submit, look and cancel.
const SHARED: Settings = Settings {
    name: "test",
    port: 17817,
    nodes: 4,
    min_job_age: 300,
    influxdb: None,
    slurmdbd: None,
    cluster: "lab",
    federated: None,
};
/// For tests that stop or kill its daemons; ended jobs are soon forgotten.
const FAULTS: Settings =
    Settings { name: "test-faults", port: 17917, nodes: 1, min_job_age: 2, ..SHARED };
/// For tests of what jobs use.
const METRICS: Settings =
    Settings { name: "test-metrics", port: 18017, nodes: 2, influxdb: Some(18087), ..SHARED };
/// For tests of what accounting knows of jobs that the controller soon forgets.
const ACCOUNTING: Settings = Settings {
    name: "test-accounting",
    port: 18117,
    min_job_age: 2,
    slurmdbd: Some(18197),
    ..SHARED
};
/// For tests of federations: two clusters of one node each.
const ORIGIN: Settings =
    Settings { name: "test-federation", port: 18217, nodes: 1, slurmdbd: Some(18297), ..SHARED };
const SIBLING: Settings = Settings {
    name: "test-sibling",
    port: 18317,
    cluster: "sibling",
    federated: Some(ORIGIN.name),
    ..ORIGIN
};

impl SlurmLab {
    /// A Slurm that tests share. Safe to call from many processes at once.
    pub fn start() -> io::Result<Self> {
        let lab = Self { directory: directory(SHARED.name), settings: SHARED, alone: None };
        lab.up()?;
        Ok(lab)
    }

    /// A Slurm whose daemons may be stopped: nobody else has it until it is dropped.
    pub fn start_alone() -> io::Result<Self> {
        Self::alone(FAULTS)
    }

    /// A Slurm that measures what jobs use, and writes it to an InfluxDB at
    /// [`SlurmLab::influxdb_port`]. Nobody else has it until it is dropped.
    pub fn start_measuring() -> io::Result<Self> {
        Self::alone(METRICS)
    }

    /// A Slurm with slurmdbd and MariaDB, whose controller forgets jobs within half a minute after
    /// their end. Nobody else has it until it is dropped.
    pub fn start_accounting() -> io::Result<Self> {
        Self::alone(ACCOUNTING)
    }

    /// Two clusters of a federation. Nobody else has them until they are dropped.
    pub fn start_federation() -> io::Result<[Self; 2]> {
        Ok([Self::alone(ORIGIN)?, Self::alone(SIBLING)?])
    }

    /// Where the InfluxDB has to be that it writes to.
    pub fn influxdb_port(&self) -> Option<u16> {
        self.settings.influxdb
    }

    fn alone(settings: Settings) -> io::Result<Self> {
        let directory = directory(settings.name);
        fs::create_dir_all(&directory)?;
        let alone = File::create(directory.join("alone"))?;
        alone.lock()?;
        let lab = Self { directory, settings, alone: Some(alone) };
        lab.resume();
        lab.up()?;
        Ok(lab)
    }

    /// Brings up whatever of it is not running.
    pub fn up(&self) -> io::Result<()> {
        self.up_with("")
    }

    /// Starts the controller anew, with further lines in its configuration until the next time.
    ///
    /// # Errors
    /// When that fails; the script's words say why.
    pub fn restart_with(&self, lines: &str) -> io::Result<()> {
        self.stop_controller();
        self.up_with(lines)
    }

    fn up_with(&self, lines: &str) -> io::Result<()> {
        let Settings { port, nodes, min_job_age, influxdb, slurmdbd, .. } = self.settings;
        let mut script = Command::new(SCRIPT);
        if let Some(port) = slurmdbd {
            script.env("DBD_PORT", port.to_string());
        }
        if let Some(name) = self.settings.federated {
            script.env("FEDERATED", directory(name));
        }
        if let Some(port) = influxdb {
            script.env("JOBACCT", "linux").env("ACCT_GATHER", Influxdb::acct_gather_conf(port));
        }
        let output = script
            .env("SLURM_LAB", &self.directory)
            .env("CLUSTER", self.settings.cluster)
            .env("CTLD_PORT", port.to_string())
            .env("NODES", nodes.to_string())
            .env("MIN_JOB_AGE", min_job_age.to_string())
            .env("EXTRA_CONF", lines)
            .output()?;
        if !output.status.success() {
            return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        COMMANDS.iter().try_for_each(|command| self.wrap(command))
    }

    /// Where its configuration is: `SLURM_CONF`.
    pub fn conf(&self) -> PathBuf {
        self.directory.join("etc/slurm.conf")
    }

    /// The path of a command that talks to this Slurm, whatever the environment says.
    pub fn command(&self, name: &str) -> PathBuf {
        self.directory.join("bin").join(name)
    }

    pub fn run(&self, name: &str, arguments: &[&str]) -> io::Result<Output> {
        Command::new(self.command(name)).args(arguments).output()
    }

    /// Makes the controller hang: it listens and does not answer.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    /// Stops the controller, which saves what it knows; `up` starts it again.
    pub fn stop_controller(&self) {
        self.stop("slurmctld");
    }

    /// Stops slurmdbd; `up` starts it again.
    pub fn stop_slurmdbd(&self) {
        self.stop("slurmdbd");
    }

    fn stop(&self, daemon: &str) {
        let Some(pid) = self.daemon(daemon) else { return };
        // It may have ended just now, which is as good.
        let _ = kill(pid, Signal::SIGTERM);
        let end = Instant::now() + Duration::from_secs(20);
        while self.daemon(daemon).is_some() && Instant::now() < end {
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.daemon("slurmctld") {
            let _ = kill(pid, signal);
        }
    }

    fn daemon(&self, name: &str) -> Option<Pid> {
        let text = fs::read_to_string(self.directory.join(format!("run/{name}.pid"))).ok()?;
        let pid: i32 = text.trim().parse().ok()?;
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let is_named = status.starts_with(&format!("Name:\t{name}\n"));
        (is_named && !status.contains("\nState:\tZ")).then_some(Pid::from_raw(pid))
    }

    fn wrap(&self, name: &str) -> io::Result<()> {
        let path = self.command(name);
        let conf = self.conf();
        let text =
            format!("#!/bin/sh\nSLURM_CONF={} exec /usr/bin/{name} \"$@\"\n", conf.display());
        if fs::read_to_string(&path).is_ok_and(|present| present == text) {
            return Ok(());
        }
        fs::create_dir_all(self.directory.join("bin"))?;
        // Another test may be starting it: never show it half-written.
        let draft = path.with_extension(std::process::id().to_string());
        fs::write(&draft, text)?;
        fs::set_permissions(&draft, fs::Permissions::from_mode(0o755))?;
        fs::rename(draft, path)
    }
}

impl Drop for SlurmLab {
    fn drop(&mut self) {
        if self.alone.is_some() {
            self.resume();
        }
    }
}

fn directory(name: &str) -> PathBuf {
    Path::new("/var/tmp").join(format!("jobbergate-slurm-{name}"))
}
