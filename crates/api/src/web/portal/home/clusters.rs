//! How the clusters are.

use chrono::TimeDelta;
use jobbergate_types::{Timestamp, clusters::ClusterStatusView, list::Paging};

use crate::{
    permission::Permission,
    resources::clusters::service,
    web::{
        errors::Failure,
        portal::{Site, user::User, words::Moment},
    },
};

/// How many are shown.
const SHOWN: i64 = 12;
/// How long it may take until Slurm answers, or an agent takes what waits for it.
const PATIENCE: TimeDelta = TimeDelta::minutes(5);

pub(super) struct Clusters {
    pub(super) shown: Vec<Cluster>,
    pub(super) more: i64,
}

pub(super) struct Cluster {
    pub(super) name: String,
    pub(super) address: String,
    /// A class of the style sheet.
    pub(super) look: &'static str,
    pub(super) words: &'static str,
    pub(super) reported: Moment,
}

impl Clusters {
    /// Nothing for those who may not see clusters.
    pub(super) async fn of(site: &Site, user: &User) -> Result<Option<Self>, Failure> {
        if !user.may(Permission::ClustersRead) {
            return Ok(None);
        }
        let found = service::list(&user.context, &Paging { page: 1, size: SHOWN }).await?;
        let shown: Vec<_> =
            found.items.into_iter().map(|cluster| Cluster::new(site, user, cluster)).collect();
        let more = found.total - i64::try_from(shown.len()).unwrap_or(SHOWN);
        Ok(Some(Self { shown, more }))
    }
}

impl Cluster {
    fn new(site: &Site, user: &User, cluster: ClusterStatusView) -> Self {
        let now = user.context.now();
        let waits = |since: Option<Timestamp>| since.is_some_and(|at| now - at.0 > PATIENCE);
        let (look, words) = match cluster.is_healthy {
            false => ("bad", "Agent does not report"),
            true if waits(cluster.slurm_answered_at) => ("warn", "Slurm does not answer"),
            true if waits(cluster.oldest_waiting_at) => ("warn", "Takes no jobs"),
            true => ("good", "Connected"),
        };
        let encoded = percent_encoding::utf8_percent_encode(
            &cluster.client_id,
            percent_encoding::NON_ALPHANUMERIC,
        );
        Self {
            address: site.path(&format!("/clusters/{encoded}")),
            look,
            words,
            reported: Moment::new(now, cluster.last_reported.0),
            name: cluster.client_id,
        }
    }
}
