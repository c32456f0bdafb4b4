//! Running an application: a form of what it asks, the script that comes of it beside it.

mod answers;
mod asked;
mod diff;
mod field;
mod filled;
mod link;
mod make;
mod pages;
mod preview;
mod slurm;
mod typed;

use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};

pub(super) use self::filled::no_place;
use self::{
    asked::Asked,
    filled::Filled,
    make::{Wanted, key, make},
    pages::{Origin, Shown},
    preview::{Preview, Problem, problems, said},
    typed::{CLUSTER, DEFAULTS, FROM, Typed},
};
use super::{
    Site, fields::Fields, form::UserForm, once::new_key, upload::LenientUpload, user::User,
};
use crate::{
    error::Error,
    permission::Permission,
    resources::{files::Upload, job_scripts::remembered},
    web::errors::Failure,
};

/// What tells forms apart that were opened.
const FORM_ID: &str = "form.id";
/// Whether what is missing is said at each field.
const CHECKED: &str = "form.checked";
const ACTION: &str = "action";

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/applications/{id}/run", get(open).post(send))
        .route("/applications/{id}/run/preview", post(live))
}

fn allow(user: &User) -> Result<(), Failure> {
    user.require(Permission::JobTemplatesRead)?;
    user.require(Permission::JobScriptsCreate)
}

async fn open(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    allow(&user)?;
    let asked = Asked::load(&user.context, &id).await?;
    let query = Fields::parse(query.unwrap_or_default().as_bytes());
    let given = Typed::of_address(&query, &asked);
    let (base, origin) = base(&user, &asked, &query, &given).await?;
    let filled = Filled::of(&user, asked, given.over(base)).await?;
    let preview = Preview::if_possible(&user, &filled).await;
    let shown = Shown { origin, form_id: new_key(), ..Shown::default() };
    pages::whole(&site, &user, &filled, preview, shown)
}

/// What the form begins with, beside what the address says.
async fn base(
    user: &User,
    asked: &Asked,
    query: &Fields,
    given: &Typed,
) -> Result<(Typed, Origin), Failure> {
    if let Some(from) = query.get(FROM) {
        let found = match from.parse() {
            Ok(script) if user.may(Permission::JobScriptsRead) => {
                remembered::of_script(&user.context, script).await?
            }
            _ => None,
        };
        let from = from.to_owned();
        return Ok(match found {
            Some(answers) => {
                let answers = Typed::of_json(&answers).without_secrets(asked);
                (answers, Origin::Script(from))
            }
            None => (Typed::default(), Origin::UnknownScript(from)),
        });
    }
    // What an address fills in looks the same to everybody.
    if !given.is_empty() || query.get(DEFAULTS).is_some() {
        return Ok((Typed::default(), Origin::Defaults));
    }
    match remembered::latest(&user.context, &user.email, asked.template.id).await? {
        Some(answers) => Ok((Typed::of_json(&answers).without_secrets(asked), Origin::LastTime)),
        None => Ok((Typed::default(), Origin::Defaults)),
    }
}

/// The part of the page that changes as one types.
async fn live(
    State(site): State<Site>,
    Path(id): Path<String>,
    form: UserForm,
) -> Result<Response, Failure> {
    let UserForm { user, fields } = form;
    allow(&user)?;
    let asked = Asked::load(&user.context, &id).await?;
    let filled = Filled::of(&user, asked, Typed::of_form(&fields)).await?;
    let preview = Preview::of(&user, &filled).await?;
    pages::part(&site, &user, &filled, preview, fields.get(CHECKED).is_some())
}

async fn send(
    State(site): State<Site>,
    Path(id): Path<String>,
    form: LenientUpload,
) -> Result<Response, Failure> {
    let LenientUpload { user, fields, files, refused } = form;
    allow(&user)?;
    let typed = Typed::of_form(&fields);
    let asked = match Asked::load(&user.context, &id).await {
        Err(Error::NotFound(_)) => return pages::gone(&site, &user, &typed),
        asked => asked?,
    };
    let filled = Filled::of(&user, asked, typed).await?;
    let form_id = fields.get(FORM_ID).map_or_else(new_key, str::to_owned);
    let mut shown = Shown { form_id: form_id.clone(), was_sent: true, ..Shown::default() };
    shown.has_files = !files.is_empty();
    let wanted = match fields.text(ACTION) {
        "submit" => Wanted::Submission,
        "save" => Wanted::Script,
        _ => {
            let preview = Preview::if_possible(&user, &filled).await;
            return pages::whole(&site, &user, &filled, preview, shown);
        }
    };
    shown.shows_missing = true;
    shown.problems = problems(&filled)
        .into_iter()
        .filter(|problem| wanted == Wanted::Submission || problem.id != field::setting_id(CLUSTER))
        .chain(refused.iter().map(|name| too_large(&site, name)))
        .collect();
    if !shown.problems.is_empty() {
        shown.status = StatusCode::UNPROCESSABLE_ENTITY;
        let preview = Preview::if_possible(&user, &filled).await;
        return pages::whole(&site, &user, &filled, preview, shown);
    }
    if wanted == Wanted::Submission {
        user.require(Permission::JobSubmissionsCreate)?;
    }
    let files: Vec<_> = files.into_iter().map(named).collect();
    let key = key(&form_id, wanted, &filled, &files);
    match make(&user, &filled, files, (wanted, &key)).await {
        Ok(number) => {
            let page = if wanted == Wanted::Script { "scripts" } else { "submissions" };
            Ok(Redirect::to(&site.path(&format!("/{page}/{number}"))).into_response())
        }
        Err(error) => refusal(&site, &user, &filled, shown, &error).await,
    }
}

/// The form as it was sent, with why nothing came of it.
async fn refusal(
    site: &Site,
    user: &User,
    filled: &Filled,
    mut shown: Shown,
    error: &Error,
) -> Result<Response, Failure> {
    error.log();
    shown.status = error.status();
    shown.refusal = Some(preview::without(&filled.secrets(), said(error)));
    let preview = Preview::if_possible(user, filled).await;
    pages::whole(site, user, filled, preview, shown)
}

fn too_large(site: &Site, name: &str) -> Problem {
    let words = format!(
        "{name} is too large: all files together have {} bytes at most",
        site.app.max_upload_file_size
    );
    Problem { id: "files".to_owned(), label: "Files".to_owned(), words }
}

/// By its own name: some browsers send where it was.
fn named(file: super::upload::Upload) -> Upload {
    let name = file.filename.rsplit(['/', '\\']).next().unwrap_or_default();
    Upload { filename: name.to_owned(), content: file.content }
}
