//! `/job-submissions`

use jobbergate_types::{
    Page,
    job_submissions::{
        JobProgressDetail, JobSubmissionCreateRequest, JobSubmissionDetailedView,
        JobSubmissionListQuery, JobSubmissionListView, JobSubmissionUpdateRequest,
    },
    list::Paging,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::service;
use crate::{
    app::Context,
    auth::{Caller, Owner},
    error::Result,
    http::{Created, Json, NoContent, Path, Query, ResponseDoc, Router},
    permission,
    telemetry::about_submission,
};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct SubmissionPath {
    /// The submission's number.
    pub(super) job_submission_id: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ProgressQuery {
    /// Smallest first (or largest first, when false).
    #[serde(default = "yes")]
    sort_ascending: bool,
    /// The field to sort by.
    #[serde(default = "by_time")]
    sort_field: String,
    /// Which page.
    #[serde(flatten)]
    paging: Paging,
}

const fn yes() -> bool {
    true
}

fn by_time() -> String {
    "timestamp".to_owned()
}

const ONE: &str = "/job-submissions/{job_submission_id}";
const CLONE: &str = "/job-submissions/clone/{job_submission_id}";
const CANCEL: &str = "/job-submissions/cancel/{job_submission_id}";
const PROGRESS: &str = "/job-submissions/{job_submission_id}/progress";

pub(crate) fn router() -> Router {
    Router::default()
        .post("/job-submissions", "Submit a script to a cluster.", create)
        .keyed()
        .responding(&[ResponseDoc::NOT_FOUND])
        .get("/job-submissions", "List submissions.", list)
        .post(CLONE, "Submit once more.", clone)
        .keyed()
        .get(ONE, "A submission.", get)
        .delete(ONE, "Delete a submission.", delete)
        .put(ONE, "Change a submission.", update)
        .put(CANCEL, "Cancel a submission and its job.", cancel)
        .get(PROGRESS, "The steps in a submission's life.", progress)
}

async fn create(
    context: Context,
    owner: Owner<permission::JobSubmissionsCreate>,
    Json(request): Json<JobSubmissionCreateRequest>,
) -> Result<Created<JobSubmissionDetailedView>> {
    let own_cluster = owner.identity.cluster();
    let created = service::create(&context, &owner.email, own_cluster, request).await?;
    about_submission(created.submission.id);
    Ok(Created(created))
}

async fn list(
    context: Context,
    caller: Caller<permission::JobSubmissionsRead>,
    Query(query): Query<JobSubmissionListQuery>,
) -> Result<Json<Page<JobSubmissionListView>>> {
    service::list(&context, &query, caller.identity.email.as_deref()).await.map(Json)
}

async fn clone(
    context: Context,
    owner: Owner<permission::JobSubmissionsCreate>,
    Path(path): Path<SubmissionPath>,
) -> Result<Created<JobSubmissionDetailedView>> {
    service::clone(&context, &owner.email, path.job_submission_id).await.map(Created)
}

async fn get(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
) -> Result<Json<JobSubmissionDetailedView>> {
    service::get(&context, path.job_submission_id).await.map(Json)
}

async fn update(
    context: Context,
    owner: Owner<permission::JobSubmissionsUpdate>,
    Path(path): Path<SubmissionPath>,
    Json(request): Json<JobSubmissionUpdateRequest>,
) -> Result<Json<JobSubmissionDetailedView>> {
    service::update(&context, &owner.identity, path.job_submission_id, request).await.map(Json)
}

async fn delete(
    context: Context,
    owner: Owner<permission::JobSubmissionsDelete>,
    Path(path): Path<SubmissionPath>,
) -> Result<NoContent> {
    service::delete(&context, &owner.identity, path.job_submission_id).await?;
    Ok(NoContent)
}

async fn cancel(
    context: Context,
    owner: Owner<permission::JobSubmissionsUpdate>,
    Path(path): Path<SubmissionPath>,
) -> Result<Json<JobSubmissionDetailedView>> {
    service::cancel(&context, &owner.identity, path.job_submission_id).await.map(Json)
}

async fn progress(
    context: Context,
    _: Caller<permission::JobSubmissionsRead>,
    Path(path): Path<SubmissionPath>,
    Query(query): Query<ProgressQuery>,
) -> Result<Json<Page<JobProgressDetail>>> {
    let ProgressQuery { sort_ascending, sort_field, paging } = query;
    let id = path.job_submission_id;
    service::progress(&context, id, &sort_field, sort_ascending, &paging).await.map(Json)
}
