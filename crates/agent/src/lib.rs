//! Jobbergate's agent: runs beside Slurm, calls out to the server, and makes jobs of submissions.
//!
//! It never loses a submission and never makes two jobs of one: see [`journal`] for what it
//! remembers and [`reconcile`] for what it does when the outcome of an `sbatch` is not known.
//!
//! Eight loops run side by side, so that none waits for another: [`claims`] keeps what this agent
//! shares with others for itself, [`intake`] takes up submissions, [`follow`] watches their jobs,
//! [`metrics`] collects what they use, [`output`] reads what they write, [`changes`] waits for the
//! server to say that there is something new, [`heartbeat`] tells it that the agent is alive,
//! [`facts`] what its cluster is.

pub mod acting;
pub mod agent;
pub mod backoff;
pub mod boot_clock;
pub mod changes;
pub mod claims;
pub mod command;
pub mod config;
pub mod directory_locks;
pub mod doctor;
pub mod error;
pub mod facts;
pub mod fence;
pub mod files;
pub mod follow;
pub mod heartbeat;
pub mod held_directory;
pub mod helper;
pub mod holds;
pub mod inherited;
pub mod intake;
pub mod journal;
pub mod last_word;
pub mod lease;
pub mod metrics;
pub mod migrated;
pub mod output;
pub mod private_copy;
pub mod process;
pub mod prometheus;
pub mod python_notes;
pub mod reconcile;
pub mod report;
pub mod run_as;
pub mod sbatch_limit;
pub mod separate;
pub mod setback;
pub mod slots;
pub mod slurm;
pub mod submit;
pub mod tag;
mod uncertain;
pub mod user_map;
pub mod wakes;

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use chrono::{TimeDelta, Utc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub use crate::agent::Agent;
use crate::{config::AgentConfig, error::AgentError};

/// How long the journal remembers what ended.
const MEMORY: TimeDelta = TimeDelta::days(90);
/// How long a stopping agent waits for what it has begun.
const LAST_ORDERS: Duration = Duration::from_secs(20);

/// Runs an agent until `shutdown`; then finishes what it has begun, within 20 seconds.
///
/// # Errors
/// When the agent can't run with these settings. Trouble with the server or with Slurm is no
/// error: it is logged and waited out.
pub async fn run(
    config: AgentConfig,
    shutdown: impl Future<Output = ()> + Send,
) -> Result<(), AgentError> {
    let metrics = config.metrics.source()?;
    if let Some(address) = config.prometheus.metrics_listen {
        prometheus::listen(address)?;
    }
    let agent = Arc::new(Agent::open(config).await?);
    let in_journal = |why| AgentError::Journal { directory: agent.state_directory.clone(), why };
    agent.journal.prune(Utc::now() - MEMORY).await.map_err(in_journal)?;
    agent.remove_left_copies().await.map_err(in_journal)?;
    if let Some(objection) = agent.user_map.everybodys_objection().await {
        return Err(AgentError::Configuration(objection));
    }
    for doubt in agent.config.doubts(&agent.user_map) {
        tracing::warn!("{doubt}");
    }
    tracing::info!(
        server = %agent.config.base_api_url,
        client_id = %agent.config.oidc_client_id,
        state = %agent.state_directory.display(),
        users = %agent.user_map,
        "agent started"
    );
    if let Err(error) = sd_notify::notify(&[sd_notify::NotifyState::Ready]) {
        tracing::warn!(%error, "systemd cannot be told");
    }
    let (stop, end) = (CancellationToken::new(), CancellationToken::new());
    let mut shutdown = pin!(shutdown);
    let mut loops = JoinSet::new();
    loops.spawn(heartbeat::run(Arc::clone(&agent), stop.clone()));
    loops.spawn(changes::run(Arc::clone(&agent), stop.clone()));
    loops.spawn(facts::run(Arc::clone(&agent), stop.clone()));
    loops.spawn(metrics::run(Arc::clone(&agent), metrics, stop.clone()));
    // What it does not see it would take for what is not there.
    tokio::select! {
        seen = agent.slurm.await_sight() => {
            seen.map_err(|error| AgentError::Configuration(error.to_string()))?;
        }
        () = &mut shutdown => return Ok(()),
        () = acting::lost() => return Err(AgentError::HelperLost),
    }
    let mut claims = tokio::spawn(claims::run(Arc::clone(&agent), end.clone()));
    loops.spawn(intake::run(Arc::clone(&agent), stop.clone()));
    loops.spawn(follow::run(Arc::clone(&agent), stop.clone()));
    loops.spawn(output::run(Arc::clone(&agent), stop.clone()));
    if agent.config.prometheus.metrics_listen.is_some() {
        loops.spawn(prometheus::watch(Arc::clone(&agent), stop.clone()));
    }
    tokio::select! {
        () = &mut shutdown => tracing::info!("agent stops"),
        () = acting::lost() => {
            stop.cancel();
            end.cancel();
            return Err(AgentError::HelperLost);
        }
        // They only end before the shutdown if there is a bug in them.
        _ = async { tokio::select! { _ = loops.join_next() => {} _ = &mut claims => {} } } => {
            stop.cancel();
            end.cancel();
            return Err(AgentError::Configuration("a part of the agent broke down".to_owned()));
        }
    }
    stop.cancel();
    let finish = async { while loops.join_next().await.is_some() {} };
    let finished = tokio::time::timeout(LAST_ORDERS, finish).await.is_ok();
    end.cancel();
    // It does not renew what is handed back.
    let _ = claims.await;
    if !finished {
        tracing::warn!("stopped in the middle of something; the journal knows of what");
    } else if let Err(error) = agent.hand_back().await {
        tracing::warn!(%error, "not handed back: others have to wait for the end of the lease");
    }
    Ok(())
}
