//! The page of one script.

use askama::Template;
use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};
use jobbergate_types::{
    FileType,
    job_scripts::{JobScriptDetailedView, JobScriptFileDetailedView},
    job_submissions::JobSubmissionListQuery,
    list::{ListQuery, Paging},
};

use super::Number;
use crate::{
    permission::Permission,
    resources::{
        job_script_templates::{self, Locator},
        job_scripts::{self, remembered},
        job_submissions,
    },
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            fields::Fields,
            frame::{Area, Frame},
            once::new_key,
            problems::Problems,
            text_file::{self, Content},
            user::User,
            words::{Moment, State as Standing},
        },
    },
};

/// How many submissions are shown.
const SUBMISSIONS: i64 = 10;
/// How many files are shown with what is in them.
const FILES: usize = 20;

#[derive(Template)]
#[template(path = "portal/script.html")]
pub(super) struct Shown {
    frame: Frame,
    id: i64,
    /// As they are, or as they were filled in.
    name: String,
    description: String,
    title: String,
    owner: String,
    created: Moment,
    changed: Moment,
    application: Option<(i64, String)>,
    cloned_from: Option<i64>,
    files: Vec<File>,
    more_files: usize,
    /// What was filled in for it, where that is known.
    parameters: Vec<(String, String)>,
    /// Arguments of `sbatch` that stand in the entrypoint.
    arguments: Vec<String>,
    submissions: Option<Vec<Submission>>,
    may: May,
    key: String,
    problems: Problems,
    done: Option<&'static str>,
}

struct File {
    name: String,
    address: String,
    is_entrypoint: bool,
    /// What it is written in, for the script that colours it.
    language: &'static str,
    content: Content,
}

struct Submission {
    id: i64,
    name: String,
    cluster: String,
    slurm_job: Option<i64>,
    standing: Standing,
    created: Moment,
}

/// What whoever looks may do with it.
struct May {
    edit: bool,
    delete: bool,
    clone: bool,
    submit: bool,
    run: bool,
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    Number(id): Number,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let done = match query.text("done") {
        "changed" => Some("The script was changed."),
        "cloned" => Some("This is the copy. It is yours to change."),
        _ => None,
    };
    let shown = shown(&site, &user, id).await?;
    Ok(page(StatusCode::OK, &Shown { done, ..shown })?)
}

/// With what was filled in, and what is wrong with it.
pub(super) async fn again(
    site: &Site,
    user: &User,
    id: i64,
    (fields, problems): (&Fields, Problems),
) -> Result<Response, Failure> {
    let shown = shown(site, user, id).await?;
    let status = problems.status();
    let (name, description) = (fields.text("name").into(), fields.text("description").into());
    Ok(page(status, &Shown { name, description, problems, ..shown })?)
}

async fn shown(site: &Site, user: &User, id: i64) -> Result<Shown, Failure> {
    user.require(Permission::JobScriptsRead)?;
    let found = job_scripts::service::get(&user.context, id).await?;
    let JobScriptDetailedView { script, files: rows } = found;
    let rows = rows.unwrap_or_default();
    let more_files = rows.len().saturating_sub(FILES);
    let files = read_all(user, id, rows).await?;
    let now = user.context.now();
    let owns = user.may_change_of(&script.owner_email);
    let entrypoints = files.iter().filter(|file| file.is_entrypoint).count();
    Ok(Shown {
        frame: user.frame(site, Area::Scripts),
        id,
        title: script.name.clone(),
        created: Moment::new(now, script.created_at.0),
        changed: Moment::new(now, script.updated_at.0),
        application: application(user, script.parent_template_id).await?,
        cloned_from: script.cloned_from_id,
        arguments: files.iter().find(|file| file.is_entrypoint).map_or_else(Vec::new, arguments),
        parameters: parameters(user, id).await?,
        submissions: submissions(user, id).await?,
        may: May {
            edit: owns && user.may(Permission::JobScriptsUpdate),
            delete: owns && user.may(Permission::JobScriptsDelete),
            clone: user.may(Permission::JobScriptsCreate),
            submit: entrypoints == 1 && user.may(Permission::JobSubmissionsCreate),
            run: user.may(Permission::JobScriptsCreate) && user.may(Permission::JobTemplatesRead),
        },
        name: script.name,
        description: script.description.unwrap_or_default(),
        owner: script.owner_email,
        files,
        more_files,
        key: new_key(),
        problems: Problems::default(),
        done: None,
    })
}

async fn read_all(
    user: &User,
    id: i64,
    mut rows: Vec<JobScriptFileDetailedView>,
) -> Result<Vec<File>, Failure> {
    rows.sort_by_key(|row| row.file_type == FileType::Support);
    let mut files = Vec::new();
    for row in rows.into_iter().take(FILES) {
        let opened = job_scripts::service::get_file(&user.context, id, &row.filename).await?;
        let content = text_file::read(&user.context, opened).await?;
        files.push(File {
            address: Fields(vec![("name".to_owned(), row.filename.clone())]).query(),
            name: row.filename,
            is_entrypoint: row.file_type == FileType::Entrypoint,
            language: language(&content),
            content,
        });
    }
    Ok(files)
}

/// The interpreter that it names says it.
fn language(content: &Content) -> &'static str {
    let Content::Text(text) = content else { return "" };
    match text.lines().next().filter(|line| line.starts_with("#!")) {
        Some(line) if line.contains("python") => "python",
        Some(line) if line.contains("sh") => "sh",
        _ => "",
    }
}

/// What the lines of a script give `sbatch`.
fn arguments(file: &File) -> Vec<String> {
    let Content::Text(text) = &file.content else { return Vec::new() };
    let head = text.lines().take_while(|line| line.is_empty() || line.starts_with('#'));
    head.filter_map(|line| line.strip_prefix("#SBATCH")).map(|rest| rest.trim().into()).collect()
}

/// The answers to the application's questions, as they were typed.
async fn parameters(user: &User, id: i64) -> Result<Vec<(String, String)>, Failure> {
    let known = remembered::of_script(&user.context, id).await?.unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_json::from_value(known).unwrap_or_default();
    let answers = pairs.into_iter().filter_map(|(name, value)| {
        name.strip_prefix("q.").map(|variable| (variable.to_owned(), value))
    });
    Ok(answers.collect())
}

/// The application that it was rendered from, if it is still there for this person.
async fn application(user: &User, id: Option<i64>) -> Result<Option<(i64, String)>, Failure> {
    let Some(id) = id.filter(|_| user.may(Permission::JobTemplatesRead)) else { return Ok(None) };
    let mut db = user.context.db.read().await.map_err(crate::error::Error::from)?;
    let found = job_script_templates::service::require(&mut db, &Locator::Id(id)).await;
    Ok(found.ok().map(|template| (id, template.name)))
}

async fn submissions(user: &User, id: i64) -> Result<Option<Vec<Submission>>, Failure> {
    if !user.may(Permission::JobSubmissionsRead) {
        return Ok(None);
    }
    let query = JobSubmissionListQuery {
        from_job_script_id: Some(id),
        list: ListQuery {
            sort_ascending: false,
            paging: Paging { page: 1, size: SUBMISSIONS },
            ..ListQuery::default()
        },
        ..JobSubmissionListQuery::default()
    };
    let found = job_submissions::service::list(&user.context, &query, None).await?;
    let now = user.context.now();
    let rows = found.items.into_iter().map(|row| Submission {
        id: row.submission.id,
        name: row.submission.name,
        cluster: row.submission.client_id,
        slurm_job: row.submission.slurm_job_id,
        standing: Standing::of(row.submission.status, row.submission.slurm_job_state),
        created: Moment::new(now, row.submission.created_at.0),
    });
    Ok(Some(rows.collect()))
}
