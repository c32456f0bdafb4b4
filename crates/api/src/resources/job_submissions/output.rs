//! The output of jobs: people ask, the agent of the job's cluster reads it and answers.
//!
//! Nothing is kept: a request and its answer are rows that are gone when the answer is delivered
//! ([`crate::events::requests`]). Who waits, person or agent, hears of them from the feed, on
//! whichever server.

mod answer;
pub(crate) mod part;
pub(crate) mod routes;
mod unanswered;
mod wait;

use std::{sync::Arc, time::Duration};

use jobbergate_types::{
    job_submissions::JobSubmissionStatus,
    output::{LARGEST_LIMIT, OutputQuery, OutputRequest},
    slurm::Outcome,
};
use tokio::time::Instant;

use super::{service, store::SubmissionRow};
use crate::{
    app::Context,
    auth::Identity,
    error::{Error, Result},
};
use part::JobOutput;
use wait::Asked;

/// What an answer counts at least, in bytes.
const LEAST_AMOUNT: usize = 64 << 10;

/// How often it is looked whether a submission has a job.
const LOOK: Duration = Duration::from_millis(250);

/// Reads a part of a job's output.
pub(crate) async fn read(
    context: Context,
    caller: &Identity,
    id: i64,
    mut query: OutputQuery,
) -> Result<JobOutput> {
    let begin = Instant::now();
    let row = service::require(&mut context.db.read().await?, id).await?;
    caller.require_ownership(&row.owner_email)?;
    let cluster: Arc<str> = row.client_id.as_str().into();
    let app = Arc::clone(&context.app);
    let _place = app.output_requests.enter(&context.customer.caller)?;
    let wait = Duration::from_secs(u64::try_from(query.wait).unwrap_or_default());
    let row = with_job(&context, row, begin + wait).await?;
    query.wait -= i64::try_from(begin.elapsed().as_secs()).unwrap_or_default().min(query.wait);
    let request = request(&row, query)?;
    let who = Arc::clone(&context.customer.caller);
    let free_at = app.output_rate.free_at(&who).max(app.output_rate_of_cluster.free_at(&cluster));
    if let Some(free_at) = free_at {
        tokio::time::sleep_until(free_at).await;
    }
    context.take_room(usize::try_from(request.query.limit).unwrap_or_default()).await?;
    let asked = Asked::ask(context, &cluster, request).await?;
    let answer = asked.wait().await?;
    let output = answer::delivered(answer)?;
    let amount = output.bytes().max(LEAST_AMOUNT).min(LARGEST_LIMIT as usize);
    let amount = u32::try_from(amount).unwrap_or(u32::MAX);
    app.output_rate.had(&who, amount);
    app.output_rate_of_cluster.had(&cluster, amount);
    Ok(output)
}

/// The submission as soon as it has a job, or can't have one any more; as it is at `end`.
async fn with_job(
    context: &Context,
    mut row: SubmissionRow,
    end: Instant,
) -> Result<SubmissionRow> {
    while row.slurm_job_id.is_none()
        && row.status()? == JobSubmissionStatus::Created
        && Instant::now() < end
    {
        tokio::time::sleep(LOOK).await;
        row = service::require(&mut context.db.read().await?, row.id.into()).await?;
    }
    Ok(row)
}

/// What the agent is asked for; an error if there can be no output.
fn request(row: &SubmissionRow, query: OutputQuery) -> Result<OutputRequest> {
    let status = row.status()?;
    let id = row.id;
    let Some(slurm_job_id) = row.slurm_job_id else {
        return Err(match status {
            JobSubmissionStatus::Created | JobSubmissionStatus::Submitted => {
                Error::Conflict(format!(
                    "There is no output yet: submission {id} waits for its cluster and has no job in \
                 Slurm"
                ))
            }
            _ => Error::NotFound(format!(
                "There is no output: submission {id} is {status} and never had a job in Slurm"
            )),
        });
    };
    let gone = || row.slurm_job_state().is_some_and(|state| state.outcome() != Outcome::Active);
    let ended = match status {
        JobSubmissionStatus::Created | JobSubmissionStatus::Submitted => false,
        JobSubmissionStatus::Cancelled => gone(),
        JobSubmissionStatus::Done
        | JobSubmissionStatus::Aborted
        | JobSubmissionStatus::Rejected => true,
    };
    Ok(OutputRequest {
        id: format!("{:032x}", rand::random::<u128>()),
        job_submission_id: id.into(),
        slurm_job_id: slurm_job_id.into(),
        owner_email: row.owner_email.clone(),
        ended,
        query,
    })
}
