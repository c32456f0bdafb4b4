//! Which clusters there are to submit to, and how their agents are.

use jobbergate_types::clusters::ClusterStatusView;

use super::store;
use crate::{app::Context, error::Result, resources::job_submissions};

/// A cluster that may be submitted to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) client_id: String,
    /// Nothing if its agent never reported.
    pub(crate) status: Option<ClusterStatusView>,
}

impl Cluster {
    pub(crate) fn is_healthy(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.is_healthy)
    }
}

/// The clusters that are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clusters {
    /// Those whose agents are healthy first, each by name.
    pub(crate) all: Vec<Cluster>,
    /// Whether there are no others.
    pub(crate) is_complete: bool,
}

impl Clusters {
    /// By name.
    pub(crate) fn sorted(self) -> Vec<Cluster> {
        let mut all = self.all;
        all.sort_by(|one, other| one.client_id.cmp(&other.client_id));
        all
    }

    pub(crate) fn find(&self, client_id: &str) -> Option<&Cluster> {
        self.all.iter().find(|cluster| cluster.client_id == client_id)
    }
}

/// Whether the agents that the caller may know of report here: where organizations are kept apart,
/// those of an organization report to its own database.
pub(crate) fn hears_all(context: &Context) -> bool {
    !context.app.tenants.are_separate() || context.organization.is_some()
}

pub(crate) async fn clusters(context: &Context) -> Result<Clusters> {
    let registered = job_submissions::service::registered_clusters(context).await?;
    let mut db = context.db.primary().read().await?;
    let now = context.now();
    let waiting = job_submissions::claims::store::oldest_waiting(&mut db, now).await?;
    let statuses = store::all(&mut db).await?.into_iter().map(|row| row.view(now, &waiting));
    let is_usable = |client_id: &String| {
        registered.as_ref().is_none_or(|registered| registered.contains(client_id))
    };
    let mut clusters: Vec<_> = statuses
        .filter(|status| is_usable(&status.client_id))
        .map(|status| Cluster { client_id: status.client_id.clone(), status: Some(status) })
        .collect();
    let is_complete = registered.is_some();
    let registered = registered.filter(|_| hears_all(context));
    for client_id in registered.into_iter().flatten() {
        if !clusters.iter().any(|cluster| cluster.client_id == client_id) {
            clusters.push(Cluster { client_id, status: None });
        }
    }
    let rank = |cluster: &Cluster| (!cluster.is_healthy(), cluster.status.is_none());
    clusters
        .sort_by(|one, other| (rank(one), &one.client_id).cmp(&(rank(other), &other.client_id)));
    Ok(Clusters { all: clusters, is_complete })
}
