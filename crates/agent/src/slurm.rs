//! Slurm, through its commands: the one interface that all versions and sites have in common.

mod arguments;
mod command;
pub(crate) mod directives;
mod members;
mod options;
mod outcome;
mod process;
mod receipt;
mod refused;
mod requeue;
mod sacct;
mod sbatch;
mod scancel;
mod scontrol;
mod squeue;
mod sstat;
mod time;
mod words;

use std::{path::PathBuf, time::Duration};

use tokio::sync::OnceCell;

pub use arguments::SbatchArguments;
pub use command::CommandError;
pub use members::{Member, Stage};
pub use outcome::SbatchOutcome;
pub use receipt::Receipt;
pub use sbatch::BatchJob;
pub use scontrol::Details;
pub use squeue::Record;
pub use sstat::StepUsage;

/// The commands of one Slurm cluster.
#[derive(Debug)]
pub struct Slurm {
    pub paths: CommandPaths,
    /// How long a command may take that asks or cancels.
    pub deadline: Duration,
    pub sbatch_deadline: Duration,
    shows_json: OnceCell<bool>,
}

#[derive(Debug, Clone)]
pub struct CommandPaths {
    pub sbatch: PathBuf,
    pub scancel: PathBuf,
    pub squeue: PathBuf,
    pub sacct: PathBuf,
    pub scontrol: PathBuf,
    pub sstat: PathBuf,
}

impl Slurm {
    /// Slurm by these commands and deadlines.
    pub fn new(paths: CommandPaths, deadline: Duration, sbatch_deadline: Duration) -> Self {
        Self { paths, deadline, sbatch_deadline, shows_json: OnceCell::new() }
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
}
