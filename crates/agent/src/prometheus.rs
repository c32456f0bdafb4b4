//! Figures of the agent for Prometheus. Where nobody reads them, nothing is counted.

pub mod config;

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use ::metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder};
use tokio_util::sync::CancellationToken;

use crate::{
    agent::Agent,
    boot_clock,
    error::{AgentError, JournalError},
    journal::machine::State,
    slurm::SbatchOutcome,
};

const SUBMISSIONS: &str = "jobbergate_agent_submissions_total";
const PREPARATION: &str = "jobbergate_agent_submission_to_sbatch_seconds";
const SBATCH: &str = "jobbergate_agent_sbatch_duration_seconds";
const SBATCH_LIMIT: &str = "jobbergate_agent_sbatch_limit";
const COMMANDS: &str = "jobbergate_agent_slurm_commands_total";
const COMMAND_DURATION: &str = "jobbergate_agent_slurm_command_duration_seconds";
const REPORTS: &str = "jobbergate_agent_reports_total";
const UNSETTLED: &str = "jobbergate_agent_unsettled_submissions";
const OLDEST_DOUBT: &str = "jobbergate_agent_oldest_doubt_seconds";
const OWNERS_WAITING: &str = "jobbergate_agent_owners_waiting_for_limits";
const SILENCE: &str = "jobbergate_agent_slurm_silence_seconds";
const LEASE: &str = "jobbergate_agent_lease_held";

/// The bounds of the histograms' buckets, in seconds.
const BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0];

/// How often the gauges are set.
const INTERVAL: Duration = Duration::from_secs(5);

/// Serves the figures at `http://address/metrics` until the process ends.
pub fn listen(address: SocketAddr) -> Result<(), AgentError> {
    let wrong = |error: BuildError| {
        AgentError::Configuration(format!("JOBBERGATE_AGENT_METRICS_LISTEN: {error}"))
    };
    PrometheusBuilder::new()
        .with_http_listener(address)
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)
        .and_then(PrometheusBuilder::install)
        .map_err(wrong)?;
    describe_counter!(
        SUBMISSIONS,
        "Submissions by what happened: begun, accepted, rejected, limited, not_sent, failed, uncertain"
    );
    describe_histogram!(PREPARATION, "Time from when a submission is begun to the start of sbatch");
    describe_histogram!(SBATCH, "Time that sbatch took, by outcome");
    describe_gauge!(SBATCH_LIMIT, "How many sbatch may run at once now");
    describe_counter!(COMMANDS, "Slurm's other commands by result: ok, failed, late, lost");
    describe_histogram!(COMMAND_DURATION, "Time that Slurm's other commands took");
    describe_counter!(REPORTS, "Reports to the server by kind and result: ok, refused, later");
    describe_gauge!(UNSETTLED, "Submissions in the journal that are not settled, by state");
    describe_gauge!(
        OLDEST_DOUBT,
        "How long ago the oldest sbatch was begun whose outcome is unknown"
    );
    describe_gauge!(OWNERS_WAITING, "Owners whose submissions wait for one of Slurm's limits");
    describe_gauge!(SILENCE, "How long the controller has not answered");
    describe_gauge!(LEASE, "Whether the agent may act on what it has claimed: 1, or 0");
    tracing::info!(%address, "figures for Prometheus are at /metrics");
    Ok(())
}

/// A submission is taken up.
pub(crate) fn begun() {
    counter!(SUBMISSIONS, "event" => "begun").increment(1);
}

/// It can't be run.
pub(crate) fn rejected() {
    counter!(SUBMISSIONS, "event" => "rejected").increment(1);
}

/// `sbatch` starts for a submission that was begun then.
pub(crate) fn sbatch_starts(begun: Instant) {
    histogram!(PREPARATION).record(begun.elapsed().as_secs_f64());
}

/// `sbatch` has ended.
pub(crate) fn sbatch_ended(started: Instant, outcome: &SbatchOutcome) {
    let event = match outcome {
        SbatchOutcome::Accepted(_) => "accepted",
        SbatchOutcome::Refused(_) => "refused",
        SbatchOutcome::Limited(..) => "limited",
        SbatchOutcome::NotSent(_) | SbatchOutcome::NotStarted(_) => "not_sent",
        SbatchOutcome::Failed(_) => "failed",
        SbatchOutcome::Sleeping(_) | SbatchOutcome::Unclear(_) => "uncertain",
    };
    histogram!(SBATCH, "outcome" => event).record(started.elapsed().as_secs_f64());
    // Whether a refusal is the last word is decided later.
    if event != "refused" {
        counter!(SUBMISSIONS, "event" => event).increment(1);
    }
}

/// One of Slurm's other commands has ended.
pub(crate) fn command_ended(program: &Path, started: Instant, result: &'static str) {
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    histogram!(COMMAND_DURATION, "command" => name.clone()).record(started.elapsed().as_secs_f64());
    counter!(COMMANDS, "command" => name, "result" => result).increment(1);
}

/// The server was told something.
pub(crate) fn reported(kind: &'static str, result: Result<(), &jobbergate_client::Error>) {
    let result = match result {
        Ok(()) => "ok",
        Err(error) if error.may_pass() => "later",
        Err(_) => "refused",
    };
    counter!(REPORTS, "report" => kind, "result" => result).increment(1);
}

/// Sets the gauges every few seconds.
pub(crate) async fn watch(agent: Arc<Agent>, stop: CancellationToken) {
    loop {
        if let Err(error) = look(&agent).await {
            tracing::debug!(%error, "the journal could not be counted");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

async fn look(agent: &Agent) -> Result<(), JournalError> {
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    gauge!(SBATCH_LIMIT).set(count(agent.sbatch_limit.now()));
    gauge!(OWNERS_WAITING).set(count(agent.holds.count()));
    gauge!(SILENCE).set(agent.slurm.silence().as_secs_f64());
    gauge!(LEASE).set(f64::from(u8::from(agent.lease.holds(boot_clock::now()))));
    let unsettled = agent.journal.unsettled().await?;
    for (name, is) in [
        ("planned", (|state| state == State::Planned) as fn(State) -> bool),
        ("attempted", |state| state == State::Attempted),
        ("submitted", |state| matches!(state, State::Submitted { .. })),
        ("rejected", |state| state == State::Rejected),
    ] {
        let number = unsettled.iter().filter(|entry| is(entry.state())).count();
        gauge!(UNSETTLED, "state" => name).set(count(number));
    }
    let began = unsettled.iter().filter_map(|entry| entry.attempted_at()).min();
    let doubt = began.map(|at| (chrono::Utc::now() - at).to_std().unwrap_or_default());
    gauge!(OLDEST_DOUBT).set(doubt.unwrap_or_default().as_secs_f64());
    Ok(())
}
