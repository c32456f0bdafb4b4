//! `/job-script-templates`

use jobbergate_types::{
    FileType, Page,
    job_script_templates::{
        FileNameQuery, FileUrlQuery, JobTemplateBaseDetailedView, JobTemplateCloneRequest,
        JobTemplateCreateRequest, JobTemplateDetailedView, JobTemplateListQuery,
        JobTemplateListView, JobTemplateUpdateRequest, TemplateFileDetailedView,
    },
    questions::TemplateQuestions,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Locator, service};
use crate::{
    app::Context,
    auth::{Caller, Owner},
    error::Result,
    http::{
        Created, Deleted, FileContent, Form, Json, NoContent, OptionalJson, Path, Query,
        ResponseDoc, Router, UploadedFile,
    },
    permission::{self, Either},
    resources::files::{Expected, FilePut, Upload},
};

#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct TemplatePath {
    /// The template's number or identifier.
    #[schemars(with = "String")]
    pub(super) id_or_identifier: Locator,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FilePath {
    /// The template's number or identifier.
    #[schemars(with = "String")]
    id_or_identifier: Locator,
    /// The file's name, possibly with slashes.
    file_name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FileTypePath {
    /// The template's number or identifier.
    #[schemars(with = "String")]
    id_or_identifier: Locator,
    /// What the file is to the template.
    file_type: FileType,
}

pub(super) type WriteFiles = Either<permission::JobTemplatesCreate, permission::JobTemplatesUpdate>;
pub(super) type DeleteFiles =
    Either<permission::JobTemplatesDelete, permission::JobTemplatesUpdate>;

const ONE: &str = "/job-script-templates/{id_or_identifier}";
const QUESTIONS: &str = "/job-script-templates/{id_or_identifier}/questions";
const FILE: &str = "/job-script-templates/{id_or_identifier}/upload/template/{file_name:path}";
const CLONE: &str = "/job-script-templates/clone/{id_or_identifier}";
const BY_URL: &str = "/job-script-templates/{id_or_identifier}/upload-by-url/template/{file_type}";
const UPLOAD: &str = "/job-script-templates/{id_or_identifier}/upload/template/{file_type}";

pub(crate) fn router() -> Router {
    Router::default()
        .post("/job-script-templates", "Create a template.", create)
        .keyed()
        .get("/job-script-templates", "List templates.", list)
        .post(CLONE, "Copy a template and its files.", clone)
        .keyed()
        .get(ONE, "A template and its files.", get)
        .put(ONE, "Change a template.", update)
        .delete(ONE, "Delete a template and its files.", delete)
        .get(QUESTIONS, "What a template asks, and who says so.", get_questions)
        .get(FILE, "The content of a template's file.", get_file)
        .put(UPLOAD, "Upload, replace or rename a template's file.", put_file)
        .put(BY_URL, "Fetch a template's file.", put_file_by_url)
        .responding(&[ResponseDoc::TOO_LARGE])
        .delete(FILE, "Delete a template's file.", delete_file)
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
    Path(path): Path<TemplatePath>,
    OptionalJson(request): OptionalJson<JobTemplateCloneRequest>,
) -> Result<Created<JobTemplateDetailedView>> {
    super::clone::clone(&context, &owner.email, &path.id_or_identifier, request).await.map(Created)
}

async fn get(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<TemplatePath>,
) -> Result<Json<JobTemplateDetailedView>> {
    service::get(&context, &path.id_or_identifier).await.map(Json)
}

async fn get_questions(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<TemplatePath>,
) -> Result<Json<TemplateQuestions>> {
    super::questions::get(&context, &path.id_or_identifier).await.map(Json)
}

async fn update(
    context: Context,
    owner: Owner<permission::JobTemplatesUpdate>,
    Path(path): Path<TemplatePath>,
    Json(request): Json<JobTemplateUpdateRequest>,
) -> Result<Json<JobTemplateBaseDetailedView>> {
    service::update(&context, &owner.identity, &path.id_or_identifier, request, None)
        .await
        .map(Json)
}

async fn delete(
    context: Context,
    owner: Owner<permission::JobTemplatesDelete>,
    Path(path): Path<TemplatePath>,
) -> Result<NoContent> {
    service::delete(&context, &owner.identity, &path.id_or_identifier).await?;
    Ok(NoContent)
}

async fn get_file(
    context: Context,
    _: Caller<permission::JobTemplatesRead>,
    Path(path): Path<FilePath>,
) -> Result<FileContent> {
    let content = service::get_file(&context, &path.id_or_identifier, &path.file_name).await?;
    Ok(FileContent { filename: path.file_name, content })
}

async fn put_file(
    context: Context,
    owner: Owner<WriteFiles>,
    Path(path): Path<FileTypePath>,
    Query(names): Query<FileNameQuery>,
    form: Form,
) -> Result<Json<TemplateFileDetailedView>> {
    let upload =
        form.upload_file.map(|UploadedFile { filename, content }| Upload { filename, content });
    let file = FilePut { names, file_type: path.file_type, upload, expected: Expected::Anything };
    service::put_file(&context, &owner.identity, &path.id_or_identifier, file).await.map(Json)
}

async fn put_file_by_url(
    context: Context,
    owner: Owner<WriteFiles>,
    Path(path): Path<FileTypePath>,
    Query(query): Query<FileUrlQuery>,
) -> Result<Json<TemplateFileDetailedView>> {
    let FileTypePath { id_or_identifier, file_type } = path;
    service::put_file_by_url(&context, &owner.identity, &id_or_identifier, file_type, query)
        .await
        .map(Json)
}

async fn delete_file(
    context: Context,
    owner: Owner<DeleteFiles>,
    Path(path): Path<FilePath>,
) -> Result<Deleted> {
    service::delete_file(&context, &owner.identity, &path.id_or_identifier, &path.file_name)
        .await?;
    Ok(Deleted)
}
