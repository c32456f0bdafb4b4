//! `/job-submissions/…/metrics`

use axum::http::StatusCode;
use jobbergate_types::metrics::{
    JobSubmissionAgentMetricsRequest, JobSubmissionMetricSchema, JobSubmissionMetricTimestamps,
    JobSubmissionMetricsQuery,
};

use crate::{
    app::Context,
    auth::{Agent, Caller, permission},
    error::Result,
    http::{
        Answer, Endpoint, Json, Method, NoContent, Path, Query, Raw, Router, answer::AnswerBody,
    },
    resources::job_submissions::routes::SubmissionPath,
};

const AGENT: &str = "/job-submissions/agent/metrics/{job_submission_id}";
const METRICS: &str = "/job-submissions/{job_submission_id}/metrics";
const TIMESTAMPS: &str = "/job-submissions/{job_submission_id}/metrics/timestamps";

const UPLOADING: [Answer; 2] = [
    Answer {
        status: StatusCode::OK,
        description: "Never; older clients expect it",
        body: AnswerBody::Any,
    },
    Answer::sentence(
        StatusCode::BAD_REQUEST,
        "A claim is missing, the samples cannot be read, or there is no job",
    ),
];
const NO_METRICS: Answer = Answer::sentence(StatusCode::NOT_FOUND, "The submission has no metrics");

/// The routes.
pub(crate) fn router() -> Router {
    use Method::{Get, Put};
    let uploading = Endpoint::new(upload).answering(&UPLOADING);
    let spanning = Endpoint::new(timestamps).answering(&[NO_METRICS]);
    Router::default()
        .route(
            Get,
            AGENT,
            "Until when the server has each task's metrics.",
            Endpoint::new(max_times),
        )
        .route(Put, AGENT, "Upload metrics as MessagePack.", uploading)
        .route(Get, METRICS, "What a job uses of its nodes.", Endpoint::new(list))
        .route(Get, TIMESTAMPS, "When a submission's metrics begin and end.", spanning)
}

async fn max_times(
    context: Context,
    _: Agent<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
) -> Result<Json<JobSubmissionAgentMetricsRequest>> {
    super::max_times(&context, path.job_submission_id).await.map(Json)
}

async fn upload(
    context: Context,
    agent: Agent<permission::JobSubmissionsUpdate>,
    (Path(path), Raw(body)): (Path<SubmissionPath>, Raw),
) -> Result<NoContent> {
    super::upload(&context, &agent, path.job_submission_id, &body).await?;
    Ok(NoContent)
}

async fn list(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    (Path(path), Query(query)): (Path<SubmissionPath>, Query<JobSubmissionMetricsQuery>),
) -> Result<Json<Vec<JobSubmissionMetricSchema>>> {
    super::list(&context, path.job_submission_id, query).await.map(Json)
}

async fn timestamps(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
) -> Result<Json<JobSubmissionMetricTimestamps>> {
    super::timestamps(&context, path.job_submission_id).await.map(Json)
}
