//! `/job-submissions/…/metrics`

use axum::http::StatusCode;
use jobbergate_types::metrics::{
    JobSubmissionAgentMetricsRequest, JobSubmissionMetricSchema, JobSubmissionMetricTimestamps,
    JobSubmissionMetricsQuery,
};

use crate::{
    app::Context,
    auth::{Agent, Caller},
    error::Result,
    http::{
        Json, JsonList, NoContent, Path, Query, Raw, ResponseDoc, Router, response_doc::BodyDoc,
    },
    permission,
    resources::job_submissions::routes::SubmissionPath,
};

const AGENT: &str = "/job-submissions/agent/metrics/{job_submission_id}";
const METRICS: &str = "/job-submissions/{job_submission_id}/metrics";
const TIMESTAMPS: &str = "/job-submissions/{job_submission_id}/metrics/timestamps";

const UPLOADING: [ResponseDoc; 2] = [
    ResponseDoc {
        status: StatusCode::OK,
        description: "Never; older clients expect it",
        body: BodyDoc::Any,
    },
    ResponseDoc::sentence(
        StatusCode::BAD_REQUEST,
        "A claim is missing, the samples cannot be read, or there is no job",
    ),
];
const NO_METRICS: ResponseDoc =
    ResponseDoc::sentence(StatusCode::NOT_FOUND, "The submission has no metrics");

pub(crate) fn router() -> Router {
    Router::default()
        .get(AGENT, "Until when the server has each task's metrics.", max_times)
        .put(AGENT, "Upload metrics as MessagePack.", upload)
        .responding(&UPLOADING)
        .get(METRICS, "What a job uses of its nodes.", list)
        .get(TIMESTAMPS, "When a submission's metrics begin and end.", timestamps)
        .responding(&[NO_METRICS])
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
    Path(path): Path<SubmissionPath>,
    Raw(body): Raw,
) -> Result<NoContent> {
    super::upload(&context, &agent, path.job_submission_id, &body).await?;
    Ok(NoContent)
}

async fn list(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
    Query(query): Query<JobSubmissionMetricsQuery>,
) -> Result<JsonList<JobSubmissionMetricSchema>> {
    super::list(&context, path.job_submission_id, query).await.map(JsonList)
}

async fn timestamps(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
) -> Result<Json<JobSubmissionMetricTimestamps>> {
    super::timestamps(&context, path.job_submission_id).await.map(Json)
}
