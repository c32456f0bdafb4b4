//! The settings of reading what jobs write.

use clap::{ArgAction, Args, builder::BoolishValueParser};

#[derive(Debug, Clone, Args)]
pub struct OutputConfig {
    /// Whether owners may read what their jobs write, by way of the server
    #[arg(
        long,
        env = "JOBBERGATE_AGENT_JOB_OUTPUT",
        default_value_t = true,
        action = ArgAction::Set,
        value_parser = BoolishValueParser::new(),
        value_name = "BOOL"
    )]
    pub job_output: bool,
}
