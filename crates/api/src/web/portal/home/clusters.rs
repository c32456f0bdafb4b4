//! How the clusters are.

use jobbergate_types::list::Paging;

use crate::{
    permission::Permission,
    resources::clusters::service,
    web::{
        errors::Failure,
        portal::{
            Site,
            clusters::{Health, address},
            user::User,
        },
    },
};

/// How many are shown.
const SHOWN: i64 = 12;

pub(super) struct Clusters {
    pub(super) shown: Vec<Cluster>,
    pub(super) more: i64,
}

pub(super) struct Cluster {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) health: Health,
}

impl Clusters {
    /// Nothing for those who may not see clusters.
    pub(super) async fn of(site: &Site, user: &User) -> Result<Option<Self>, Failure> {
        if !user.may(Permission::ClustersRead) {
            return Ok(None);
        }
        let found = service::list(&user.context, &Paging { page: 1, size: SHOWN }).await?;
        let now = user.context.now();
        let cluster = |cluster: jobbergate_types::clusters::ClusterStatusView| Cluster {
            address: address(site, &cluster.client_id),
            health: Health::of(&cluster, now),
            name: cluster.client_id,
        };
        let shown: Vec<_> = found.items.into_iter().map(cluster).collect();
        let more = found.total - i64::try_from(shown.len()).unwrap_or(SHOWN);
        Ok(Some(Self { shown, more }))
    }
}
