//! `/job-script-templates/{id_or_identifier}/upload/workflow` and `…/upload-by-url/workflow`

use jobbergate_types::job_script_templates::{
    RunTimeConfig, WorkflowFileDetailedView, WorkflowUrlQuery,
};

use crate::{
    app::Context,
    auth::{Caller, Owner},
    error::Result,
    http::{
        Deleted, FileContent, Json, OptionalJson, Path, Query, ResponseDoc, Router, WorkflowForm,
    },
    permission,
    resources::job_script_templates::{
        routes::{DeleteFiles, TemplatePath, WriteFiles},
        workflow::store::FILENAME,
    },
};

const UPLOAD: &str = "/job-script-templates/{id_or_identifier}/upload/workflow";
const BY_URL: &str = "/job-script-templates/{id_or_identifier}/upload-by-url/workflow";

pub(crate) fn router() -> Router {
    Router::default()
        .get(UPLOAD, "The content of a template's workflow file.", get)
        .put(UPLOAD, "Upload or replace a template's workflow file.", put)
        .delete(UPLOAD, "Delete a template's workflow file.", delete)
        .put(BY_URL, "Fetch a template's workflow file.", put_by_url)
        .responding(&[ResponseDoc::TOO_LARGE])
}

async fn get(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<TemplatePath>,
) -> Result<FileContent> {
    let content = super::get(&context, &path.id_or_identifier).await?;
    Ok(FileContent { filename: FILENAME.to_owned(), content })
}

async fn put(
    context: Context,
    owner: Owner<WriteFiles>,
    Path(path): Path<TemplatePath>,
    form: WorkflowForm,
) -> Result<Json<WorkflowFileDetailedView>> {
    let content = form.upload_file.content;
    super::put(
        &context,
        &owner.identity,
        &path.id_or_identifier,
        content,
        form.runtime_config,
        None,
    )
    .await
    .map(Json)
}

async fn put_by_url(
    context: Context,
    owner: Owner<WriteFiles>,
    Path(path): Path<TemplatePath>,
    Query(query): Query<WorkflowUrlQuery>,
    OptionalJson(settings): OptionalJson<RunTimeConfig>,
) -> Result<Json<WorkflowFileDetailedView>> {
    super::put_by_url(&context, &owner.identity, &path.id_or_identifier, &query.file_url, settings)
        .await
        .map(Json)
}

async fn delete(
    context: Context,
    owner: Owner<DeleteFiles>,
    Path(path): Path<TemplatePath>,
) -> Result<Deleted> {
    super::delete(&context, &owner.identity, &path.id_or_identifier).await?;
    Ok(Deleted)
}
