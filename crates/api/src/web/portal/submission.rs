//! The page of a submission: how it stands, what it writes, what it uses.

mod actions;
mod download;
mod live;
mod metrics;
mod now;
mod output;
mod reasons;
mod script;
pub(super) mod viewer;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
    routing::{get, post},
};
use jobbergate_types::FileType;

use super::{
    Site,
    fields::Fields,
    frame::{Area, Frame},
    user::User,
};
use crate::{
    permission::Permission,
    resources::job_submissions::{self, overview},
    web::{errors::Failure, page::page},
};
use now::{Now, SlurmDetails, Timeline};
use viewer::Viewer;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/submissions/{id}", get(show))
        .route("/submissions/{id}/live", get(live::stream))
        .route("/submissions/{id}/output", get(output::show))
        .route("/submissions/{id}/output/file", get(download::send))
        .route("/submissions/{id}/metrics", get(metrics::show))
        .route("/submissions/{id}/script", get(script::show))
        .route("/submissions/{id}/cancel", post(actions::cancel))
        .route("/submissions/{id}/clone", post(actions::clone))
        .route("/submissions/{id}/delete", get(actions::ask).post(actions::delete))
}

#[derive(Template)]
#[template(path = "portal/submission/page.html")]
struct SubmissionPage {
    frame: Frame,
    /// The address of this page.
    here: String,
    name: String,
    now: Now,
    timeline: Timeline,
    slurm: SlurmDetails,
    /// The step before which the shown ones are; the newest are shown, and new ones, without it.
    before: Option<i64>,
    done: Option<&'static str>,
    is_owner: bool,
    is_array: bool,
    /// Whether nobody follows it any more.
    is_left: bool,
    script: Option<(i64, String)>,
    may_see_script: bool,
    arguments: Vec<String>,
    directory: Option<String>,
    description: Option<String>,
}

/// The number in a path.
fn number(text: &str) -> Result<i64, Failure> {
    let no_number = |_| {
        let words = format!("{text:?} is not the number of a submission.");
        Failure::no_page(StatusCode::NOT_FOUND, &words)
    };
    text.parse().map_err(no_number)
}

fn query(query: RawQuery) -> Fields {
    Fields::parse(query.0.unwrap_or_default().as_bytes())
}

async fn show(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
    asked: RawQuery,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsRead)?;
    let (id, asked) = (number(&id)?, query(asked));
    let db = &user.context.db;
    let viewer = Viewer::of(&site, &user);
    let overview = overview::overview(db, id, user.context.now()).await?;
    let before = asked.text("before").parse().ok();
    let steps = overview::steps(db, id, before, now::STEPS).await?;
    let moment = user.context.now();
    let submission = &overview.submission;
    let base = &submission.submission;
    let is_left = now::is_active(base) && !is_there(&user, &base.client_id).await?;
    let shown = SubmissionPage {
        here: site.path(&format!("/submissions/{id}")),
        name: base.name.clone(),
        now: Now::new(&viewer, &overview, moment),
        timeline: Timeline::new(&viewer, id, steps, moment),
        slurm: SlurmDetails::new(submission),
        before,
        done: actions::done(asked.text("done")),
        is_owner: user.may_change_of(&base.owner_email),
        is_array: base.outlook.slurm_task_counts.as_ref().is_some_and(|tasks| !tasks.is_empty()),
        is_left,
        script: overview.script.as_ref().map(|script| (script.id, script.name.clone())),
        may_see_script: user.may(Permission::JobScriptsRead),
        arguments: submission.sbatch_arguments.clone().unwrap_or_default(),
        directory: submission.execution_directory.clone(),
        description: base.description.clone().filter(|text| !text.is_empty()),
        frame: user.frame(&site, Area::Submissions),
    };
    Ok(page(StatusCode::OK, &shown)?)
}

/// Whether there is a client by which a cluster's agent can authenticate, as far as it is known.
async fn is_there(user: &User, cluster: &str) -> Result<bool, Failure> {
    let registered = job_submissions::service::registered_clusters(&user.context).await?;
    Ok(registered.is_none_or(|registered| registered.iter().any(|known| known == cluster)))
}

/// What a file of a script is for.
const fn kind(file_type: FileType) -> &'static str {
    match file_type {
        FileType::Entrypoint => "given to sbatch",
        FileType::Support => "beside it",
    }
}
