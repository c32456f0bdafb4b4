//! Scripts: what was rendered, or written, to be submitted.

mod change;
mod edit;
mod list;
mod remove;
mod show;
mod submit;

use axum::{
    Router,
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{Site, files};
use crate::web::errors::Failure;

/// A script's number in an address.
#[derive(Debug, Clone, Copy)]
struct Number(i64);

impl FromRequestParts<Site> for Number {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let number = Path::<i64>::from_request_parts(parts, site).await;
        let words = "Scripts have numbers, and this is none.";
        let none = || Failure::no_page(StatusCode::NOT_FOUND, words).into_response();
        number.map(|Path(number)| Self(number)).map_err(|_| none())
    }
}

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/scripts", get(list::list))
        .route("/scripts/{id}", get(show::show).post(change::change))
        .route("/scripts/{id}/clone", get(change::instead).post(change::clone))
        .route("/scripts/{id}/delete", get(remove::ask).post(remove::remove))
        .route("/scripts/{id}/submit", get(submit::ask).post(submit::submit))
        .route("/scripts/{id}/edit", get(edit::first))
        .merge(files::routes("/scripts/{id}/edit"))
}
