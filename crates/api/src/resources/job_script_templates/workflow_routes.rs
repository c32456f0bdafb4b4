//! `/job-script-templates/{id_or_identifier}/upload/workflow` and `…/upload-by-url/workflow`

use jobbergate_types::job_script_templates::{
    RunTimeConfig, WorkflowFileDetailedView, WorkflowUrlQuery,
};

use super::{Locator, routes::TemplatePath, workflow, workflow_store::FILENAME};
use crate::{
    app::Context,
    auth::{Caller, Owner, permission},
    error::Result,
    http::{
        Answer, Deleted, Endpoint, FileContent, Json, Method, OptionalJson, Path, Query, Router,
        WorkflowForm,
    },
};

const UPLOAD: &str = "/job-script-templates/{id_or_identifier}/upload/workflow";
const BY_URL: &str = "/job-script-templates/{id_or_identifier}/upload-by-url/workflow";

/// The routes.
pub(crate) fn router() -> Router {
    use Method::{Delete, Get, Put};
    Router::default()
        .route(Get, UPLOAD, "The content of a template's workflow file.", Endpoint::new(get))
        .route(Put, UPLOAD, "Upload or replace a template's workflow file.", Endpoint::new(put))
        .route(Delete, UPLOAD, "Delete a template's workflow file.", Endpoint::new(delete))
        .route(
            Put,
            BY_URL,
            "Fetch a template's workflow file.",
            Endpoint::new(put_by_url).answering(&[Answer::TOO_LARGE]),
        )
}

async fn get(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<TemplatePath>,
) -> Result<FileContent> {
    let content = workflow::get(&context, &Locator::parse(&path.id_or_identifier)).await?;
    Ok(FileContent { filename: FILENAME.to_owned(), content })
}

async fn put(
    context: Context,
    owner: Owner<permission::JobTemplateFilesWrite>,
    (Path(path), form): (Path<TemplatePath>, WorkflowForm),
) -> Result<Json<WorkflowFileDetailedView>> {
    let locator = Locator::parse(&path.id_or_identifier);
    let content = form.upload_file.content;
    workflow::put(&context, &owner.identity, &locator, content, form.runtime_config).await.map(Json)
}

async fn put_by_url(
    context: Context,
    owner: Owner<permission::JobTemplateFilesWrite>,
    (Path(path), Query(query), OptionalJson(settings)): (
        Path<TemplatePath>,
        Query<WorkflowUrlQuery>,
        OptionalJson<RunTimeConfig>,
    ),
) -> Result<Json<WorkflowFileDetailedView>> {
    let locator = Locator::parse(&path.id_or_identifier);
    workflow::put_by_url(&context, &owner.identity, &locator, &query.file_url, settings)
        .await
        .map(Json)
}

async fn delete(
    context: Context,
    owner: Owner<permission::JobTemplateFilesDelete>,
    Path(path): Path<TemplatePath>,
) -> Result<Deleted> {
    workflow::delete(&context, &owner.identity, &Locator::parse(&path.id_or_identifier)).await?;
    Ok(Deleted)
}
