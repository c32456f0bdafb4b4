//! `/job-script-templates`

use jobbergate_types::{
    FileType, Page,
    job_script_templates::{
        FileNameQuery, FileUrlQuery, JobTemplateBaseDetailedView, JobTemplateCloneRequest,
        JobTemplateCreateRequest, JobTemplateDetailedView, JobTemplateListQuery,
        JobTemplateListView, JobTemplateUpdateRequest, TemplateFileDetailedView,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Locator, service};
use crate::{
    app::Context,
    auth::{Caller, Owner, permission},
    error::Result,
    http::{
        Answer, Created, Deleted, Endpoint, FileContent, Form, Json, Method, NoContent,
        OptionalJson, Path, Query, Router,
    },
    resources::files::FilePut,
};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct TemplatePath {
    /// The template's number or identifier.
    pub(super) id_or_identifier: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FilePath {
    /// The template's number or identifier.
    id_or_identifier: String,
    /// The file's name, possibly with slashes.
    file_name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FileTypePath {
    /// The template's number or identifier.
    id_or_identifier: String,
    /// What the file is to the template.
    file_type: FileType,
}

const ONE: &str = "/job-script-templates/{id_or_identifier}";
const FILE: &str = "/job-script-templates/{id_or_identifier}/upload/template/{file_name:path}";
const CLONE: &str = "/job-script-templates/clone/{id_or_identifier}";
const BY_URL: &str = "/job-script-templates/{id_or_identifier}/upload-by-url/template/{file_type}";
const UPLOAD: &str = "/job-script-templates/{id_or_identifier}/upload/template/{file_type}";

/// The routes.
pub(crate) fn router() -> Router {
    use Method::{Delete, Get, Post, Put};
    Router::default()
        .route(Post, "/job-script-templates", "Create a template.", Endpoint::new(create))
        .route(Get, "/job-script-templates", "List templates.", Endpoint::new(list))
        .route(Post, CLONE, "Copy a template and its files.", Endpoint::new(clone))
        .route(Get, ONE, "A template and its files.", Endpoint::new(get))
        .route(Put, ONE, "Change a template.", Endpoint::new(update))
        .route(Delete, ONE, "Delete a template and its files.", Endpoint::new(delete))
        .route(Get, FILE, "The content of a template's file.", Endpoint::new(get_file))
        .route(Put, UPLOAD, "Upload, replace or rename a template's file.", Endpoint::new(put_file))
        .route(
            Put,
            BY_URL,
            "Fetch a template's file.",
            Endpoint::new(put_file_by_url).answering(&[Answer::TOO_LARGE]),
        )
        .route(Delete, FILE, "Delete a template's file.", Endpoint::new(delete_file))
}

async fn create(
    context: Context,
    owner: Owner<permission::JobTemplatesCreate>,
    Json(request): Json<JobTemplateCreateRequest>,
) -> Result<Created<JobTemplateBaseDetailedView>> {
    service::create(&context, &owner.email, request).await.map(Created)
}

async fn list(
    context: Context,
    caller: Caller<permission::JobTemplatesRead>,
    Query(query): Query<JobTemplateListQuery>,
) -> Result<Json<Page<JobTemplateListView>>> {
    service::list(&context, &query, caller.identity.email.as_deref()).await.map(Json)
}

async fn clone(
    context: Context,
    owner: Owner<permission::JobTemplatesCreate>,
    (Path(path), OptionalJson(request)): (
        Path<TemplatePath>,
        OptionalJson<JobTemplateCloneRequest>,
    ),
) -> Result<Created<JobTemplateDetailedView>> {
    let locator = Locator::parse(&path.id_or_identifier);
    super::clone::clone(&context, &owner.email, &locator, request).await.map(Created)
}

async fn get(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<TemplatePath>,
) -> Result<Json<JobTemplateDetailedView>> {
    service::get(&context, &Locator::parse(&path.id_or_identifier)).await.map(Json)
}

async fn update(
    context: Context,
    owner: Owner<permission::JobTemplatesUpdate>,
    (Path(path), Json(request)): (Path<TemplatePath>, Json<JobTemplateUpdateRequest>),
) -> Result<Json<JobTemplateBaseDetailedView>> {
    let locator = Locator::parse(&path.id_or_identifier);
    service::update(&context, &owner.identity, &locator, request).await.map(Json)
}

async fn delete(
    context: Context,
    owner: Owner<permission::JobTemplatesDelete>,
    Path(path): Path<TemplatePath>,
) -> Result<NoContent> {
    service::delete(&context, &owner.identity, &Locator::parse(&path.id_or_identifier)).await?;
    Ok(NoContent)
}

async fn get_file(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<FilePath>,
) -> Result<FileContent> {
    let locator = Locator::parse(&path.id_or_identifier);
    let content = service::get_file(&context, &locator, &path.file_name).await?;
    Ok(FileContent { filename: path.file_name, content })
}

async fn put_file(
    context: Context,
    owner: Owner<permission::JobTemplateFilesWrite>,
    (Path(path), Query(names), form): (Path<FileTypePath>, Query<FileNameQuery>, Form),
) -> Result<Json<TemplateFileDetailedView>> {
    let locator = Locator::parse(&path.id_or_identifier);
    let file = FilePut { names, file_type: path.file_type, upload: form.upload_file };
    service::put_file(&context, &owner.identity, &locator, file).await.map(Json)
}

async fn put_file_by_url(
    context: Context,
    owner: Owner<permission::JobTemplateFilesWrite>,
    (Path(path), Query(query)): (Path<FileTypePath>, Query<FileUrlQuery>),
) -> Result<Json<TemplateFileDetailedView>> {
    let locator = Locator::parse(&path.id_or_identifier);
    service::put_file_by_url(&context, &owner.identity, &locator, path.file_type, query)
        .await
        .map(Json)
}

async fn delete_file(
    context: Context,
    owner: Owner<permission::JobTemplateFilesDelete>,
    Path(path): Path<FilePath>,
) -> Result<Deleted> {
    let locator = Locator::parse(&path.id_or_identifier);
    service::delete_file(&context, &owner.identity, &locator, &path.file_name).await?;
    Ok(Deleted)
}
