//! Finds out what the cluster offers and is doing, and tells the server: rarely, and never in the
//! way of anything else. In between it makes sure that Slurm is known to answer, or not to.

mod collect;
mod fit;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{agent::Agent, backoff::Backoff, setback::Setback};
use collect::Collector;

/// How long Slurm may be silent before it is asked whether it is there.
const SILENCE: Duration = Duration::from_secs(20);
/// How soon a server is told again that does not know of facts: it may be a newer one then.
const UNKNOWN_THERE: Duration = Duration::from_secs(3600);

pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let mut collector = Collector::default();
    let mut backoff = Backoff::new(rand::random());
    let mut due = Instant::now();
    while !stop.is_cancelled() {
        if Instant::now() >= due {
            let reported = tokio::select! {
                () = stop.cancelled() => return,
                reported = report(&agent, &mut collector, rand::random()) => reported,
            };
            let pause = match reported {
                Ok(pause) => {
                    backoff = Backoff::new(rand::random());
                    pause
                }
                Err(error) => {
                    tracing::warn!(%error, "what the cluster is cannot be told for the moment");
                    backoff.pause()
                }
            };
            due = Instant::now() + pause;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep_until(due) => {}
            () = ask_silent(&agent) => {}
        }
    }
}

/// Waits until Slurm has been silent for a while, and asks it.
async fn ask_silent(agent: &Agent) {
    let silence = agent.slurm.silence();
    // When it does not answer it is not asked more often for that.
    let pause = if silence < SILENCE { SILENCE - silence } else { SILENCE };
    tokio::time::sleep(pause).await;
    if agent.slurm.silence() >= SILENCE
        && let Err(error) = agent.slurm.is_up().await
    {
        tracing::debug!(%error, "Slurm does not say whether it is up");
    }
}

/// Tells the server once; when to do it again.
async fn report(agent: &Agent, collector: &mut Collector, mark: u64) -> Result<Duration, Setback> {
    let facts = collector.collect(&agent.slurm, mark).await;
    let facts = fit::fit(facts.map_err(|error| Setback::Trouble(error.to_string()))?);
    let told = agent.client.report_cluster_facts(&facts).await;
    match told {
        Ok(()) => agent.server_keeps_facts.store(true, Ordering::Relaxed),
        Err(error) if error.is_unknown_route() && !error.is_foreign() => {
            agent.server_keeps_facts.store(false, Ordering::Relaxed);
            tracing::info!("the server does not know of facts of clusters");
            return Ok(UNKNOWN_THERE);
        }
        Err(error) if error.may_pass() => return Err(error.into()),
        Err(error) => tracing::warn!(%error, "the server does not take what the cluster is"),
    }
    Ok(agent.config.task_facts_interval_seconds)
}
