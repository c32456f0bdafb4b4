//! The setting by which an agent gives up its privileges.

use clap::Args;

#[derive(Debug, Clone, Default, Args)]
pub struct SeparationConfig {
    /// The user that the agent runs as after it was started as root: only a small helper stays root,
    /// and does nothing but become the owners of jobs
    #[arg(long, env = "JOBBERGATE_AGENT_RUN_AS", value_name = "USER")]
    pub run_as: Option<String>,
    /// Whether that was done.
    #[arg(skip)]
    pub done: bool,
}
