//! The bounds of how many `sbatch` run at once.

use std::ops::RangeInclusive;

use clap::Args;

use crate::error::AgentError;

#[derive(Debug, Clone, Args)]
pub struct SbatchLimitConfig {
    /// How many sbatch may run at once, however slowly Slurm answers
    #[arg(long, env = "JOBBERGATE_AGENT_SBATCH_AT_ONCE_MIN", default_value_t = 1,
          value_parser = clap::value_parser!(u16).range(1..=256), value_name = "NUMBER")]
    pub sbatch_at_once_min: u16,
    /// How many sbatch may run at once, however quickly Slurm answers
    #[arg(long, env = "JOBBERGATE_AGENT_SBATCH_AT_ONCE_MAX", default_value_t = 16,
          value_parser = clap::value_parser!(u16).range(1..=256), value_name = "NUMBER")]
    pub sbatch_at_once_max: u16,
}

impl SbatchLimitConfig {
    /// # Errors
    /// When the least is more than the most.
    pub fn bounds(&self) -> Result<RangeInclusive<usize>, AgentError> {
        let (least, most) = (self.sbatch_at_once_min, self.sbatch_at_once_max);
        if least > most {
            return Err(AgentError::Configuration(format!(
                "JOBBERGATE_AGENT_SBATCH_AT_ONCE_MIN ({least}) is more than \
                 JOBBERGATE_AGENT_SBATCH_AT_ONCE_MAX ({most})"
            )));
        }
        Ok(usize::from(least)..=usize::from(most))
    }
}
