//! `/job-submissions/{job_submission_id}/output` and `/job-submissions/agent/output-requests`

use axum::http::StatusCode;
use jobbergate_types::output::{OutputAnswer, OutputQuery, OutputRequest, OutputRequestsQuery};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{answer, part::JobOutput};
use crate::{
    app::Context,
    auth::{Agent, Caller},
    error::Result,
    http::{Accepted, Json, JsonList, Path, Query, ResponseDoc, Router},
    permission,
    resources::job_submissions::routes::SubmissionPath,
};

const OUTPUT: &str = "/job-submissions/{job_submission_id}/output";
const REQUESTS: &str = "/job-submissions/agent/output-requests";
const REQUEST: &str = "/job-submissions/agent/output-requests/{request_id}";

const NOT_YET: ResponseDoc =
    ResponseDoc::sentence(StatusCode::CONFLICT, "The job has written nothing yet");
const CANNOT: ResponseDoc = ResponseDoc::sentence(
    StatusCode::NOT_IMPLEMENTED,
    "The cluster's agent is one that cannot read output",
);
const NO_AGENT: ResponseDoc = ResponseDoc::sentence(
    StatusCode::SERVICE_UNAVAILABLE,
    "The cluster's agent is not connected, or busy",
);
const NO_ANSWER: ResponseDoc = ResponseDoc::sentence(
    StatusCode::GATEWAY_TIMEOUT,
    "The cluster's agent, Slurm or the file system did not answer in time",
);

#[derive(Debug, Deserialize, JsonSchema)]
struct RequestPath {
    /// The request's id.
    #[schemars(length(max = 64))]
    request_id: String,
}

pub(crate) fn router() -> Router {
    Router::default()
        .get(OUTPUT, "Read what a job writes.", read)
        .responding(&[
            ResponseDoc::NOT_FOUND,
            NOT_YET,
            ResponseDoc::TOO_MANY,
            CANNOT,
            NO_AGENT,
            NO_ANSWER,
        ])
        .post(REQUESTS, "Take what is asked for of jobs' output.", take)
        .put(REQUEST, "Answer with a job's output.", keep)
        .responding(&[ResponseDoc::NOT_FOUND])
}

async fn read(
    context: Context,
    caller: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
    Query(query): Query<OutputQuery>,
) -> Result<JobOutput> {
    super::read(context, &caller.identity, path.job_submission_id, query).await
}

async fn take(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Query(query): Query<OutputRequestsQuery>,
) -> Result<JsonList<OutputRequest>> {
    answer::take(&context, &agent.client_id, query.most).await.map(JsonList)
}

async fn keep(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    Path(path): Path<RequestPath>,
    Json(answer): Json<OutputAnswer>,
) -> Result<Accepted> {
    answer::keep(&context, &agent.client_id, &path.request_id, answer).await?;
    Ok(Accepted)
}
