//! `/job-scripts`

use axum::http::StatusCode;
use jobbergate_types::{
    FileType, Page,
    job_script_templates::{FileNameQuery, FileUrlQuery},
    job_scripts::{
        JobScriptBaseView, JobScriptCloneRequest, JobScriptCreateRequest, JobScriptDetailedView,
        JobScriptFileDetailedView, JobScriptListQuery, JobScriptListView, JobScriptUpdateRequest,
        RenderFromTemplateBody, RenderPreview, RenderQuery,
    },
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{from_template, service};
use crate::{
    app::Context,
    auth::{Caller, Owner},
    error::{Error, Result},
    http::{
        BodyDoc, Created, CreatedOrShown, Deleted, FileContent, Form, Json, NoContent,
        OptionalJson, Path, Query, ResponseDoc, Router, UploadedFile,
    },
    permission::{self, Either},
    resources::files::{Expected, FilePut, Upload},
};

#[derive(Debug, Deserialize, JsonSchema)]
struct ScriptPath {
    /// The script's number.
    job_script_id: i64,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct TemplatePath {
    /// The template's number or identifier.
    id_or_identifier: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FilePath {
    /// The script's number.
    job_script_id: i64,
    /// The file's name, possibly with slashes.
    file_name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct DeletedFilePath {
    /// The script's number.
    job_script_id: i64,
    /// The file's name.
    file_name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FileTypePath {
    /// The script's number.
    job_script_id: i64,
    /// What the file is to the script.
    file_type: FileType,
}

type WriteFiles = Either<permission::JobScriptsCreate, permission::JobScriptsUpdate>;
type DeleteFiles = Either<permission::JobScriptsDelete, permission::JobScriptsUpdate>;

const ONE: &str = "/job-scripts/{job_script_id}";
const CLONE: &str = "/job-scripts/clone/{job_script_id}";
const RENDER: &str = "/job-scripts/render-from-template/{id_or_identifier}";
const READ_FILE: &str = "/job-scripts/{job_script_id}/upload/{file_name:path}";
const DELETE_FILE: &str = "/job-scripts/{job_script_id}/upload/{file_name}";
const BY_URL: &str = "/job-scripts/{job_script_id}/upload-by-url/{file_type}";
const UPLOAD: &str = "/job-scripts/{job_script_id}/upload/{file_type}";

const PREVIEW: ResponseDoc = ResponseDoc {
    status: StatusCode::OK,
    description: "With dry_run: the files that the script would have; nothing is kept",
    body: BodyDoc::Any,
};

pub(crate) fn router() -> Router {
    Router::default()
        .post("/job-scripts", "Create a script without files.", create)
        .keyed()
        .get("/job-scripts", "List scripts.", list)
        .post(CLONE, "Copy a script and its files.", clone)
        .keyed()
        .post(RENDER, "Render a template into a script.", render)
        .responding(&[PREVIEW])
        .keyed()
        .get(ONE, "A script and its files.", get)
        .put(ONE, "Change a script.", update)
        .delete(ONE, "Delete a script and its files.", delete)
        .get(READ_FILE, "The content of a script's file.", get_file)
        .put(UPLOAD, "Upload, replace or rename a script's file.", put_file)
        .put(BY_URL, "Fetch a script's file.", put_file_by_url)
        .responding(&[ResponseDoc::TOO_LARGE])
        .delete(DELETE_FILE, "Delete a script's file.", delete_file)
}

async fn create(
    context: Context,
    caller: Caller<permission::JobScriptsCreate>,
    Json(request): Json<JobScriptCreateRequest>,
) -> Result<Created<JobScriptBaseView>> {
    let owner_email = caller.identity.email.as_deref().ok_or_else(|| {
        Error::BadRequest("The token payload does not contain an email".to_owned())
    })?;
    service::create(&context, owner_email, request).await.map(Created)
}

async fn list(
    context: Context,
    caller: Caller<permission::JobScriptsRead>,
    Query(query): Query<JobScriptListQuery>,
) -> Result<Json<Page<JobScriptListView>>> {
    service::list(&context, &query, caller.identity.email.as_deref()).await.map(Json)
}

async fn clone(
    context: Context,
    owner: Owner<permission::JobScriptsCreate>,
    Path(path): Path<ScriptPath>,
    OptionalJson(request): OptionalJson<JobScriptCloneRequest>,
) -> Result<Created<JobScriptDetailedView>> {
    service::clone(&context, &owner.email, path.job_script_id, request).await.map(Created)
}

async fn render(
    context: Context,
    owner: Owner<permission::JobScriptsCreate>,
    Path(path): Path<TemplatePath>,
    Query(query): Query<RenderQuery>,
    Json(body): Json<RenderFromTemplateBody>,
) -> Result<CreatedOrShown<JobScriptDetailedView, RenderPreview>> {
    let locator = &path.id_or_identifier;
    if query.dry_run {
        let shown = from_template::preview(&context, locator, body.render_request).await?;
        return Ok(CreatedOrShown::Shown(shown));
    }
    let script = from_template::create(&context, &owner.email, locator, body, Vec::new()).await?;
    Ok(CreatedOrShown::Created(script))
}

async fn get(
    context: Context,
    _: Caller<permission::JobScriptsRead>,
    Path(path): Path<ScriptPath>,
) -> Result<Json<JobScriptDetailedView>> {
    service::get(&context, path.job_script_id).await.map(Json)
}

async fn update(
    context: Context,
    owner: Owner<permission::JobScriptsUpdate>,
    Path(path): Path<ScriptPath>,
    Json(request): Json<JobScriptUpdateRequest>,
) -> Result<Json<JobScriptListView>> {
    service::update(&context, &owner.identity, path.job_script_id, request).await.map(Json)
}

async fn delete(
    context: Context,
    owner: Owner<permission::JobScriptsDelete>,
    Path(path): Path<ScriptPath>,
) -> Result<NoContent> {
    service::delete(&context, &owner.identity, path.job_script_id).await?;
    Ok(NoContent)
}

async fn get_file(
    context: Context,
    _: Caller<permission::JobScriptsRead>,
    Path(path): Path<FilePath>,
) -> Result<FileContent> {
    let content = service::get_file(&context, path.job_script_id, &path.file_name).await?;
    Ok(FileContent { filename: path.file_name, content })
}

async fn put_file(
    context: Context,
    owner: Owner<WriteFiles>,
    Path(path): Path<FileTypePath>,
    Query(names): Query<FileNameQuery>,
    form: Form,
) -> Result<Json<JobScriptFileDetailedView>> {
    let upload =
        form.upload_file.map(|UploadedFile { filename, content }| Upload { filename, content });
    let file = FilePut { names, file_type: path.file_type, upload, expected: Expected::Anything };
    service::put_file(&context, &owner.identity, path.job_script_id, file).await.map(Json)
}

async fn put_file_by_url(
    context: Context,
    owner: Owner<WriteFiles>,
    Path(path): Path<FileTypePath>,
    Query(query): Query<FileUrlQuery>,
) -> Result<Json<JobScriptFileDetailedView>> {
    let id = path.job_script_id;
    service::put_file_by_url(&context, &owner.identity, id, path.file_type, query).await.map(Json)
}

async fn delete_file(
    context: Context,
    owner: Owner<DeleteFiles>,
    Path(path): Path<DeletedFilePath>,
) -> Result<Deleted> {
    service::delete_file(&context, &owner.identity, path.job_script_id, &path.file_name).await?;
    Ok(Deleted)
}
