//! Where experts make and change applications.

mod clone;
mod details;
mod new;
mod questions;
mod remove;
mod try_it;
mod workflow;

use axum::{
    Router,
    extract::State,
    response::Redirect,
    routing::{get, post},
};

use super::{
    Site,
    files::{self, Parent},
    user::User,
};
use crate::web::errors::Failure;

pub(super) fn router() -> Router<Site> {
    let at = |path: &str| format!("/applications/{{id}}/edit{path}");
    Router::new()
        .route("/applications/new", get(new::ask).post(new::make))
        .route(&at(""), get(details::edit).post(details::save))
        .route(&at("/described"), get(instead).post(details::described))
        .route(&at("/archive"), get(instead).post(details::archive))
        .route(&at("/clone"), get(clone::ask).post(clone::clone))
        .route(&at("/delete"), get(remove::ask).post(remove::remove))
        .route(&at("/workflow"), get(workflow::edit).post(workflow::save))
        .route(&at("/workflow/check"), post(workflow::check))
        .route(&at("/workflow/delete"), get(workflow::ask).post(workflow::remove))
        .route(&at("/questions"), get(questions::edit).post(questions::save))
        .route(&at("/questions/check"), post(questions::check))
        .route(&at("/try"), get(try_it::ask).post(try_it::run))
        .merge(files::routes("/applications/{id}/edit"))
}

/// Whoever reloads the address of a form comes to the page that has it.
async fn instead(
    State(site): State<Site>,
    user: User,
    parent: Parent,
) -> Result<Redirect, Failure> {
    Ok(Redirect::to(&parent.load(&user).await?.root(&site)))
}
