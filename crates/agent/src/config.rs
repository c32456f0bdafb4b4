//! The settings of the agent. Each has a variable `JOBBERGATE_AGENT_…` and an option.

mod mapping;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{ArgAction, Args, ValueEnum, builder::BoolishValueParser};
use jobbergate_client::{Client, ClientCredentials, Secret, TokenSource};
use jobbergate_types::changes::LONGEST_WAIT;
use nix::unistd::geteuid;

use crate::{
    error::AgentError,
    metrics::config::MetricsConfig,
    output::config::OutputConfig,
    prometheus::config::PrometheusConfig,
    run_as::Account,
    sbatch_limit::config::SbatchLimitConfig,
    separate::config::SeparationConfig,
    slurm::{CommandPaths, Slurm},
    user_map::{UserMap, config::UsersConfig},
};

/// The variable that holds the client secret; it has no option, which everybody could see.
const SECRET_VARIABLE: &str = "JOBBERGATE_AGENT_OIDC_CLIENT_SECRET";

/// Where the snap of the Python agent has its notes.
const CACHE_OF_SNAP: &str = "/var/snap/jobbergate-agent/common/.cache";

#[derive(Debug, Clone, Args)]
pub struct AgentConfig {
    /// Address of the server, with or without /jobbergate
    #[arg(long, env = "JOBBERGATE_AGENT_BASE_API_URL", default_value = "http://127.0.0.1:8000")]
    pub base_api_url: String,
    /// The identity provider's realm: HOST:PORT/realms/NAME
    #[arg(long, env = "JOBBERGATE_AGENT_OIDC_DOMAIN")]
    pub oidc_domain: String,
    /// Whether the identity provider is reached by HTTPS
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_OIDC_USE_HTTPS",
        default_value_t = true,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub oidc_use_https: bool,
    /// The client that the agent is to the identity provider; its name is that of the cluster
    #[arg(long, env = "JOBBERGATE_AGENT_OIDC_CLIENT_ID")]
    pub oidc_client_id: String,
    /// File that contains the client secret; without, the secret is taken from the variable
    /// JOBBERGATE_AGENT_OIDC_CLIENT_SECRET
    #[arg(long, env = "JOBBERGATE_AGENT_CLIENT_SECRET_FILE", value_name = "FILE")]
    pub client_secret_file: Option<PathBuf>,
    /// Directory of the agent's journal, which must survive restarts [default:
    /// /var/lib/jobbergate-agent for root, otherwise ~/.local/state/jobbergate-agent]
    #[arg(long, env = "JOBBERGATE_AGENT_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
    /// Directory where a Python agent noted jobs that it had not reported yet, NUMBER.slurm_job_id
    /// [default: ~/.cache/jobbergate-agent and that of the snap]
    #[arg(long, env = "JOBBERGATE_AGENT_CACHE_DIR", value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,

    /// Seconds between two questions for new submissions
    #[arg(long, env = "JOBBERGATE_AGENT_TASK_JOBS_INTERVAL_SECONDS", default_value = "0.5",
          value_parser = seconds, value_name = "SECONDS")]
    pub task_jobs_interval_seconds: Duration,
    /// Seconds for which the server may let the agent wait until there is something new, a whole
    /// number; 0 to ask only at intervals
    #[arg(long, env = "JOBBERGATE_AGENT_LONG_POLL_SECONDS", default_value_t = LONGEST_WAIT,
          value_parser = clap::value_parser!(i64).range(0..=LONGEST_WAIT), value_name = "SECONDS")]
    pub long_poll_seconds: i64,
    /// Seconds between two questions for what is new while the server says so by itself
    #[arg(long, env = "JOBBERGATE_AGENT_TASK_RECHECK_INTERVAL_SECONDS", default_value = "10",
          value_parser = seconds, value_name = "SECONDS")]
    pub task_recheck_interval_seconds: Duration,
    /// Seconds between two looks at Slurm's queue
    #[arg(long, env = "JOBBERGATE_AGENT_TASK_FOLLOW_INTERVAL_SECONDS", default_value = "1",
          value_parser = seconds, value_name = "SECONDS")]
    pub task_follow_interval_seconds: Duration,
    /// Seconds within which the agent promises to report that it is alive, a whole number
    #[arg(long, env = "JOBBERGATE_AGENT_TASK_HEARTBEAT_INTERVAL_SECONDS", default_value_t = 60,
          value_parser = clap::value_parser!(u32).range(2..=86_400), value_name = "SECONDS")]
    pub task_heartbeat_interval_seconds: u32,
    /// Seconds between two reports of what the cluster offers and is doing
    #[arg(long, env = "JOBBERGATE_AGENT_TASK_FACTS_INTERVAL_SECONDS", default_value = "300",
          value_parser = seconds, value_name = "SECONDS")]
    pub task_facts_interval_seconds: Duration,
    /// The least number of seconds before a submission whose sbatch had no clear outcome may be
    /// submitted again
    #[arg(long, env = "JOBBERGATE_AGENT_DOUBT_SECONDS", default_value = "15",
          value_parser = seconds, value_name = "SECONDS")]
    pub doubt_seconds: Duration,
    /// Seconds after which a submission is rejected whose sbatch keeps failing in words that are
    /// not Slurm's own refusal, while no job of it exists
    #[arg(long, env = "JOBBERGATE_AGENT_REFUSAL_SECONDS", default_value = "60",
          value_parser = seconds, value_name = "SECONDS")]
    pub refusal_seconds: Duration,
    /// Seconds after which a submission is rejected that could not be submitted because Slurm
    /// was not reached all the time
    #[arg(long, env = "JOBBERGATE_AGENT_OUTAGE_SECONDS", default_value = "259200",
          value_parser = seconds, value_name = "SECONDS")]
    pub outage_seconds: Duration,
    /// Seconds that Slurm must consistently deny a job before its end is reported as unknown
    #[arg(long, env = "JOBBERGATE_AGENT_VANISHED_SECONDS", default_value = "60",
          value_parser = seconds, value_name = "SECONDS")]
    pub vanished_seconds: Duration,
    /// Seconds that sbatch may take
    #[arg(long, env = "JOBBERGATE_AGENT_SBATCH_TIMEOUT_SECONDS", default_value = "60",
          value_parser = seconds, value_name = "SECONDS")]
    pub sbatch_timeout_seconds: Duration,
    /// Seconds that the other commands of Slurm may take
    #[arg(long, env = "JOBBERGATE_AGENT_SLURM_TIMEOUT_SECONDS", default_value = "30",
          value_parser = seconds, value_name = "SECONDS")]
    pub slurm_timeout_seconds: Duration,

    /// Seconds that a request to the server may take
    #[arg(long, env = "JOBBERGATE_AGENT_REQUESTS_TIMEOUT", default_value = "30",
          value_parser = seconds, value_name = "SECONDS")]
    pub requests_timeout: Duration,

    /// Where jobs run that name no execution directory; {username} stands for the user [default:
    /// the user's home directory]
    #[arg(long, env = "JOBBERGATE_AGENT_DEFAULT_SLURM_WORK_DIR", value_name = "DIR",
          value_parser = absolute)]
    pub default_slurm_work_dir: Option<PathBuf>,
    /// Whether the script and its support files are written into the execution directory;
    /// otherwise sbatch is given the script's content, and submissions with support files are
    /// rejected
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_WRITE_SUBMISSION_FILES",
        default_value_t = true,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub write_submission_files: bool,

    /// How the e-mail of a submission's owner becomes a user [default: single-user if
    /// --single-user-submitter is given or the agent does not run as root]
    #[arg(long, env = "JOBBERGATE_AGENT_SLURM_USER_MAPPER", value_enum)]
    pub slurm_user_mapper: Option<Mapper>,
    /// The user for everybody, with the mapper single-user
    #[arg(long, env = "JOBBERGATE_AGENT_SINGLE_USER_SUBMITTER", value_name = "USER")]
    pub single_user_submitter: Option<String>,
    /// The same, where --single-user-submitter is not given
    #[arg(long, env = "JOBBERGATE_AGENT_X_SLURM_USER_NAME", value_name = "USER")]
    pub x_slurm_user_name: Option<String>,
    /// File of lines "e-mail user", with the mapper file; with ldap and command its entries count
    /// more
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_FILE", value_name = "FILE")]
    pub user_map_file: Option<PathBuf>,
    /// The only domain of e-mails that is accepted, with the mapper local-part
    #[arg(long, env = "JOBBERGATE_AGENT_USER_MAP_DOMAIN", value_name = "DOMAIN")]
    pub user_map_domain: Option<String>,

    /// sbatch; the other commands are looked for beside it
    #[arg(long, env = "JOBBERGATE_AGENT_SBATCH_PATH", default_value = "/usr/bin/sbatch",
          value_parser = absolute)]
    pub sbatch_path: PathBuf,
    /// scancel
    #[arg(long, env = "JOBBERGATE_AGENT_SCANCEL_PATH", value_parser = absolute)]
    pub scancel_path: Option<PathBuf>,
    /// squeue
    #[arg(long, env = "JOBBERGATE_AGENT_SQUEUE_PATH", value_parser = absolute)]
    pub squeue_path: Option<PathBuf>,
    /// sacct
    #[arg(long, env = "JOBBERGATE_AGENT_SACCT_PATH", value_parser = absolute)]
    pub sacct_path: Option<PathBuf>,
    /// scontrol
    #[arg(long, env = "JOBBERGATE_AGENT_SCONTROL_PATH", value_parser = absolute)]
    pub scontrol_path: Option<PathBuf>,
    /// sstat
    #[arg(long, env = "JOBBERGATE_AGENT_SSTAT_PATH", value_parser = absolute)]
    pub sstat_path: Option<PathBuf>,
    /// sacctmgr
    #[arg(long, env = "JOBBERGATE_AGENT_SACCTMGR_PATH", value_parser = absolute)]
    pub sacctmgr_path: Option<PathBuf>,

    /// How many sbatch run at once.
    #[command(flatten)]
    pub sbatch_limit: SbatchLimitConfig,

    /// Where the agent's figures are read.
    #[command(flatten)]
    pub prometheus: PrometheusConfig,

    /// What jobs use.
    #[command(flatten)]
    pub metrics: MetricsConfig,

    /// Who it is.
    #[command(flatten)]
    pub separation: SeparationConfig,
    /// The client secret, where it was read beforehand.
    #[arg(skip)]
    pub kept_secret: Option<Secret>,
    /// Who is who.
    #[command(flatten)]
    pub users: UsersConfig,

    /// What jobs write.
    #[command(flatten)]
    pub output: OutputConfig,
}

/// The ways in which an e-mail becomes a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Mapper {
    /// Everybody is the same user
    #[value(alias = "single-user-mapper")]
    SingleUser,
    /// A file says who is who
    File,
    /// The user is called like the part before the @
    LocalPart,
    /// An LDAP directory is asked
    #[value(alias = "ldap-cached-mapper")]
    Ldap,
    /// A program is asked
    Command,
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.trim().parse().map_err(|_| "it is not a number".to_owned())?;
    if (0.05..=2_592_000.0).contains(&number) {
        return Ok(Duration::from_secs_f64(number));
    }
    Err("it must be between 0.05 and 2592000, which are 30 days".to_owned())
}

pub(crate) fn absolute(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() {
        return Ok(path);
    }
    Err("it must be an absolute path, which begins with /".to_owned())
}

fn wrong(message: impl Into<String>) -> AgentError {
    AgentError::Configuration(message.into())
}

impl AgentConfig {
    /// The client of the server, with the agent's credentials.
    pub fn client(&self) -> Result<Client, AgentError> {
        let credentials = ClientCredentials::new(
            &self.oidc_domain,
            self.oidc_use_https,
            self.oidc_client_id.clone(),
            self.secret()?,
        )?;
        let token = TokenSource::ClientCredentials(credentials);
        Ok(Client::with_deadline(&self.base_api_url, token, self.requests_timeout)?)
    }

    /// Reads the client secret once for all, while the file can be read.
    pub fn keep_secret(&mut self) -> Result<(), AgentError> {
        self.kept_secret = Some(self.secret()?);
        Ok(())
    }

    fn secret(&self) -> Result<Secret, AgentError> {
        if let Some(kept) = &self.kept_secret {
            return Ok(kept.clone());
        }
        let Some(path) = &self.client_secret_file else {
            return std::env::var(SECRET_VARIABLE).map(Secret::from).map_err(|_| {
                wrong(format!(
                    "the client secret is missing: set {SECRET_VARIABLE} or --client-secret-file"
                ))
            });
        };
        let text = fs::read_to_string(path).map_err(|e| {
            wrong(format!("the client secret cannot be read from {}: {e}", path.display()))
        })?;
        Ok(text.trim().into())
    }

    pub fn slurm(&self) -> Slurm {
        let path = |given: &Option<PathBuf>, name| {
            given.clone().unwrap_or_else(|| self.sbatch_path.with_file_name(name))
        };
        let paths = CommandPaths {
            sbatch: self.sbatch_path.clone(),
            scancel: path(&self.scancel_path, "scancel"),
            squeue: path(&self.squeue_path, "squeue"),
            sacct: path(&self.sacct_path, "sacct"),
            scontrol: path(&self.scontrol_path, "scontrol"),
            sstat: path(&self.sstat_path, "sstat"),
            sacctmgr: path(&self.sacctmgr_path, "sacctmgr"),
        };
        Slurm::new(paths, self.slurm_timeout_seconds, self.sbatch_timeout_seconds)
    }

    /// What is right, but may not be what was meant.
    pub fn doubts(&self, user_map: &UserMap) -> Vec<String> {
        let metrics = self.metrics.doubts();
        let unused = self.users.doubts(self.slurm_user_mapper);
        let conf = crate::slurm::missing_conf().into_iter().collect();
        [user_map.doubts(), unused, metrics, conf].concat()
    }

    /// Where jobs of this user run that name no directory.
    pub fn default_directory(&self, account: &Account) -> PathBuf {
        let Some(directory) = &self.default_slurm_work_dir else { return account.home.clone() };
        // The option's text is UTF-8.
        directory.to_string_lossy().replace("{username}", &account.name).into()
    }

    /// Where the Python agent's notes may be.
    pub fn cache_directories(&self) -> Vec<PathBuf> {
        // That there is none was seen when it could be.
        if self.separation.done {
            return Vec::new();
        }
        if let Some(directory) = &self.cache_dir {
            return vec![directory.clone()];
        }
        let home = own_account().map(|account| account.home.join(".cache/jobbergate-agent"));
        home.into_iter().chain([PathBuf::from(CACHE_OF_SNAP)]).collect()
    }

    pub fn state_directory(&self) -> Result<PathBuf, AgentError> {
        if let Some(directory) = &self.state_dir {
            return Ok(directory.clone());
        }
        if geteuid().is_root() {
            return Ok(Path::new("/var/lib/jobbergate-agent").to_owned());
        }
        let state = std::env::var_os("XDG_STATE_HOME").filter(|value| !value.is_empty());
        let state = match state {
            Some(directory) => PathBuf::from(directory),
            None => own_account()?.home.join(".local/state"),
        };
        Ok(state.join("jobbergate-agent"))
    }
}

fn own_account() -> Result<Account, AgentError> {
    Account::own().map_err(|e| wrong(format!("the agent's own user cannot be looked up: {e}")))
}

#[cfg(test)]
mod python_settings;
#[cfg(test)]
mod tests;
