//! `/clusters`

use axum::http::StatusCode;
use jobbergate_types::{
    Page,
    cluster_facts::{ClusterFacts, ClusterFactsView},
    clusters::{ClusterStatusReport, ClusterStatusView},
    list::Paging,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    facts,
    service::{self, SeeClusters},
    store,
};
use crate::{
    app::Context,
    auth::{Agent, Caller},
    error::Result,
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
        .put("/clusters/facts", "What an agent found its cluster to be.", report_facts)
        .get("/clusters/facts/{client_id}", "What the agent of one cluster found it to be.", facts)
        .responding(&[ResponseDoc::NOT_FOUND])
}

/// Not even administrators may send a heartbeat for an agent.
struct Heartbeat;

impl Allow for Heartbeat {
    const ANY_OF: &'static [Permission] = &[Permission::ClustersUpdate];
    const NEEDS_ORGANIZATION: bool = false;
}

async fn report(
    context: Context,
    agent: Agent<Heartbeat>,
    Query(report): Query<ClusterStatusReport>,
) -> Result<Accepted> {
    let mut db = context.db.change().await?;
    store::report(&mut db, &agent.client_id, &report, context.now()).await?;
    Ok(Accepted)
}

async fn list(
    context: Context,
    _: Caller<SeeClusters>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ClusterStatusView>>> {
    service::list(&context, &paging).await.map(Json)
}

async fn get(
    context: Context,
    _: Caller<SeeClusters>,
    Path(path): Path<ClusterPath>,
) -> Result<Json<ClusterStatusView>> {
    service::find(&context, &path.client_id).await.map(Json)
}

async fn report_facts(
    context: Context,
    agent: Agent<Heartbeat>,
    Json(found): Json<ClusterFacts>,
) -> Result<Accepted> {
    facts::report(&context, &agent.client_id, found).await?;
    Ok(Accepted)
}

async fn facts(
    context: Context,
    _: Caller<SeeClusters>,
    Path(path): Path<ClusterPath>,
) -> Result<Json<ClusterFactsView>> {
    facts::find(&context, &path.client_id).await.map(Json)
}
