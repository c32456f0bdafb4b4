//! One cluster: how its agent is, what Slurm offers there and is doing.

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use chrono::{DateTime, TimeDelta, Utc};
use jobbergate_types::cluster_facts::ClusterFactsView;
use serde::Deserialize;

use super::{
    Health,
    accounting::{Accounts, accounts},
    address,
    partitions::{PartitionRow, partitions},
};
use crate::{
    error::{Error, Result},
    permission::Permission,
    resources::{
        clusters::{
            facts,
            overview::{Cluster, clusters},
            service,
        },
        job_submissions::claims::{self, Holding},
    },
    web::{
        errors::Failure,
        page::page,
        portal::{
            Site,
            frame::{Area, Frame},
            user::User,
            words::Moment,
        },
    },
};

/// What an agent found longer ago than this may not be so any more: it looks every few minutes.
const STALE: TimeDelta = TimeDelta::minutes(15);

/// Which pages of lists are asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    pub(super) accounts: String,
    #[serde(default)]
    pub(super) qos: String,
    #[serde(default)]
    pub(super) partitions: String,
}

impl Wanted {
    fn query(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .append_pair("accounts", &self.accounts)
            .append_pair("qos", &self.qos)
            .append_pair("partitions", &self.partitions)
            .finish()
    }
}

#[derive(Template)]
#[template(path = "portal/cluster.html")]
struct ClusterPage {
    frame: Frame,
    client_id: String,
    address: String,
    /// The same, with the pages of lists that are shown.
    here: String,
    health: Health,
    /// Whether an agent can't authenticate as it any more.
    is_gone: bool,
    interval: i64,
    agents: Vec<Agent>,
    facts: Option<Facts>,
    may_connect: bool,
}

/// An agent that works for the cluster.
struct Agent {
    holding: Holding,
    lease: Option<Moment>,
}

/// What the agent found.
struct Facts {
    reported: Moment,
    is_stale: bool,
    agent_version: Option<String>,
    slurm_version: Option<String>,
    nodes: u64,
    partitions: crate::web::portal::slice::Slice<PartitionRow>,
    jobs: Vec<(String, u64)>,
    accounting: Option<Accounts>,
    remarks: Vec<String>,
}

pub(super) async fn show(
    State(site): State<Site>,
    user: User,
    Path(client_id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    user.require(Permission::ClustersRead)?;
    let context = &user.context;
    if client_id.contains('\0') {
        return Err(unknown(&client_id).into());
    }
    let found = known(facts::find(context, &client_id).await)?;
    let there = clusters(context).await?;
    let listed = there.find(&client_id);
    let is_there = listed.is_some();
    let status = match listed {
        Some(cluster) => cluster.status.clone(),
        None => known(service::find(context, &client_id).await)?,
    };
    if !is_there && status.is_none() && found.is_none() {
        return Err(unknown(&client_id).into());
    }
    let cluster = Cluster { client_id: client_id.clone(), status };
    let now = context.now();
    let holdings = claims::list(&context.db, now).await?.into_iter();
    let agents = holdings.filter(|held| held.client_id == client_id).map(|holding| Agent {
        lease: holding.lease_ends_at.map(|at| Moment::new(now, at)),
        holding,
    });
    let template = ClusterPage {
        frame: user.frame(&site, Area::Clusters),
        here: format!("{}?{}", address(&site, &client_id), wanted.query()),
        address: address(&site, &client_id),
        health: Health::of(&cluster, now),
        is_gone: there.is_complete && !is_there,
        interval: cluster.status.map_or(0, |status| status.interval),
        agents: agents.collect(),
        facts: found.map(|found| Facts::new(now, found, &wanted)),
        may_connect: user.may(Permission::Admin),
        client_id,
    };
    Ok(page(StatusCode::OK, &template)?)
}

fn known<T>(found: Result<T>) -> Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Error::NotFound(_) | Error::NotFoundBare) => Ok(None),
        Err(error) => Err(error),
    }
}

fn unknown(client_id: &str) -> Error {
    Error::NotFound(format!(
        "Nothing is known of a cluster {client_id:?}: no agent of this name has reported"
    ))
}

impl Facts {
    fn new(now: DateTime<Utc>, found: ClusterFactsView, wanted: &Wanted) -> Self {
        let facts = found.facts;
        Self {
            reported: Moment::new(now, found.reported_at.0),
            is_stale: now - found.reported_at.0 > STALE,
            agent_version: facts.agent_version,
            slurm_version: facts.slurm_version,
            nodes: facts.nodes.iter().map(|group| group.count).sum(),
            partitions: partitions(facts.partitions, &facts.nodes, &wanted.partitions),
            jobs: facts.jobs.into_iter().collect(),
            accounting: facts.accounting.map(|accounting| accounts(accounting, wanted)),
            remarks: facts.remarks,
        }
    }
}
