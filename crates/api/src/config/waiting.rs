//! How many may wait for something to happen.

use clap::{Args, value_parser};

/// How many may wait for something to happen, beside the connections that have something to do.
#[derive(Debug, Clone, Args)]
pub struct WaitingConfig {
    /// How many requests of agents may wait for work at once
    #[arg(long, env = "JOBBERGATE_MAX_LONG_POLLS", default_value_t = 1000,
          value_parser = value_parser!(u32).range(0..=1_000_000), value_name = "N")]
    pub max_long_polls: u32,

    /// How many streams of events may be open at once
    #[arg(long, env = "JOBBERGATE_MAX_EVENT_STREAMS", default_value_t = 1000,
          value_parser = value_parser!(u32).range(0..=1_000_000), value_name = "N")]
    pub max_event_streams: u32,

    /// How many requests for output of jobs may wait for agents at once
    #[arg(long, env = "JOBBERGATE_MAX_OUTPUT_REQUESTS", default_value_t = 256,
          value_parser = value_parser!(u32).range(0..=1_000_000), value_name = "N")]
    pub max_output_requests: u32,
}
