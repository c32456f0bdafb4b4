//! The first page.

use askama::Template;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::any,
};
use serde_json::json;

use super::{
    Site,
    frame::{Area, Frame},
    user::User,
};
use crate::web::{elsewhere::wants_page, errors::Failure, page::page};

#[derive(Template)]
#[template(path = "portal/home.html")]
struct Home {
    frame: Frame,
    name: String,
}

pub(super) fn router() -> Router<Site> {
    Router::new().route("/", any(answer))
}

/// Programs are told that there is nothing at this address, as they are by the Python server.
async fn answer(
    State(site): State<Site>,
    method: Method,
    headers: HeaderMap,
    user: Result<User, Response>,
) -> Response {
    if !wants_page(&method, &headers) {
        return (StatusCode::NOT_FOUND, Json(json!({"detail": "Not Found"}))).into_response();
    }
    match user {
        Ok(user) => show(&site, &user).into_response(),
        Err(instead) => instead,
    }
}

fn show(site: &Site, user: &User) -> Result<Response, Failure> {
    let home = Home { frame: user.frame(site, Area::Home), name: user.name.clone() };
    Ok(page(StatusCode::OK, &home)?)
}
