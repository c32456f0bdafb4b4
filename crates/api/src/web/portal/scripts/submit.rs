//! Submitting a script to a cluster.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use jobbergate_types::{
    FileType,
    job_submissions::{JobSubmissionCreateRequest, JobSubmissionDetailedView},
};
use serde_json::json;

use super::Number;
use crate::{
    error::Result as Answer,
    http::input,
    permission::Permission,
    resources::{job_scripts, job_submissions},
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            fields::Fields,
            form::UserForm,
            frame::{Area, Frame},
            once::{new_key, once},
            problems::Problems,
            run::no_place,
            user::User,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/submit.html")]
struct Submit {
    frame: Frame,
    id: i64,
    script: String,
    /// Whether the script has the one entrypoint that it needs.
    is_ready: bool,
    clusters: Vec<String>,
    key: String,
    name: String,
    cluster: String,
    directory: String,
    arguments: String,
    problems: Problems,
}

pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    Number(id): Number,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsCreate)?;
    let form = form(&site, &user, id).await?;
    Ok(page(StatusCode::OK, &form)?)
}

async fn form(site: &Site, user: &User, id: i64) -> Result<Submit, Failure> {
    let found = job_scripts::service::get(&user.context, id).await?;
    let clusters = job_submissions::service::clusters(&user.context).await?;
    let files = found.files.unwrap_or_default();
    let entrypoints = files.iter().filter(|file| file.file_type == FileType::Entrypoint).count();
    Ok(Submit {
        frame: user.frame(site, Area::Scripts),
        id,
        is_ready: entrypoints == 1,
        cluster: clusters.first().cloned().unwrap_or_default(),
        clusters,
        key: new_key(),
        name: found.script.name.clone(),
        script: found.script.name,
        directory: String::new(),
        arguments: String::new(),
        problems: Problems::default(),
    })
}

pub(super) async fn submit(
    State(site): State<Site>,
    Number(id): Number,
    UserForm { user, fields }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsCreate)?;
    if let Some(words) = no_place(fields.text("execution_directory").trim()) {
        let mut problems = Problems::default();
        problems.add("execution_directory", words);
        return refused(&site, &user, id, &fields, problems).await;
    }
    let problems = match try_to_submit(&user, id, &fields).await {
        Ok(made) => {
            let path = format!("/submissions/{}", made.submission.id);
            return Ok(Redirect::to(&site.path(&path)).into_response());
        }
        Err(error) => Problems::of(error, "client_id")?,
    };
    refused(&site, &user, id, &fields, problems).await
}

/// The form again, with what was filled in and what is wrong with it.
async fn refused(
    site: &Site,
    user: &User,
    id: i64,
    fields: &Fields,
    problems: Problems,
) -> Result<Response, Failure> {
    let form = Submit {
        key: fields.text("key").to_owned(),
        name: fields.text("name").to_owned(),
        cluster: fields.text("client_id").to_owned(),
        directory: fields.text("execution_directory").to_owned(),
        arguments: fields.text("sbatch_arguments").to_owned(),
        ..form(site, user, id).await?
    };
    Ok(page(problems.status(), &Submit { problems, ..form })?)
}

async fn try_to_submit(user: &User, id: i64, fields: &Fields) -> Answer<JobSubmissionDetailedView> {
    let arguments = fields.text("sbatch_arguments").lines().map(str::trim);
    let arguments: Vec<_> = arguments.filter(|argument| !argument.is_empty()).collect();
    let asked = json!({
        "name": fields.text("name").trim(),
        "job_script_id": id,
        "client_id": fields.text("client_id"),
        "execution_directory": fields.text("execution_directory").trim(),
        "sbatch_arguments": (!arguments.is_empty()).then_some(arguments),
    });
    let request: JobSubmissionCreateRequest = input::body(&asked)?;
    let email = user.email.clone();
    let key = ("page: submit a script", fields.text("key"));
    once(user, key, &asked, async |context| {
        job_submissions::service::create(&context, &email, None, request).await
    })
    .await
}
