//! How the clusters are.

use crate::{
    permission::Permission,
    resources::clusters::overview,
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
const SHOWN: usize = 12;

pub(super) struct Clusters {
    pub(super) shown: Vec<Cluster>,
    pub(super) more: usize,
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
        let found = overview::clusters(&user.context).await?.sorted();
        let more = found.len().saturating_sub(SHOWN);
        let now = user.context.now();
        let shown = found.into_iter().take(SHOWN).map(|cluster| Cluster {
            address: address(site, &cluster.client_id),
            health: Health::of(&cluster, now),
            name: cluster.client_id,
        });
        Ok(Some(Self { shown: shown.collect(), more }))
    }
}
