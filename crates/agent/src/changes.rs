//! Waits for the server to say that there is something new.

use std::{sync::Arc, time::Duration};

use jobbergate_client::Error;
use jobbergate_types::changes::{Changes, ChangesQuery};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{agent::Agent, backoff::Backoff};

/// How much later than promised an answer may come: then the connection is taken for dead.
const MARGIN: Duration = Duration::from_secs(10);
/// How soon a server is asked again that answers before its time although nothing is new: it
/// stops, or has no room for those who wait.
const EARLY: Duration = Duration::from_secs(1);
/// How soon it is looked again whether an old server was replaced.
const OLD_SERVER: Duration = Duration::from_mins(10);

/// Wakes the other loops when there is something new, until `stop`. While this does not work they
/// ask by themselves.
pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let wait = agent.config.long_poll_seconds;
    if wait == 0 {
        return stop.cancelled().await;
    }
    let mut query = ChangesQuery { cursor: None, wait };
    let mut backoff = Backoff::new(rand::random());
    loop {
        let asked_at = Instant::now();
        let answer = tokio::select! {
            () = stop.cancelled() => return,
            answer = agent.client.changes(&query, MARGIN) => answer,
        };
        let pause = match answer {
            Ok(changes) => {
                backoff = Backoff::new(rand::random());
                agent.wakes.hear(&changes);
                let pause = after(&changes, asked_at.elapsed());
                if changes.requests {
                    // Until then the answer would be the same.
                    let taken = agent.wakes.requests_taken();
                    let _ = tokio::time::timeout(EARLY, taken).await;
                }
                query.cursor = Some(changes.cursor);
                pause
            }
            Err(error) => {
                say(&agent, &error);
                agent.wakes.fall_silent();
                if is_old(&error) { OLD_SERVER.mul_f64(spread()) } else { backoff.pause() }
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

fn after(changes: &Changes, waited: Duration) -> Duration {
    let news = changes.pending || changes.cancelled || changes.requests;
    let early = !news && waited < EARLY;
    if early { EARLY.mul_f64(spread()) } else { Duration::ZERO }
}

/// For many agents not to come back at once.
fn spread() -> f64 {
    rand::random_range(0.5..1.0)
}

/// Whether the server is one that can't let anybody wait.
fn is_old(error: &Error) -> bool {
    error.is_unknown_route() && !error.is_foreign()
}

/// Says once that it does not work any more.
fn say(agent: &Agent, error: &Error) {
    let interval = agent.config.task_jobs_interval_seconds;
    if is_old(error) {
        tracing::debug!(%error, "the server does not say by itself what is new");
    } else if agent.wakes.are_live() {
        tracing::warn!(%error, ?interval, "the server is asked at intervals for what is new");
    } else {
        tracing::debug!(%error, "the server does not say what is new yet");
    }
}
