//! How long people wait for the agent: from the server's acceptance of a submission to the start
//! of `sbatch`, and from that of a cancellation to the start of `scancel`. One at a time, at rest.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, Result, ensure};
use clap::Args;
use nix::unistd::geteuid;
use serde_json::json;

use crate::{
    interrupt::{Interrupt, Interrupted},
    lab::{
        Agent, Api, CLUSTER, Directory, EMAIL, Jobbergate, Server, Slurm, Terminal, USER, make_for,
    },
};

const DIRECTORY: &str = "/var/tmp/jobbergate-bench";
/// How long a command of Slurm may take to be called.
const DEADLINE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
/// The agent's commands; those that are measured note when they were called.
const COMMANDS: [(&str, bool); 5] =
    [("sbatch", true), ("scancel", true), ("scontrol", false), ("squeue", false), ("sacct", false)];

/// How much is measured
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Jobs to submit and to cancel
    #[arg(long, default_value_t = 60)]
    jobs: usize,
    /// A program that is built already
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Whatever happens, nothing that it started is left running.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(geteuid().is_root(), "Slurm's daemons need root: run this as root");
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let mut directory = Directory::open(DIRECTORY, false)?;
    let outcome = measure(options, &interrupt, &terminal, &directory);
    if outcome.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
        directory.keep();
        directory.print_logs();
    }
    outcome
}

fn measure(
    options: &Options,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
) -> Result<()> {
    let jobbergate = match &options.program {
        Some(path) => Jobbergate::at(path.clone()),
        None => Jobbergate::build(terminal, interrupt)?,
    };
    let slurm = Slurm::start(terminal, interrupt, directory, &[])?;
    let server = Server::start(terminal, interrupt, directory, &jobbergate)?;
    let work = directory.work(USER)?;
    let commands = Commands::new(&work)?;
    let sbatch = commands.path("sbatch");
    let sbatch = sbatch.to_str().context("the directory is no UTF-8")?;
    let settings = [("SBATCH_PATH", sbatch)];
    let agent = Agent::start(terminal, directory, &jobbergate, &server, &slurm, &settings)?;
    let api = Api::new(&server.url, &jobbergate.access_token(directory, EMAIL, HOUR)?);
    let script = api.create("/job-scripts", &json!({"name": "bench"}))?;
    let upload = format!("/job-scripts/{script}/upload/ENTRYPOINT");
    api.upload(&upload, "job.sh", "#!/bin/sh\n#SBATCH -o /dev/null\nsleep 600\n")?;

    // Until everything has come to rest.
    interrupt.sleep(Duration::from_secs(3))?;
    let (mut submitting, mut cancelling) = (Vec::new(), Vec::new());
    for number in 1..=options.jobs {
        terminal.passing(&format!("job {number} of {}", options.jobs));
        let job = json!({"name": "bench", "job_script_id": script, "client_id": CLUSTER,
            "execution_directory": work});
        let id = api.create("/job-submissions", &job)?;
        submitting.push(commands.called(interrupt, "sbatch", number, now()?)?);
        let began = Instant::now();
        while api.get(&format!("/job-submissions/{id}"))?["status"] != "SUBMITTED" {
            ensure!(began.elapsed() < DEADLINE, "submission {id} is not submitted");
            interrupt.sleep(Duration::from_millis(20))?;
        }
        // At rest, and not always at the same moment of anybody's interval.
        let pause = 1000 + u64::try_from(number)? * 137 % 700;
        interrupt.sleep(Duration::from_millis(pause))?;
        api.put(&format!("/job-submissions/cancel/{id}"))?;
        cancelling.push(commands.called(interrupt, "scancel", number, now()?)?);
        interrupt.sleep(Duration::from_millis(pause))?;
    }
    terminal.heading(&format!("{} jobs, one at a time:", options.jobs));
    say(terminal, "accepted → sbatch started", submitting, [100, 500]);
    say(terminal, "cancelled → scancel started", cancelling, [500, 500]);
    let memory = [server.service.memory()?, agent.service.memory()?].map(|bytes| bytes >> 20);
    terminal.say(&format!("  memory: server {} MiB, agent {} MiB", memory[0], memory[1]));
    Ok(())
}

/// Prints the middle and the 99th percentile beside what they should be, in milliseconds.
fn say(terminal: &Terminal, name: &str, mut times: Vec<Duration>, targets: [u128; 2]) {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent).div_ceil(100).saturating_sub(1));
    for (percent, target) in [50, 99].into_iter().zip(targets) {
        let measured = at(percent).copied().unwrap_or_default().as_millis();
        let verdict = if measured <= target { "✓" } else { "missed" };
        terminal
            .say(&format!("  {name:<30} p{percent} {measured:>5} ms   ≤ {target} ms  {verdict}"));
    }
}

fn now() -> Result<Duration> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?)
}

/// Slurm's commands, which note when they were called.
struct Commands {
    directory: PathBuf,
}

impl Commands {
    fn new(work: &Path) -> Result<Self> {
        let directory = work.join("commands");
        make_for(&directory, USER)?;
        let commands = Self { directory };
        for (name, noted) in COMMANDS {
            let calls = commands.calls(name);
            let note =
                if noted { format!("date +%s%N >> {}\n", calls.display()) } else { String::new() };
            let text = format!("#!/bin/sh\n{note}exec /usr/bin/{name} \"$@\"\n");
            fs::write(commands.path(name), text)?;
            fs::set_permissions(commands.path(name), Permissions::from_mode(0o755))?;
            fs::write(&calls, "")?;
            fs::set_permissions(&calls, Permissions::from_mode(0o666))?;
        }
        Ok(commands)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn calls(&self, name: &str) -> PathBuf {
        self.directory.join(format!("{name}.calls"))
    }

    /// How long after `accepted` a command was called for the so many-th time.
    fn called(
        &self,
        interrupt: &Interrupt,
        name: &str,
        number: usize,
        accepted: Duration,
    ) -> Result<Duration> {
        let began = Instant::now();
        loop {
            let calls = fs::read_to_string(self.calls(name))?;
            if let Some(line) = calls.lines().nth(number - 1).filter(|_| calls.ends_with('\n')) {
                let called = Duration::from_nanos(line.parse()?);
                return Ok(called.saturating_sub(accepted));
            }
            ensure!(began.elapsed() < DEADLINE, "{name} is not called");
            interrupt.sleep(Duration::from_millis(5))?;
        }
    }
}
