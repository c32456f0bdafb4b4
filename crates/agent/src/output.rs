//! Reads what jobs write, for their owners, who ask the server for it.
//!
//! Only files that Slurm names for a submission's own job are read (`find`), as its user and
//! nothing that would be no regular file ([`read`]). Nothing is kept.

pub mod config;
mod find;
mod hosts;
mod noted;
mod pattern;
mod place;
pub mod read;
mod reader;
mod refusal;
mod serve;
mod whose;

use std::{sync::Arc, time::Duration};

use jobbergate_client::Error;
use jobbergate_types::output::{MOST_TAKEN, OutputRequest};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{agent::Agent, backoff::Backoff};
use serve::{Desk, serve};

/// How many requests are under way at once; most of them wait for their job to write something.
const AT_ONCE: i64 = MOST_TAKEN;
/// How often it is asked for requests while the server does not say by itself that there are some.
const INTERVAL: Duration = Duration::from_secs(1);
/// How soon it is looked again whether an old server was replaced.
const OLD_SERVER: Duration = Duration::from_mins(10);
/// After which times an answer that did not arrive is sent again.
const AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Answers requests until `stop`; then those that are under way, with what there is.
pub async fn run(agent: Arc<Agent>, stop: CancellationToken) {
    let desk = Arc::new(Desk::default());
    let mut tasks = JoinSet::new();
    let mut backoff = Backoff::new(rand::random());
    while !stop.is_cancelled() {
        let free = AT_ONCE - i64::try_from(tasks.len()).unwrap_or(AT_ONCE);
        let pause = match take(&agent, free).await {
            Ok(requests) => {
                backoff = Backoff::new(rand::random());
                for request in requests {
                    let (agent, desk) = (Arc::clone(&agent), Arc::clone(&desk));
                    let stop = stop.clone();
                    tasks.spawn(async move { answer(&agent, &desk, request, &stop).await });
                }
                if agent.wakes.are_live() {
                    agent.config.task_recheck_interval_seconds
                } else {
                    INTERVAL
                }
            }
            // A proxy that has no server to ask at the moment is asked again soon.
            Err(error) if error.is_unknown_route() && !error.is_foreign() => OLD_SERVER,
            Err(error) => {
                tracing::debug!(%error, "requests for output cannot be taken up");
                backoff.pause()
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(pause) => {}
            () = agent.wakes.requests() => {}
            Some(_) = tasks.join_next(), if free == 0 => {}
        }
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

async fn take(agent: &Agent, free: i64) -> Result<Vec<OutputRequest>, Error> {
    if free <= 0 {
        return Ok(Vec::new());
    }
    let taken = agent.client.take_output_requests(free).await?;
    agent.wakes.took_requests();
    Ok(taken)
}

async fn answer(agent: &Agent, desk: &Desk, request: OutputRequest, stop: &CancellationToken) {
    let submission = request.job_submission_id;
    let answer = serve(agent, desk, &request, stop).await;
    let mut pauses = AGAIN.into_iter();
    while let Err(error) = agent.client.answer_output_request(&request.id, &answer).await {
        let Some(pause) = pauses.next().filter(|_| error.may_pass()) else {
            tracing::debug!(submission, %error, "nobody has the output that was read");
            return;
        };
        sleep(pause).await;
    }
    tracing::debug!(submission, "output was read");
}
