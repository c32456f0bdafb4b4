//! The gallery of applications, and the page of one.

mod address;
mod asks;
pub(super) mod favourite;
mod gallery;
mod history;
mod one;
mod sources;

use axum::{
    Router,
    routing::{get, post},
};

use super::Site;
pub(super) use address::address;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/applications", get(gallery::show))
        .route("/applications/{id}", get(one::show))
        .route("/applications/{id}/favourite", post(favourite::set))
        .route("/applications/{id}/files/{*name}", get(sources::download))
        .route("/applications/{id}/workflow-file", get(sources::download_workflow))
}
