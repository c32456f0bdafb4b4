//! `/job-submissions/agent`

use jobbergate_types::{
    Page,
    changes::{Changes, ChangesQuery},
    claims::{
        AgentListQuery, ClaimQuery, Claims, ClaimsRequest, FollowedQuery, InstanceQuery,
        WithdrawnJobSubmission,
    },
    job_submissions::{
        ActiveJobSubmission, JobSubmissionAgentRejectedRequest, JobSubmissionAgentSubmittedRequest,
        JobSubmissionAgentUpdateRequest, PendingJobSubmission, WaitingJobSubmissionsRequest,
    },
};

use super::changes;
use crate::{
    app::Context,
    auth::Agent,
    error::Result,
    http::{Accepted, Json, Path, Query, ResponseDoc, Router},
    permission,
    resources::job_submissions::{claims, routes::SubmissionPath},
    telemetry::about_submission,
};

const ONE: &str = "/job-submissions/agent/{job_submission_id}";
const SUBMITTED: &str = "/job-submissions/agent/submitted";
const REJECTED: &str = "/job-submissions/agent/rejected";
const WAITING: &str = "/job-submissions/agent/waiting";
const PENDING: &str = "/job-submissions/agent/pending";
const ACTIVE: &str = "/job-submissions/agent/active";
const FOLLOWED: &str = "/job-submissions/agent/followed";
const CLAIMS: &str = "/job-submissions/agent/claims";
const WITHDRAWN: &str = "/job-submissions/agent/withdrawn";
const WITHDRAWN_ONE: &str = "/job-submissions/agent/withdrawn/{job_submission_id}";
const CHANGES: &str = "/job-submissions/agent/changes";

pub(crate) fn router() -> Router {
    Router::default()
        .put(ONE, "Report a job's state.", update)
        .post(SUBMITTED, "Report that Slurm took a job.", submitted)
        .responding(&[ResponseDoc::NOT_FOUND])
        .post(REJECTED, "Report that a job can't be run.", rejected)
        .responding(&[ResponseDoc::NOT_FOUND])
        .post(WAITING, "Report why submissions wait that are no jobs yet.", waiting)
        .get(PENDING, "What waits for this agent.", pending)
        .get(ACTIVE, "What this agent follows.", active)
        .get(FOLLOWED, "What this agent follows, a thousand at a time, by number.", followed)
        .post(
            CLAIMS,
            "Renew the lease of one of a cluster's agents, and claim what is free.",
            claim,
        )
        .responding(&[ResponseDoc::TOO_MANY])
        .delete(CLAIMS, "Hand back all that an agent has claimed.", hand_back)
        .get(
            WITHDRAWN,
            "What nobody wants any more, and may have a job that nobody knows.",
            withdrawn,
        )
        .delete(WITHDRAWN_ONE, "Report that a withdrawn submission has no unknown job.", settle)
        .get(CHANGES, "Wait for work.", wait_for_changes)
        .responding(&[ResponseDoc::TOO_MANY])
}

async fn update(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Path(path): Path<SubmissionPath>,
    Json(request): Json<JobSubmissionAgentUpdateRequest>,
) -> Result<Accepted> {
    super::update(&context, &agent, path.job_submission_id, request).await?;
    Ok(Accepted)
}

async fn submitted(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Json(request): Json<JobSubmissionAgentSubmittedRequest>,
) -> Result<Accepted> {
    about_submission(request.id);
    super::submitted(&context, &agent, request).await?;
    Ok(Accepted)
}

async fn rejected(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Json(request): Json<JobSubmissionAgentRejectedRequest>,
) -> Result<Accepted> {
    about_submission(request.id);
    super::rejected(&context, &agent, request).await?;
    Ok(Accepted)
}

async fn waiting(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Json(request): Json<WaitingJobSubmissionsRequest>,
) -> Result<Accepted> {
    super::waiting(&context, &agent, request).await?;
    Ok(Accepted)
}

async fn pending(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(query): Query<AgentListQuery>,
) -> Result<Json<Page<PendingJobSubmission>>> {
    super::pending(&context, &agent.client_id, &query).await.map(Json)
}

async fn active(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(query): Query<AgentListQuery>,
) -> Result<Json<Page<ActiveJobSubmission>>> {
    super::active(&context, &agent.client_id, &query).await.map(Json)
}

async fn followed(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(query): Query<FollowedQuery>,
) -> Result<Json<Vec<ActiveJobSubmission>>> {
    super::followed(&context, &agent.client_id, &query).await.map(Json)
}

async fn claim(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Json(request): Json<ClaimsRequest>,
) -> Result<Json<Claims>> {
    claims::claim(&context, &agent.client_id, &request).await.map(Json)
}

async fn hand_back(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Query(query): Query<InstanceQuery>,
) -> Result<Accepted> {
    claims::hand_back(&context, &agent.client_id, &query.instance).await?;
    Ok(Accepted)
}

async fn withdrawn(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(query): Query<InstanceQuery>,
) -> Result<Json<Vec<WithdrawnJobSubmission>>> {
    let list = claims::withdrawn::list(&context, &agent.client_id, &query.instance).await;
    list.map(Json)
}

async fn settle(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Path(path): Path<SubmissionPath>,
    Query(query): Query<ClaimQuery>,
) -> Result<Accepted> {
    let id = path.job_submission_id;
    claims::withdrawn::settle(&context, &agent.client_id, id, query.claim).await?;
    Ok(Accepted)
}

async fn wait_for_changes(
    context: Context,
    agent: Agent<permission::JobSubmissionsRead>,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<Changes>> {
    changes::wait(context, &agent.client_id, &query).await.map(Json)
}
