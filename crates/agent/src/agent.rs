//! An agent with all that it works with.

use std::{path::PathBuf, sync::atomic::AtomicBool};

use chrono::{DateTime, Utc};
use jobbergate_client::Client;

use crate::{
    config::AgentConfig, directory_locks::DirectoryLocks, error::AgentError, holds::Holds,
    journal::Journal, lease::Lease, sbatch_limit::SbatchLimit, separate, slurm::Slurm,
    user_map::UserMap, wakes::Wakes,
};

/// An agent with all that it works with.
#[derive(Debug)]
pub struct Agent {
    pub client: Client,
    pub slurm: Slurm,
    /// What must not be forgotten.
    pub journal: Journal,
    pub user_map: UserMap,
    /// The directory of the journal and of the receipts of `sbatch`.
    pub state_directory: PathBuf,
    /// Until when it may act on what it has claimed.
    pub lease: Lease,
    /// How many `sbatch` run at once.
    pub sbatch_limit: SbatchLimit,
    /// Who waits for one of Slurm's limits.
    pub holds: Holds,
    /// Who may write where.
    pub directories: DirectoryLocks,
    /// What is new, as far as the server says so by itself.
    pub wakes: Wakes,
    /// Whether the server took facts of the cluster: the Python server does not know them, nor
    /// outlooks of jobs.
    pub server_keeps_facts: AtomicBool,
    pub config: AgentConfig,
    /// When it began.
    pub started_at: DateTime<Utc>,
}

impl Agent {
    /// Opens the journal and checks the settings. Calls neither the server nor Slurm.
    pub async fn open(config: AgentConfig) -> Result<Self, AgentError> {
        let state_directory = config.state_directory()?;
        let mut user_map = config.user_map()?;
        let client = config.client()?;
        let sbatch_limit = SbatchLimit::within(config.sbatch_limit.bounds()?);
        separate::check_state(&state_directory)?;
        let open = Journal::open(&state_directory).await;
        let journal =
            open.map_err(|why| AgentError::Journal { directory: state_directory.clone(), why })?;
        user_map.remember_in(&state_directory).await.map_err(|error| {
            let shown = state_directory.display();
            AgentError::Configuration(format!(
                "answers on users cannot be kept in {shown}: {error}"
            ))
        })?;
        let lease = Lease::open(&state_directory, rand::random()).map_err(|error| {
            AgentError::Journal { directory: state_directory.clone(), why: error.into() }
        })?;
        let (slurm, directories) = (config.slurm(), DirectoryLocks::default());
        let (wakes, server_keeps_facts) = (Wakes::default(), AtomicBool::new(false));
        Ok(Self {
            client,
            slurm,
            journal,
            user_map,
            state_directory,
            lease,
            sbatch_limit,
            holds: Holds::default(),
            directories,
            wakes,
            server_keeps_facts,
            config,
            started_at: Utc::now(),
        })
    }
}
