//! Reports of faults to Sentry, or to whatever speaks its protocol.

use anyhow::Context;
use clap::Args;
use sentry::{ClientInitGuard, ClientOptions, types::Dsn};

/// Where faults are reported, and how many.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Reports of faults")]
pub struct FaultReports {
    /// The Sentry project that errors and panics are reported to; without one, nothing is
    #[arg(long, env = "SENTRY_DSN", global = true, hide_env_values = true, value_name = "URL")]
    sentry_dsn: Option<String>,

    /// The share of errors that is reported
    #[arg(
        long,
        env = "SENTRY_SAMPLE_RATE",
        global = true,
        default_value = "1.0",
        value_name = "0..1"
    )]
    sentry_sample_rate: f32,

    /// The share of requests whose course is reported
    #[arg(
        long,
        env = "SENTRY_TRACES_SAMPLE_RATE",
        global = true,
        default_value = "0.0",
        value_name = "0..1"
    )]
    sentry_traces_sample_rate: f32,

    /// What the reports call this installation
    #[arg(
        long,
        env = "SENTRY_ENVIRONMENT",
        global = true,
        default_value = "production",
        value_name = "NAME"
    )]
    sentry_environment: String,
}

impl FaultReports {
    /// Starts reporting, until the guard is dropped, if there is somebody to report to. Tokens and
    /// addresses of callers are not sent.
    pub fn start(&self) -> anyhow::Result<Option<ClientInitGuard>> {
        for (name, rate) in [
            ("SENTRY_SAMPLE_RATE", self.sentry_sample_rate),
            ("SENTRY_TRACES_SAMPLE_RATE", self.sentry_traces_sample_rate),
        ] {
            anyhow::ensure!((0.0..=1.0).contains(&rate), "{name} is {rate}, not between 0 and 1");
        }
        let Some(dsn) = &self.sentry_dsn else { return Ok(None) };
        dsn.parse::<Dsn>().context("SENTRY_DSN is wrong")?;
        let mut options = ClientOptions::new()
            .dsn(dsn)
            .release(concat!("jobbergate@", env!("CARGO_PKG_VERSION")))
            .environment(self.sentry_environment.clone())
            .send_default_pii(false)
            .sample_rate(self.sentry_sample_rate);
        if self.sentry_traces_sample_rate > 0.0 {
            options = options.traces_sample_rate(self.sentry_traces_sample_rate);
        }
        Ok(Some(sentry::init(options)))
    }
}
