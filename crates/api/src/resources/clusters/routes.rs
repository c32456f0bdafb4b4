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
    auth::{Agent, Caller, permission},
    error::{Error, Result},
    http::{Accepted, Answer, Endpoint, Json, Method, Path, Query, Router, answer::AnswerBody},
};

#[derive(Debug, Deserialize, JsonSchema)]
struct ClusterPath {
    /// The client id of the cluster's agent.
    client_id: String,
}

const NEVER_REPORTED: Answer = Answer {
    status: StatusCode::NOT_FOUND,
    description: "This cluster's agent has never reported",
    body: AnswerBody::Empty,
};

/// The routes.
pub(crate) fn router() -> Router {
    Router::default()
        .route(Method::Put, "/clusters/status", "An agent's heartbeat.", Endpoint::new(report))
        .route(
            Method::Get,
            "/clusters/status",
            "When the agents of all clusters reported last.",
            Endpoint::new(list),
        )
        .route(
            Method::Get,
            "/clusters/status/{client_id}",
            "When the agent of one cluster reported last.",
            Endpoint::new(get).answering(&[NEVER_REPORTED]),
        )
}

async fn report(
    context: Context,
    agent: Agent<permission::ClustersUpdate>,
    Query(report): Query<ClusterStatusReport>,
) -> Result<Accepted> {
    let mut db = context.db.write().await?;
    store::report(&mut db, &agent.client_id, report.interval, context.now()).await?;
    db.commit().await?;
    Ok(Accepted)
}

async fn list(
    context: Context,
    _: Caller<permission::ClustersRead>,
    Query(paging): Query<Paging>,
) -> Result<Json<Page<ClusterStatusView>>> {
    let page = store::page(&mut context.db.read().await?, &paging).await?;
    let now = context.now();
    Ok(Json(page.map(|row| row.view(now))))
}

async fn get(
    context: Context,
    _: Caller<permission::ClustersRead>,
    Path(path): Path<ClusterPath>,
) -> Result<Json<ClusterStatusView>> {
    let row = store::find(&mut context.db.read().await?, &path.client_id).await?;
    Ok(Json(row.ok_or(Error::NotFoundBare)?.view(context.now())))
}
