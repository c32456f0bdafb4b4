//! The clusters, as their agents report them.

mod accounting;
mod health;
mod one;
mod partitions;

use askama::Template;
use axum::{
    Router,
    extract::{Query, State},
    http::StatusCode,
    response::Response,
    routing::get,
};
use serde::Deserialize;

use super::{
    Site,
    frame::{Area, Frame},
    percent::percent_encode,
    slice::Slice,
    user::User,
};
use crate::{
    permission::Permission,
    resources::clusters::overview::clusters,
    web::{errors::Failure, page::page},
};
pub(super) use health::Health;

/// How many are on a page.
const SIZE: usize = 25;

pub(super) fn router() -> Router<Site> {
    Router::new().route("/clusters", get(show)).route("/clusters/{client_id}", get(one::show))
}

/// The page of a cluster.
pub(super) fn address(site: &Site, client_id: &str) -> String {
    site.path(&path(client_id))
}

/// The same without what comes before all paths.
pub(super) fn path(client_id: &str) -> String {
    format!("/clusters/{}", percent_encode(client_id))
}

#[derive(Debug, Default, Deserialize)]
struct Wanted {
    #[serde(default)]
    page: String,
}

#[derive(Template)]
#[template(path = "portal/clusters.html")]
struct ClustersPage {
    frame: Frame,
    clusters: Slice<Row>,
    may_connect: bool,
}

struct Row {
    address: String,
    client_id: String,
    health: Health,
}

async fn show(
    State(site): State<Site>,
    user: User,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    user.require(Permission::ClustersRead)?;
    let found = clusters(&user.context).await?;
    let now = user.context.now();
    let rows = found.sorted().into_iter().map(|cluster| Row {
        address: address(&site, &cluster.client_id),
        health: Health::of(&cluster, now),
        client_id: cluster.client_id,
    });
    let template = ClustersPage {
        frame: user.frame(&site, Area::Clusters),
        clusters: Slice::of(rows.collect(), &wanted.page, SIZE),
        may_connect: user.may(Permission::Admin),
    };
    Ok(page(StatusCode::OK, &template)?)
}
