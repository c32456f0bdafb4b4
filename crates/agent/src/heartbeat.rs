//! Tells the server that the agent is alive. Never waits for the agent's work.

use std::{sync::Arc, time::Duration};

use jobbergate_types::clusters::ClusterStatusReport;
use tokio_util::sync::CancellationToken;

use crate::{agent::Agent, backoff::Backoff};

/// How long after a report nothing is reported that changed.
const QUIET: Duration = Duration::from_secs(1);

pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let promised = agent.config.task_heartbeat_interval_seconds;
    // Earlier than promised, which leaves time for a second attempt.
    let pause = Duration::from_secs(u64::from(promised)) * 3 / 4;
    let mut backoff = Backoff::new(rand::random());
    loop {
        let report = ClusterStatusReport {
            interval: i64::from(promised),
            slurm_silent_seconds: i64::try_from(agent.slurm.silence().as_secs()).ok(),
            slurm_problem: agent.slurm.hearing().problem(),
        };
        let (pause, is_told) = match agent.client.report_cluster_status(&report).await {
            Ok(()) => {
                backoff = Backoff::new(rand::random());
                (pause, true)
            }
            Err(error) => {
                tracing::warn!(%error, "the server was not told that the agent is alive");
                (backoff.pause().min(pause), false)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
            () = change(&agent, pause), if is_told => {}
        }
    }
}

/// Waits until Slurm answers again or no more; but not so that many changes are many reports.
async fn change(agent: &Agent, pause: Duration) {
    tokio::time::sleep(QUIET.min(pause)).await;
    agent.slurm.hearing().changed().await;
}
