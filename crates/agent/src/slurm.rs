//! Slurm, through its commands: the one interface that all versions and sites have in common.

mod arguments;
mod command;
mod details;
pub(crate) mod directives;
mod hearing;
mod job_files;
mod job_id;
mod job_text;
mod limits;
mod members;
mod nodes;
mod options;
mod outcome;
mod partitions;
mod python_json;
mod receipt;
mod refused;
mod requeue;
mod sacct;
mod sacctmgr;
mod sbatch;
mod scancel;
mod scontrol;
mod settings;
mod sight;
mod squeue;
mod sstat;
mod time;
mod words;

use std::{path::PathBuf, time::Duration};

use tokio::sync::OnceCell;

use crate::command::CommandError;

pub use arguments::SbatchArguments;
pub use command::missing_conf;
pub use details::Details;
pub use hearing::Hearing;
pub use job_files::{FileName, JobFiles};
pub use limits::{Room, waiting};
pub use members::{Member, Stage};
pub use outcome::SbatchOutcome;
pub use receipt::Receipt;
pub use refused::refusal_of_options;
pub use sacct::Accounted;
pub use sbatch::BatchJob;
pub use scancel::OwnJob;
pub use settings::Settings;
pub use squeue::{Queue, Record};
pub use sstat::StepUsage;

/// The commands of one Slurm cluster.
#[derive(Debug)]
pub struct Slurm {
    pub paths: CommandPaths,
    /// How long a command may take that asks or cancels.
    pub deadline: Duration,
    pub sbatch_deadline: Duration,
    shows_json: OnceCell<bool>,
    hearing: Hearing,
}

#[derive(Debug, Clone)]
pub struct CommandPaths {
    pub sbatch: PathBuf,
    pub scancel: PathBuf,
    pub squeue: PathBuf,
    pub sacct: PathBuf,
    pub scontrol: PathBuf,
    pub sstat: PathBuf,
    pub sacctmgr: PathBuf,
}

impl Slurm {
    /// Slurm by these commands and deadlines.
    pub fn new(paths: CommandPaths, deadline: Duration, sbatch_deadline: Duration) -> Self {
        let (shows_json, hearing) = (OnceCell::new(), Hearing::default());
        Self { paths, deadline, sbatch_deadline, shows_json, hearing }
    }

    /// How the controller answers.
    pub fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    /// How long the controller has not answered.
    pub fn silence(&self) -> Duration {
        self.hearing.silence()
    }
}

/// Why Slurm gave no answer to a question. None of it says anything about jobs.
#[derive(Debug, thiserror::Error)]
pub enum SlurmError {
    /// The command did not run to its end.
    #[error(transparent)]
    Command(#[from] CommandError),
    #[error("{program} failed: {words}")]
    Failed { program: &'static str, words: String },
    /// What is not seen may be there nevertheless.
    #[error(
        "Slurm does not show jobs of others to the agent's user {0} (PrivateData=jobs), so that it can't \
         know what there is. Make it an operator, `sacctmgr modify user {0} set adminlevel=operator` \
         (after `sacctmgr add user {0} account=…`), or run the agent without JOBBERGATE_AGENT_RUN_AS"
    )]
    Hidden(String),
}
