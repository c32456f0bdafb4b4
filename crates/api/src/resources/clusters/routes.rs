//! `/clusters`

use axum::http::StatusCode;
use jobbergate_types::{
    Page,
    clusters::{ClusterStatusReport, ClusterStatusView},
    list::Paging,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::store;
use crate::{
    app::Context,
    auth::{Agent, Caller},
    error::{Error, Result},
    http::{Accepted, Json, Path, Query, ResponseDoc, Router, response_doc::BodyDoc},
    permission::{Allow, Permission},
};

#[derive(Debug, Deserialize, JsonSchema)]
struct ClusterPath {
    /// The client id of the cluster's agent.
    client_id: String,
}

const NEVER_REPORTED: ResponseDoc = ResponseDoc {
    status: StatusCode::NOT_FOUND,
    description: "This cluster's agent has never reported",
    body: BodyDoc::Empty,
};

pub(crate) fn router() -> Router {
    Router::default()
        .put("/clusters/status", "An agent's heartbeat.", report)
        .get("/clusters/status", "When the agents of all clusters reported last.", list)
        .get("/clusters/status/{client_id}", "When the agent of one cluster reported last.", get)
        .responding(&[NEVER_REPORTED])
}

/// Not even administrators may send a heartbeat for an agent.
struct Heartbeat;

impl Allow for Heartbeat {
    const ANY_OF: &'static [Permission] = &[Permission::ClustersUpdate];
    const NEEDS_ORGANIZATION: bool = false;
}

struct SeeClusters;

impl Allow for SeeClusters {
    const ANY_OF: &'static [Permission] = &[Permission::Admin, Permission::ClustersRead];
    const NEEDS_ORGANIZATION: bool = false;
}

async fn report(
    context: Context,
    agent: Agent<Heartbeat>,
    Query(report): Query<ClusterStatusReport>,
) -> Result<Accepted> {
    let mut db = context.db.write().await?;
    store::report(&mut db, &agent.client_id, report.interval, context.now()).await?;
    db.commit().await?;
    Ok(Accepted)
}

async fn list(
    context: Context,
    _: Caller<SeeClusters>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ClusterStatusView>>> {
    let page = store::page(&mut context.db.read().await?, &paging).await?;
    let now = context.now();
    Ok(Json(page.map(|row| row.view(now))))
}

async fn get(
    context: Context,
    _: Caller<SeeClusters>,
    Path(path): Path<ClusterPath>,
) -> Result<Json<ClusterStatusView>> {
    let row = store::find(&mut context.db.read().await?, &path.client_id).await?;
    Ok(Json(row.ok_or(Error::NotFoundBare)?.view(context.now())))
}
