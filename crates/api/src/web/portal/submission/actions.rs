//! What is done to a submission.

use askama::Template;
use axum::{
    extract::{Path, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};

use super::{now::is_active, number};
use crate::{
    permission::Permission,
    resources::job_submissions::service,
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            form::UserForm,
            frame::{Area, Frame},
            user::User,
        },
    },
};

#[derive(Template)]
#[template(path = "portal/submission/delete.html")]
struct DeletePage {
    frame: Frame,
    here: String,
    id: i64,
    name: String,
}

/// What the page says after something was done.
pub(super) fn done(name: &str) -> Option<&'static str> {
    Some(match name {
        "submitted" => "Submitted.",
        "cancelled" => "Cancelled: its cluster's agent has Slurm end the job.",
        "cloned" => "Submitted once more: this is the new submission.",
        _ => return None,
    })
}

fn back(site: &Site, id: i64, done: &str) -> Response {
    Redirect::to(&site.path(&format!("/submissions/{id}?done={done}"))).into_response()
}

pub(super) async fn cancel(
    State(site): State<Site>,
    Path(id): Path<String>,
    UserForm { user, .. }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsUpdate)?;
    let id = number(&id)?;
    service::cancel(&user.context, &user.identity, id).await?;
    Ok(back(&site, id, "cancelled"))
}

pub(super) async fn clone(
    State(site): State<Site>,
    Path(id): Path<String>,
    UserForm { user, .. }: UserForm,
) -> Result<Response, Failure> {
    user.require(Permission::JobSubmissionsCreate)?;
    let created = service::clone(&user.context, &user.email, number(&id)?).await?;
    Ok(back(&site, created.submission.id, "cloned"))
}

/// Asks whether it is to be deleted, which can't be undone.
pub(super) async fn ask(
    State(site): State<Site>,
    user: User,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let id = number(&id)?;
    let name = deletable(&user, id).await?;
    let here = site.path(&format!("/submissions/{id}"));
    let frame = user.frame(&site, Area::Submissions);
    Ok(page(StatusCode::OK, &DeletePage { frame, here, id, name })?)
}

pub(super) async fn delete(
    State(site): State<Site>,
    Path(id): Path<String>,
    UserForm { user, .. }: UserForm,
) -> Result<Response, Failure> {
    let id = number(&id)?;
    deletable(&user, id).await?;
    service::delete(&user.context, &user.identity, id).await?;
    Ok(Redirect::to(&site.path(&format!("/submissions?deleted={id}"))).into_response())
}

/// The name of a submission that the user may delete, and that has no job any more which nobody
/// would see then.
async fn deletable(user: &User, id: i64) -> Result<String, Failure> {
    user.require(Permission::JobSubmissionsDelete)?;
    let found = service::get(&user.context, id).await?.submission;
    user.identity.require_ownership(&found.owner_email)?;
    if is_active(&found) {
        let words = "It has not ended. Cancel it first; then it can be deleted.";
        return Err(Failure::new(StatusCode::CONFLICT, words));
    }
    Ok(found.name)
}
