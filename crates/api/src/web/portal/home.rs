//! The first page: what runs, what ended, what is at hand, and how to begin.

mod clusters;
mod jobs;
mod live;
mod start;

use askama::Template;
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use jobbergate_types::list::Paging;
use serde_json::json;

use super::{
    Site,
    applications::{address, favourite::Favourite},
    frame::{Area, Frame},
    user::User,
};
use crate::{
    permission::Permission,
    resources::job_script_templates::gallery::{self, Shelf, Wanted},
    web::{elsewhere::wants_page, errors::Failure, page::page},
};
use clusters::Clusters;
use jobs::Jobs;
use start::Start;

/// How many favourites are shown here.
const FAVOURITES: i64 = 12;

#[derive(Template)]
#[template(path = "portal/home.html")]
struct Home {
    frame: Frame,
    name: String,
    jobs: Option<Jobs>,
    start: Option<Start>,
    favourites: Vec<AtHand>,
    has_applications: bool,
    clusters: Option<Clusters>,
}

/// A favourite.
struct AtHand {
    address: String,
    name: String,
    run: Option<String>,
    favourite: Favourite,
}

pub(super) fn router() -> Router<Site> {
    Router::new().route("/", any(answer)).route("/home/live", get(live::stream))
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
        Ok(user) => show(&site, &user).await.into_response(),
        Err(instead) => instead,
    }
}

async fn show(site: &Site, user: &User) -> Result<Response, Failure> {
    let jobs = match user.may(Permission::JobSubmissionsRead) {
        true => {
            Some(Jobs::of(&user.context.db, &user.email, &site.base, user.context.now()).await?)
        }
        false => None,
    };
    let clusters = Clusters::of(site, user).await?;
    let start = Start::of(user, jobs.as_ref(), clusters.as_ref()).await?;
    let home = Home {
        frame: user.frame(site, Area::Home),
        name: user.name.clone(),
        jobs,
        start,
        favourites: favourites(site, user).await?,
        has_applications: user.may(Permission::JobTemplatesRead),
        clusters,
    };
    Ok(page(StatusCode::OK, &home)?)
}

async fn favourites(site: &Site, user: &User) -> Result<Vec<AtHand>, Failure> {
    if !user.may(Permission::JobTemplatesRead) {
        return Ok(Vec::new());
    }
    let paging = Paging { page: 1, size: FAVOURITES };
    let wanted = Wanted { shelf: Shelf::Favourites, paging, ..Wanted::default() };
    let found = gallery::page(&user.context, &wanted, &user.email).await?;
    let may_run = user.may(Permission::JobScriptsCreate);
    let at_hand = found.items.into_iter().map(|entry| {
        let address = address(site, &entry.template);
        AtHand {
            run: may_run.then(|| format!("{address}/run")),
            favourite: Favourite::new(site, user, &entry.template, true, site.path("/")),
            name: entry.template.name,
            address,
        }
    });
    Ok(at_hand.collect())
}
