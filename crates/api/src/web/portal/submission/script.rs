//! The script of a submission, file by file.

use askama::{Template, filters::HtmlSafe};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::Response,
};
use jobbergate_types::FileType;

use super::{kind, number};
use crate::{
    permission::Permission,
    resources::{
        files::{self, JOB_SCRIPT_FILES},
        job_scripts,
        job_submissions::service,
    },
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            failures::is_part,
            frame::{Area, Frame},
            user::User,
        },
    },
};

/// How much of a file is shown, in bytes, and of how many files.
const SHOWN: usize = 64 << 10;
const FILES: usize = 20;

#[derive(Template)]
#[template(path = "portal/submission/script.html")]
struct ScriptPage {
    frame: Frame,
    here: String,
    id: i64,
    files: ScriptFiles,
}

#[derive(Template)]
#[template(path = "portal/submission/script_files.html")]
struct ScriptFiles {
    /// What comes before all paths.
    base: String,
    script: i64,
    name: String,
    /// Whether a file was written after the submission was made.
    has_changed: bool,
    files: Vec<File>,
    more: usize,
}

impl HtmlSafe for ScriptFiles {}

struct File {
    name: String,
    kind: &'static str,
    text: Option<String>,
    is_cut: bool,
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    user.require(Permission::JobScriptsRead)?;
    let id = number(&id)?;
    let submission = service::get(&user.context, id).await?.submission;
    let Some(script) = submission.job_script_id else {
        let words = "Its script was deleted in the meantime.";
        return Err(Failure::new(StatusCode::NOT_FOUND, words));
    };
    let found = job_scripts::service::get(&user.context, script).await?;
    let mut all = found.files.unwrap_or_default();
    all.sort_by_key(|file| (file.file_type != FileType::Entrypoint, file.filename.clone()));
    let changed = |at: Option<jobbergate_types::Timestamp>| {
        at.is_some_and(|at| at.0 > submission.created_at.0)
    };
    let has_changed = all.iter().any(|file| changed(file.updated_at));
    let mut files = Vec::new();
    for file in all.iter().take(FILES) {
        files.push(read(&user, script, &file.filename, file.file_type).await?);
    }
    let shown = ScriptFiles {
        base: site.base.to_string(),
        script,
        name: found.script.name,
        has_changed,
        files,
        more: all.len().saturating_sub(FILES),
    };
    if is_part(&headers) {
        return Ok(page(StatusCode::OK, &shown)?);
    }
    let frame = user.frame(&site, Area::Submissions);
    let here = site.path(&format!("/submissions/{id}"));
    Ok(page(StatusCode::OK, &ScriptPage { frame, here, id, files: shown })?)
}

async fn read(user: &User, script: i64, name: &str, kind_: FileType) -> Result<File, Failure> {
    let parent = i32::try_from(script).unwrap_or_default();
    let file = files::open(&user.context, JOB_SCRIPT_FILES, parent, name).await?;
    let size = usize::try_from(file.size).unwrap_or(usize::MAX);
    let content = match size <= user.context.app.max_upload_file_size {
        true => {
            user.context.take_room(size).await?;
            file.read().await?
        }
        false => bytes::Bytes::new(),
    };
    let head = content.get(..content.len().min(SHOWN)).unwrap_or_default();
    let text = (!head.contains(&0)).then(|| String::from_utf8_lossy(head).into_owned());
    Ok(File { name: name.to_owned(), kind: kind(kind_), text, is_cut: size > SHOWN })
}
