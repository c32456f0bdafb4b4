//! `/job-submissions/agent`

use jobbergate_types::{
    Page,
    job_submissions::{
        ActiveJobSubmission, JobSubmissionAgentRejectedRequest, JobSubmissionAgentSubmittedRequest,
        JobSubmissionAgentUpdateRequest, PendingJobSubmission,
    },
    list::Paging,
};

use super::{agent as service, routes::SubmissionPath};
use crate::{
    app::Context,
    auth::{Agent, permission},
    error::Result,
    http::{Accepted, Answer, Endpoint, Json, Method, Path, Query, Router, WithoutNulls},
};

const ONE: &str = "/job-submissions/agent/{job_submission_id}";
const SUBMITTED: &str = "/job-submissions/agent/submitted";
const REJECTED: &str = "/job-submissions/agent/rejected";
const PENDING: &str = "/job-submissions/agent/pending";
const ACTIVE: &str = "/job-submissions/agent/active";

/// The routes for agents.
pub(crate) fn router() -> Router {
    use Method::{Get, Post, Put};
    Router::default()
        .route(Put, ONE, "Report a job's state.", Endpoint::new(update))
        .route(
            Post,
            SUBMITTED,
            "Report that Slurm took a job.",
            Endpoint::new(submitted).answering(&[Answer::NOT_FOUND]),
        )
        .route(
            Post,
            REJECTED,
            "Report that a job can't be run.",
            Endpoint::new(rejected).answering(&[Answer::NOT_FOUND]),
        )
        .route(Get, PENDING, "What waits for this agent.", Endpoint::new(pending))
        .route(Get, ACTIVE, "What this agent follows.", Endpoint::new(active))
}

async fn update(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    (Path(path), Json(request)): (Path<SubmissionPath>, Json<JobSubmissionAgentUpdateRequest>),
) -> Result<Accepted> {
    service::update(&context, &agent, path.job_submission_id, request).await?;
    Ok(Accepted)
}

async fn submitted(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Json(request): Json<JobSubmissionAgentSubmittedRequest>,
) -> Result<Accepted> {
    service::submitted(&context, &agent, request).await?;
    Ok(Accepted)
}

async fn rejected(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Json(request): Json<JobSubmissionAgentRejectedRequest>,
) -> Result<Accepted> {
    service::rejected(&context, &agent, request).await?;
    Ok(Accepted)
}

async fn pending(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(paging): Query<Paging>,
) -> Result<WithoutNulls<Page<PendingJobSubmission>>> {
    service::pending(&context, &agent.client_id, &paging).await.map(WithoutNulls)
}

async fn active(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ActiveJobSubmission>>> {
    service::active(&context, &agent.client_id, &paging).await.map(Json)
}
