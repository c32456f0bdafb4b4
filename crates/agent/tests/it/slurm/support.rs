//! Agents, jobs and waiting.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, chown},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::Utc;
use clap::Parser;
use jobbergate_agent::{
    Agent,
    acting::{self, Link},
    config::AgentConfig,
    error::AgentError,
    helper::{self, policy::Policy},
    journal::{Entry, Phase},
    run_as::Account,
    slurm::{BatchJob, Receipt, SbatchArguments, SbatchOutcome},
    tag::Tag,
    user_map::accounts::{Accounts, SupplementaryGroups},
};
use jobbergate_testkit::slurm::SlurmLab;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, socketpair};
use tempfile::TempDir;

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    agent: AgentConfig,
}

/// Settings of an agent that uses this Slurm, with more options of the command line.
pub fn config(lab: &SlurmLab, state: &Path, more: &[&str]) -> AgentConfig {
    let secret = state.join("secret");
    fs::write(&secret, "the-agents-secret").unwrap();
    let mut line = vec!["agent".to_owned()];
    line.push(format!("--sbatch-path={}", lab.command("sbatch").display()));
    line.push(format!("--state-dir={}", state.display()));
    line.push(format!("--client-secret-file={}", secret.display()));
    let usual = [
        "--oidc-domain=127.0.0.1:9/realms/r",
        "--oidc-use-https=false",
        "--oidc-client-id=lab",
        "--slurm-user-mapper=local-part",
        "--user-map-domain=lab.org",
    ];
    line.extend(usual.iter().chain(more).map(|option| (*option).to_owned()));
    Cli::try_parse_from(line).unwrap().agent
}

/// A program for the place of `sbatch`: lines of shell, in which `$real "$@"` is Slurm's own.
pub fn wrapper(lab: &SlurmLab, directory: &TempDir, lines: &str) -> PathBuf {
    let (path, draft) = (directory.path().join("sbatch"), directory.path().join("sbatch.new"));
    let real = lab.command("sbatch");
    fs::write(&draft, format!("#!/bin/sh\nreal={}\n{lines}\n", real.display())).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
    // An agent may be using the one before.
    fs::rename(draft, &path).unwrap();
    path
}

/// Has an agent use another `sbatch`, and Slurm's own other commands.
pub fn use_sbatch(config: &mut AgentConfig, lab: &SlurmLab, sbatch: PathBuf) {
    config.sbatch_path = sbatch;
    config.scancel_path = Some(lab.command("scancel"));
    config.squeue_path = Some(lab.command("squeue"));
    config.sacct_path = Some(lab.command("sacct"));
    config.scontrol_path = Some(lab.command("scontrol"));
    config.sstat_path = Some(lab.command("sstat"));
}

/// Opens an agent. With `TEST_HELPED` in the environment it acts through a helper, as one does that
/// gave up root.
pub async fn open(config: AgentConfig) -> Result<Agent, AgentError> {
    help(&config);
    Agent::open(config).await
}

/// Whom jobs run as.
pub fn accounts() -> Accounts {
    Accounts { minimum_uid: 1000, allowed: Vec::new(), groups: SupplementaryGroups::All }
}

/// Starts such a helper for all agents of this process, if that is wanted.
pub fn help(config: &AgentConfig) {
    if std::env::var_os("TEST_HELPED").is_none() || acting::is_helped() {
        return;
    }
    let (kind, flags) = (SockType::SeqPacket, SockFlag::SOCK_CLOEXEC);
    let (ours, theirs) = socketpair(AddressFamily::Unix, kind, None, flags).unwrap();
    let paths = config.slurm().paths;
    let agent = "daemon".to_owned();
    let policy = Policy {
        sbatch: paths.sbatch,
        scancel: paths.scancel,
        agent,
        only: None,
        accounts: accounts(),
    };
    std::thread::spawn(|| helper::serve(theirs, policy));
    acting::through(Arc::new(Link::new(ours).unwrap()));
}

pub async fn agent(lab: &SlurmLab, state: &TempDir, more: &[&str]) -> Agent {
    open(config(lab, state.path(), more)).await.unwrap()
}

pub fn account(name: &str) -> Account {
    Account::by_name(name).unwrap().unwrap()
}

/// A directory that belongs to a user.
pub fn workdir(user: &str) -> TempDir {
    let directory = tempfile::Builder::new().prefix("agent-it-").tempdir_in("/var/tmp").unwrap();
    let account = account(user);
    chown(directory.path(), Some(account.uid.as_raw()), Some(account.gid.as_raw())).unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

/// A job of a submission, as the agent gives it to `sbatch`.
pub struct Job {
    pub id: i64,
    pub account: Account,
    pub directory: PathBuf,
    pub script: &'static str,
    pub arguments: Vec<&'static str>,
    pub tag: Tag,
}

impl Job {
    pub fn new(user: &str, directory: &TempDir, script: &'static str) -> Self {
        Self::of(7, user, directory, script)
    }

    /// A job of this submission.
    pub fn of(id: i64, user: &str, directory: &TempDir, script: &'static str) -> Self {
        let (account, directory) = (account(user), directory.path().to_owned());
        let tag = Tag::new(id, rand::random());
        Self { id, account, directory, script, arguments: vec![], tag }
    }

    pub async fn sbatch(&self, agent: &Agent) -> SbatchOutcome {
        let arguments = self.arguments.iter().map(|a| (*a).to_owned()).collect();
        let arguments = SbatchArguments::check(arguments).unwrap();
        let receipt = Receipt::new(&agent.state_directory, &self.tag);
        let submission = BatchJob {
            account: &self.account,
            directory: &self.directory,
            arguments: &arguments,
            tag: &self.tag,
            script: self.script.as_bytes(),
            script_path: None,
            fence: None,
        };
        agent.slurm.sbatch(&submission, &receipt).await
    }

    /// Notes the intent, as the agent does before `sbatch`.
    pub async fn intend(&self, agent: &Agent) {
        let name = &self.account.name;
        agent.journal.attempt(self.id, "1@x", &self.tag, name, None, Utc::now()).await.unwrap();
    }

    pub async fn entry(&self, agent: &Agent) -> Entry {
        agent.journal.entry(self.id).await.unwrap().unwrap()
    }

    /// The comment of the job, without the tag.
    pub async fn comment(&self, agent: &Agent) -> String {
        let queue = agent.slurm.squeue(rand::random()).await.unwrap();
        let ours = queue.records().find(|record| self.tag.is_in(&record.comment)).unwrap();
        ours.comment.replace(self.tag.as_str(), "")
    }

    /// The numbers of all jobs that carry the tag.
    pub async fn jobs(&self, agent: &Agent) -> Vec<i64> {
        let queue = agent.slurm.squeue(rand::random()).await.unwrap();
        let ours = queue.records().filter(|record| self.tag.is_in(&record.comment));
        ours.map(|record| record.job).collect()
    }
}

pub fn accepted(outcome: SbatchOutcome) -> i64 {
    let SbatchOutcome::Accepted(job) = outcome else { panic!("not accepted: {outcome:?}") };
    job
}

pub fn submitted(entry: &Entry) -> Option<i64> {
    match entry.phase {
        Phase::Submitted { slurm_job_id } => Some(slurm_job_id),
        _ => None,
    }
}

/// Waits until `condition` holds, at most for so many seconds.
pub async fn eventually<F: Future<Output = bool>>(
    seconds: u64,
    what: &str,
    mut condition: impl FnMut() -> F,
) {
    let end = Instant::now() + Duration::from_secs(seconds);
    while !condition().await {
        assert!(Instant::now() < end, "not within {seconds} s: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
