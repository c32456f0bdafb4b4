//! What jobs use of their nodes, from InfluxDB or from `sstat` to the server.
//!
//! In a task of its own, so that nothing else ever waits for it.

mod backlog;
mod collect;
pub mod config;
mod dsn;
mod influx;
mod measurement;
mod queries;
mod steps;
mod task_series;
mod trouble;
mod upload;
mod usage;
mod watch;

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::{
    collect::Collector,
    config::Source,
    trouble::{Complaints, Trouble},
    usage::Sampler,
};
use crate::{agent::Agent, backoff::Backoff};

/// `sstat` is asked for this part of the time at most.
const SHARE_OF_ASKING: u32 = 10;

pub async fn run(agent: Arc<Agent>, source: Source, stop: CancellationToken) {
    tracing::info!("metrics of jobs come from {source}");
    let collect = async {
        match source {
            Source::Influx(influx) => from_influx(agent, influx).await,
            Source::Sstat => from_sstat(agent).await,
            Source::None => {}
        }
        // What there is nothing to do for may end without anybody's notice.
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = collect => {}
    }
}

async fn from_influx(agent: Arc<Agent>, influx: influx::Influx) {
    let mut pace = Pace::new(agent.config.metrics.task_metrics_interval_seconds);
    let mut collector = Collector::new(agent, influx);
    loop {
        let result = collector.round(Utc::now()).await;
        pace.wait(&result, Duration::ZERO).await;
    }
}

async fn from_sstat(agent: Arc<Agent>) {
    let mut pace = Pace::new(agent.config.metrics.task_metrics_interval_seconds);
    loop {
        match agent.slurm.measures().await {
            Ok(true) => break,
            Ok(false) => {
                return tracing::warn!(
                    "no metrics of jobs: Slurm does not measure, for JobAcctGatherType is none in \
                     slurm.conf. Change it and start the agent again, or set \
                     JOBBERGATE_AGENT_SSTAT_METRICS=false"
                );
            }
            Err(error) => pace.wait(&Err(error.into()), Duration::ZERO).await,
        }
    }
    let mut sampler = Sampler::new(agent);
    loop {
        let begin = Instant::now();
        let result = sampler.round().await;
        pace.wait(&result, begin.elapsed() * SHARE_OF_ASKING).await;
    }
}

/// When the next round is, and what is said of the last one.
struct Pace {
    interval: Duration,
    backoff: Backoff,
    complaints: Complaints,
}

impl Pace {
    fn new(interval: Duration) -> Self {
        let backoff = Backoff::new(rand::random());
        Self { interval, backoff, complaints: Complaints::default() }
    }

    async fn wait(&mut self, result: &Result<(), Trouble>, least: Duration) {
        self.complaints.hear(result, Instant::now());
        let pause = match result {
            Ok(()) => {
                self.backoff = Backoff::new(rand::random());
                self.interval
            }
            Err(_) => self.backoff.pause().min(self.interval),
        };
        tokio::time::sleep(pause.max(least)).await;
    }
}
