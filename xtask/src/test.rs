//! Runs the tests with everything they need.

use std::{
    env, fs,
    io::ErrorKind,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, geteuid},
};

use crate::{
    interop,
    interrupt::Interrupt,
    lab::{Database, Terminal},
    packages,
    process::{cargo, output, run as run_command},
};

/// Where the testkit keeps the Slurms that it starts.
const SLURM_LABS: [&str; 6] = [
    "/var/tmp/jobbergate-slurm-test",
    "/var/tmp/jobbergate-slurm-test-faults",
    "/var/tmp/jobbergate-slurm-test-metrics",
    "/var/tmp/jobbergate-slurm-test-accounting",
    "/var/tmp/jobbergate-slurm-test-sibling",
    "/var/tmp/jobbergate-slurm-test-federation",
];
const SLURM_DOWN: &str = "scripts/slurm-down.sh";

/// Which tests to run
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Arguments of nextest; with any, documentation tests and today's clients are left out
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// Runs the tests; the summaries of the runner and of today's clients come last.
pub(crate) fn run(options: &Options) -> Result<()> {
    let interrupt = Interrupt::register()?;
    packages::install_postgresql()?;
    packages::install_slurm()?;
    packages::install_slurmdbd()?;
    packages::install_influxdb()?;
    packages::install_nodejs()?;
    packages::install_python_venv()?;
    packages::install_rabbitmq()?;
    packages::install_smtp()?;
    packages::install_slapd()?;
    packages::install_browser()?;
    let nextest = packages::install_nextest()?;
    interrupt.check()?;

    let peers = Peers::new();
    let documentation = match options.arguments.is_empty() {
        true => run_command(&mut cargo(&["test", "--workspace", "--doc", "--quiet"])?),
        false => Ok(()),
    };
    interrupt.check()?;
    let mut tests = match nextest {
        true => cargo(&["nextest", "run"])?,
        false => cargo(&["test", "--all-targets", "--no-fail-fast"])?,
    };
    if !options.arguments.iter().any(|argument| names_package(argument)) {
        tests.arg("--workspace");
    }
    tests.env("JOBBERGATE_TESTKIT_DIR", &peers.directory).args(&options.arguments);
    let skipped = peers.directory.with_extension("skipped");
    tests.env("JOBBERGATE_SKIPPED_TESTS", &skipped);
    if nextest && env::var_os("CI").is_some() {
        tests.args(["--profile", "ci"]);
    }
    let tested = run_command(&mut tests);
    tell_of_skipped(&skipped);
    tested?;
    interrupt.check()?;
    documentation.context("the documentation's examples, further up")?;
    drop(peers);
    if options.arguments.is_empty() {
        let clients =
            interop::check(&Terminal::new(), &interrupt, &interop::Options::all(Database::Sqlite))?;
        eprintln!("{}", clients.verdict()?);
    }
    Ok(())
}

/// Prints which tests could not be run here, and why: the runner shows nothing of tests that pass.
fn tell_of_skipped(file: &Path) {
    let Ok(skipped) = fs::read_to_string(file) else { return };
    eprintln!("Skipped:\n{skipped}");
    // There is nothing else to be done with it.
    let _ = fs::remove_file(file);
}

fn names_package(argument: &str) -> bool {
    argument.starts_with("-p") || argument.starts_with("--package")
}

/// The peers that tests share. What was started for this run ends when this is dropped.
#[derive(Debug)]
struct Peers {
    /// Where the testkit starts its peers; removed in the end.
    directory: PathBuf,
    /// The directories of the Slurms that did not run before.
    labs: Vec<&'static str>,
}

impl Peers {
    fn new() -> Self {
        if !geteuid().is_root() {
            eprintln!("Slurm's daemons need root: the tests with Slurm are going to fail");
        }
        let name = format!("jobbergate-test-{}-{}", geteuid(), process::id());
        let directory = Path::new("/var/tmp").join(name);
        let labs = SLURM_LABS.into_iter().filter(|lab| !slurm_answers(lab)).collect();
        Self { directory, labs }
    }

    /// Ends the PostgreSQL server that the testkit started, if any test needed it.
    fn stop_postgresql(&self) -> Result<()> {
        let pid_file = self.directory.join("postgres/data/postmaster.pid");
        let Ok(content) = fs::read_to_string(&pid_file) else { return Ok(()) };
        let pid = content.lines().next().context("postmaster.pid is empty")?.parse()?;
        kill(Pid::from_raw(pid), Signal::SIGINT)?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while pid_file.exists() {
            if Instant::now() > deadline {
                bail!("PostgreSQL (process {pid}) does not end");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Kills the broker that the testkit started, if any test needed it: nobody needs its data.
    fn stop_rabbitmq(&self) -> Result<()> {
        let pid_file = self.directory.join("rabbitmq/pid");
        let Ok(content) = fs::read_to_string(&pid_file) else { return Ok(()) };
        let pid = Pid::from_raw(content.trim().parse()?);
        // It may have ended by itself.
        let _ = kill(pid, Signal::SIGKILL);
        let deadline = Instant::now() + Duration::from_secs(10);
        while kill(pid, None).is_ok() {
            if Instant::now() > deadline {
                bail!("RabbitMQ (process {pid}) does not end");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn remove_directory(&self) -> Result<()> {
        match fs::remove_dir_all(&self.directory) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other.with_context(|| format!("can't remove {}", self.directory.display())),
        }
    }

    fn stop_slurm(&self) -> Result<()> {
        for lab in self.labs.iter().filter(|lab| Path::new(lab).exists()) {
            let mut down = Command::new("sh");
            down.args([SLURM_DOWN, "--wipe"]).current_dir(crate::workspace()?);
            run_command(down.env("SLURM_LAB", lab).stderr(Stdio::null()))?;
        }
        Ok(())
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let servers = [self.stop_postgresql(), self.stop_rabbitmq()];
        let rest = [self.remove_directory(), self.stop_slurm()];
        for stopped in servers.into_iter().chain(rest) {
            if let Err(error) = stopped {
                eprintln!("{error:#}");
            }
        }
    }
}

fn slurm_answers(lab: &str) -> bool {
    let configuration = Path::new(lab).join("etc/slurm.conf");
    // Slurm's programs wait a minute for a configuration that is not there.
    configuration.exists()
        && output(Command::new("scontrol").arg("ping").env("SLURM_CONF", configuration)).is_some()
}
