//! Jobs of many users while server, agent, Slurm and database fail every second or two, and the
//! check that each script ran exactly once and everybody was told the truth.

mod evidence;
mod faults;
mod ground_truth;
mod helper;
mod outcome;
mod plan;
mod python;
mod report;
mod sbatch;
mod users;
mod verdict;
mod wishes;

use std::{
    path::PathBuf,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, ensure};
use clap::{Args, ValueEnum};
use fastrand::Rng;
use nix::unistd::geteuid;

use crate::{
    interrupt::{Interrupt, Interrupted},
    lab::{
        Agent, Api, CLUSTER, Database, Directory, EMAIL, Jobbergate, Place, Postgres, Proxy,
        Server, Slurm, Terminal, USER,
    },
};
use evidence::Sources;
use faults::Victims;
use ground_truth::GroundTruth;
use helper::Helper;
use outcome::Settled;
use plan::{Cast, Fault, Target};
use python::PythonAgent;
use report::Report;
use sbatch::FaultySbatch;
use users::Users;
use verdict::{Findings, judge};

const DIRECTORY: &str = "/var/tmp/jobbergate-torture";
/// What the state directories and the logs of the cluster's agents are called.
const AGENTS: [&str; 2] = ["agent", "agent-2"];
const PYTHON: &str = "python-agent";
/// How long everything may take to settle after the last fault.
const SETTLED_WITHIN: Duration = Duration::from_secs(180);
/// How long a token is good beyond the faults.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// Shorter than usual, so that a minute is enough to see what becomes of them.
const AGENT_SETTINGS: [(&str, &str); 3] =
    [("SBATCH_TIMEOUT_SECONDS", "10"), ("SLURM_TIMEOUT_SECONDS", "10"), ("VANISHED_SECONDS", "20")];
const SLURM_COMMANDS: [(&str, &str); 3] = [
    ("SACCT_PATH", "/usr/bin/sacct"),
    ("SCONTROL_PATH", "/usr/bin/scontrol"),
    ("SQUEUE_PATH", "/usr/bin/squeue"),
];
/// A job that Slurm itself starts again would run twice, or be held until somebody releases it.
const NO_REQUEUE: &str = "JobRequeue=0";
/// How long ended jobs count where there may be few: long enough for an agent that was gone.
const FEW_JOBS_AGE: &str = "60";

/// What fails, and how much of it
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Jobs to submit
    #[arg(long, default_value_t = 200)]
    submissions: usize,
    /// How long faults come
    #[arg(long, default_value_t = 3.0)]
    minutes: f64,
    /// The server's database
    #[arg(long, value_enum, default_value_t = Database::Postgres)]
    database: Database,
    /// How many agents of ours share the cluster
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    agents: u8,
    /// Let the Python agent work beside ours; then only our agents, their networks and their sbatch
    /// fail, and users share no directories
    #[arg(long)]
    beside_python: bool,
    /// Let our agents give up root; then their helpers fail, too
    #[arg(long)]
    separated: bool,
    /// How many jobs Slurm takes at once, those that ended within a minute included (MaxJobCount)
    #[arg(long)]
    max_jobs: Option<u32>,
    /// Start of the random choices; the same seed brings the same jobs and the same faults in the
    /// same order [default: another one each time]
    #[arg(long)]
    seed: Option<u64>,
    /// Keep database, journal, logs and what the jobs wrote
    #[arg(long)]
    keep: bool,
    /// Torture this program instead of building one
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

impl Options {
    fn cast(&self) -> Cast {
        Cast {
            postgres: self.database == Database::Postgres,
            agents: self.agents.into(),
            python: self.beside_python,
            separated: self.separated,
        }
    }

    /// What this run's Slurm is told.
    fn slurm_settings(&self) -> Vec<(&str, String)> {
        let Some(most) = self.max_jobs else {
            return vec![("EXTRA_CONF", NO_REQUEUE.to_owned())];
        };
        let limited = format!("{NO_REQUEUE}\nMaxJobCount={most}");
        vec![("EXTRA_CONF", limited), ("MIN_JOB_AGE", FEW_JOBS_AGE.to_owned())]
    }
}

/// Fails when a promise was broken. Whatever happens, nothing that it started is left running.
pub(crate) fn run(options: &Options) -> Result<()> {
    ensure!(geteuid().is_root(), "Slurm's daemons need root: run the torture as root");
    let most = f64::from(u16::MAX);
    ensure!((0.0..most).contains(&options.minutes), "--minutes must be from 0 to {most}");
    let interrupt = Interrupt::register()?;
    let terminal = Terminal::new();
    let mut directory = Directory::open(DIRECTORY, false)?;
    helper::end_leftovers(directory.path())?;
    if options.keep {
        directory.keep();
    }
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1_000_000));
    let outcome = torture(options, seed, &interrupt, &terminal, &directory);
    if outcome.as_ref().is_err_and(|error| !error.is::<Interrupted>()) {
        directory.keep();
    }
    terminal.say(&format!("Again:  {}", command(options, seed)));
    outcome
}

fn torture(
    options: &Options,
    seed: u64,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
) -> Result<()> {
    let length = Duration::from_secs_f64(options.minutes * 60.0);
    let mut rng = Rng::with_seed(seed);
    let wishes =
        wishes::wishes(&mut rng.fork(), options.submissions, length, !options.beside_python);
    let plan = plan::plan(&mut rng, length, options.cast());
    let mut jobbergate =
        Jobbergate::named_or_built(options.program.as_deref(), terminal, interrupt)?;
    let settings = options.slurm_settings();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let slurm = Slurm::start(terminal, interrupt, directory, &settings)?;
    let mut victims = start(options, interrupt, terminal, directory, &mut jobbergate, slurm)?;
    let work = directory.work(USER)?;
    let token = jobbergate.access_token(directory, EMAIL, length + DAY)?;
    let api = Api::new(&victims.server.url, &token);
    let ground_truth = GroundTruth::new(&work);

    terminal.say(&format!("Seed {seed}: {} submissions in {length:?}", options.submissions));
    let began = Instant::now();
    let users = Users {
        api: &api,
        interrupt,
        work: &work,
        ground_truth: &ground_truth,
        began,
        deadline: began + length + SETTLED_WITHIN,
        wishes: Mutex::new(wishes.into()),
        memories: Mutex::default(),
        failed_requests: AtomicU32::new(0),
        over: AtomicBool::new(false),
    };
    let faults =
        endure(&users, || victims.suffer(&plan, terminal, interrupt, directory.log("faults")?))?;
    let ceased = Instant::now();
    let settled = outcome::settle(&api, &victims.slurm, terminal, interrupt, SETTLED_WITHIN)?;
    let claims = || claimed(&jobbergate, directory);
    outcome::find_out_withdrawn(claims, terminal, interrupt, SETTLED_WITHIN)?;
    victims.check()?;
    let (took, settling) = (began.elapsed(), ceased.elapsed());

    let (memories, failed_requests) = users.told();
    let findings = Findings {
        outcomes: &settled.outcomes,
        memories: &memories,
        runs: &ground_truth.runs()?,
        controller_killed: faults.contains_key(&Fault::Kill(Target::Controller)),
    };
    let python_jobs = victims.python.as_ref().map(PythonAgent::calls);
    let report = Report {
        findings: &findings,
        faults: &faults,
        failed_requests,
        python_jobs,
        took,
        settling,
    };
    report.print(terminal);
    conclude(&findings, &settled, &mut victims, directory)?;
    let claims = claimed(&jobbergate, directory)?;
    ensure!(claims.is_empty(), "agents have claims after they were stopped:\n{claims}");
    terminal.done("Every script ran exactly once, or not at all where that was said");
    Ok(())
}

/// What agents have claimed. A lease that holds nothing is soon over.
fn claimed(jobbergate: &Jobbergate, directory: &Directory) -> Result<String> {
    let claims = jobbergate.claims(directory)?;
    let claims: Vec<&str> = claims.lines().filter(|line| !line.ends_with("\t0\t0\t0")).collect();
    Ok(claims.join("\n"))
}

/// Lets users submit while the faults come.
fn endure<T>(users: &Users<'_>, faults: impl FnOnce() -> Result<T>) -> Result<T> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..users::AT_ONCE).map(|_| scope.spawn(|| users.work())).collect();
        // Programs end with the thread that started them: the faults come from this one.
        let suffered = faults();
        users.over.store(suffered.is_err(), Ordering::Relaxed);
        let worked: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        let suffered = suffered?;
        for worker in worked {
            worker.map_err(|_| anyhow!("a user panicked"))??;
        }
        Ok(suffered)
    })
}

/// Prints what must not be, and fails if there is anything.
fn conclude(
    findings: &Findings<'_>,
    settled: &Settled,
    victims: &mut Victims,
    directory: &Directory,
) -> Result<()> {
    let violations = judge(findings);
    // They keep others out of their journals.
    victims.agents.iter_mut().for_each(|agent| agent.service.stop());
    let logs = directory.logs();
    let names = &AGENTS[..victims.agents.len()];
    let sources = Sources {
        slurm: &victims.slurm,
        runs: findings.runs,
        journals: names
            .iter()
            .map(|name| directory.path().join(name).join("journal.sqlite"))
            .collect(),
        logs: [victims.sbatch.calls(), logs.join("server")]
            .into_iter()
            .chain(names.iter().map(|name| logs.join(name)))
            .chain([logs.join(PYTHON), directory.slurm().join("log/slurmctld.log")])
            .collect(),
    };
    violations.iter().for_each(|violation| sources.print(violation));
    let jobs_left = &settled.jobs_left;
    ensure!(jobs_left.is_empty(), "jobs are left in Slurm:\n{jobs_left}");
    ensure!(violations.is_empty(), "{} promises were broken, see above", violations.len());
    Ok(())
}

fn start(
    options: &Options,
    interrupt: &Interrupt,
    terminal: &Terminal,
    directory: &Directory,
    jobbergate: &mut Jobbergate,
    slurm: Slurm,
) -> Result<Victims> {
    let sbatch = FaultySbatch::new(&directory.work(USER)?)?;
    let postgres = options.database.start(interrupt, directory)?;
    jobbergate.database_url = postgres.as_ref().map(Postgres::url);
    let server = Server::start(terminal, interrupt, directory, jobbergate)?;
    let path = sbatch.path().to_string_lossy().into_owned();
    let mut settings = vec![("SBATCH_PATH", path.as_str())];
    settings.extend(AGENT_SETTINGS);
    if options.separated {
        settings.push(("RUN_AS", helper::AGENT_USER));
        // Only the owner of jobs gets at what lies beside sbatch.
        settings.extend(SLURM_COMMANDS);
    }
    let secret = jobbergate.client_secret(directory, CLUSTER)?;
    let (mut agents, mut networks) = (Vec::new(), Vec::new());
    for name in &AGENTS[..options.agents.into()] {
        let network = Proxy::start(&server.authority)?;
        let place = Place { name, authority: &network.authority, secret: &secret };
        agents.push(Agent::start_at(&place, terminal, directory, jobbergate, &slurm, &settings)?);
        networks.push(network);
    }
    let python = match options.beside_python {
        true => {
            let place = Place { name: PYTHON, authority: &server.authority, secret: &secret };
            Some(PythonAgent::start(&place, terminal, directory, &slurm)?)
        }
        false => None,
    };
    let helpers = (0..options.agents).filter(|_| options.separated).map(|_| Helper::default());
    let helpers = helpers.collect();
    Ok(Victims { server, agents, helpers, networks, python, slurm, sbatch, postgres })
}

/// The command that does the same again.
fn command(options: &Options, seed: u64) -> String {
    let Options { submissions, minutes, database, agents, .. } = options;
    let database = database.to_possible_value().map(|value| value.get_name().to_owned());
    let program = options.program.iter().map(|path| format!(" --program {}", path.display()));
    format!(
        "cargo xtask torture --submissions {submissions} --minutes {minutes} --database {} \
         --agents {agents}{}{}{} --seed {seed}{}",
        database.unwrap_or_default(),
        if options.beside_python { " --beside-python" } else { "" },
        if options.separated { " --separated" } else { "" },
        options.max_jobs.map(|most| format!(" --max-jobs {most}")).unwrap_or_default(),
        program.collect::<String>(),
    )
}
