//! Which database and which files an organization has.
//!
//! With `MULTI_TENANCY_ENABLED` each organization has its own: a database and a bucket that are
//! named like it, or a directory below the data directory. Otherwise all share the default ones.

mod naming;
mod opener;
mod pools;
mod store;

use std::{
    collections::{BTreeSet, VecDeque},
    path::PathBuf,
    sync::Arc,
};

use chrono::TimeDelta;

use crate::{
    auth::Identity,
    clock::Clock,
    config::ServeConfig,
    db::{Db, Following, Reads, Standby},
    error::{Error, Result},
    startup::StartError,
    storage::Storage,
};
use naming::Naming;
use opener::Opener;
use pools::Pools;

pub use crate::db::Tables;
pub use naming::OrganizationId;

#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id; `None` for the default data.
    pub organization: Option<String>,
    pub db: Db,
    /// The database on the standby, if there is one.
    pub(crate) standby: Option<Standby>,
    pub storage: Storage,
    pub(crate) lease: Lease,
}

impl Tenant {
    async fn close(&self) {
        if let Some(standby) = &self.standby {
            standby.close().await;
        }
        self.db.close().await;
    }
}

/// As long as there is one beside the server's own, the database is not closed.
#[derive(Debug, Clone, Default)]
pub struct Lease(Arc<()>);

impl Lease {
    fn is_held_elsewhere(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

#[derive(Debug)]
pub struct Tenants {
    shared: Tenant,
    naming: Naming,
    separate: Option<Arc<Pools>>,
    following: Option<Following>,
}

impl Tenants {
    /// Opens the default data that `config` names; organizations' follow when they are asked for.
    pub async fn open(config: &ServeConfig, clock: Clock) -> Result<Self, StartError> {
        let naming = Naming::of(config)?;
        let (db, storage) = (config.open_database().await?, config.open_storage()?);
        let following = config.follow_standby()?;
        let separate = match config.tenancy.multi_tenancy_enabled {
            true => {
                let opener = Opener::new(config, db.clone(), following.clone(), clock.clone())?;
                let idle = TimeDelta::seconds(config.tenancy.organization_idle_seconds.into());
                let max_open = config.tenancy.max_open_organizations as usize;
                Some(Arc::new(Pools::new(opener, clock, max_open, idle)))
            }
            false => None,
        };
        let standby = following
            .as_ref()
            .map(|following| Standby::open(following, None, config.database_pool_size));
        let lease = Lease::default();
        let shared = Tenant { organization: None, db, standby, storage, lease };
        Ok(Self { shared, naming, separate, following })
    }

    /// How reads are spread over the primary and its standby, if there is one.
    pub fn reads(&self) -> Option<Reads> {
        self.following.as_ref().map(Following::reads)
    }

    /// Whether each organization has data of its own.
    pub const fn are_separate(&self) -> bool {
        self.separate.is_some()
    }

    /// The default data: everybody's, or with separate organizations that of the built-in
    /// identity provider and of callers who need none.
    pub fn default_tenant(&self) -> Tenant {
        self.shared.clone()
    }

    /// The data of the caller's organization; 400 or 403 if it can't have any, 503 if it can't be
    /// opened now.
    pub async fn of(&self, identity: &Identity) -> Result<Tenant> {
        let (Some(pools), Some(organization)) = (&self.separate, &identity.organization) else {
            return Ok(self.default_tenant());
        };
        let id = self.naming.check(organization)?;
        let tenant = pools.get(&id).await?;
        pools.touch(&id);
        Ok(tenant)
    }

    /// Fails unless an organization's data is there.
    pub(crate) async fn require(&self, organization: &str) -> Result<()> {
        let id = self.check(organization)?;
        let Some(pools) = &self.separate else { return Ok(()) };
        let there = pools.opener.require(&id, Tables::Ours).await;
        there.map_err(|error| Error::NotFound(format!("the organization {id}: {error}")))
    }

    /// An organization's data, for work that no request asks for.
    pub(crate) async fn named(&self, organization: &str) -> Result<Tenant> {
        let id = self.check(organization)?;
        let Some(pools) = &self.separate else { return Ok(self.default_tenant()) };
        pools.get(&id).await
    }

    /// The default data and that of each organization that was ever served, for work that no
    /// request asks for.
    ///
    /// Nothing is made for an organization whose directory is gone, or whose tables are not as
    /// asked for.
    pub async fn all(&self, tables: Tables) -> Result<AllTenants> {
        let organizations = match &self.separate {
            Some(_) => self.organizations().await?,
            None => Vec::new(),
        };
        Ok(AllTenants {
            first: Some(self.default_tenant()),
            rest: organizations.into(),
            naming: self.naming.clone(),
            pools: self.separate.clone(),
            tables,
        })
    }

    /// The default data and that of the organizations whose databases are open at the moment: only
    /// there can a request have left something to do.
    pub fn opened(&self) -> Vec<Tenant> {
        let separate = self.separate.iter().flat_map(|pools| pools.opened());
        std::iter::once(self.default_tenant()).chain(separate).collect()
    }

    /// The default data, or that of an organization if its database is open at the moment.
    pub fn if_open(&self, organization: Option<&str>) -> Option<Tenant> {
        let Some(organization) = organization else { return Some(self.default_tenant()) };
        self.separate.as_ref()?.if_open(&self.naming.check(organization).ok()?)
    }

    /// Sets an organization up: makes its database, or its directory, if it is missing, and its
    /// tables. A bucket must be there already.
    pub async fn create(&self, organization: &str) -> Result<()> {
        let id = self.check(organization)?;
        let Some(pools) = &self.separate else { return Ok(()) };
        pools.opener.create(&id).await?;
        pools.get(&id).await.map(drop)
    }

    /// The ids of all organizations that were ever served.
    pub async fn organizations(&self) -> Result<Vec<String>> {
        served_organizations(&self.shared.db).await
    }

    /// Leaves an organization out of [`Self::all`]; its data stays. False if it was not there.
    pub async fn forget(&self, organization: &str) -> Result<bool> {
        let mut db = self.shared.db.write().await?;
        let known = store::delete_organization(&mut db, organization).await?;
        db.commit().await?;
        Ok(known)
    }

    /// 400 or 403 if an organization can't have this id.
    pub fn check(&self, organization: &str) -> Result<OrganizationId> {
        self.naming.check(organization)
    }

    /// The same for whoever is to be of an organization: one that can't be served must not get any
    /// tokens, nor one that could not be once organizations are kept apart.
    pub fn check_member_of(&self, organization: Option<&str>) -> Result<()> {
        match organization.map(|organization| self.check(organization)) {
            // Some names are reserved only there.
            Some(Err(Error::Forbidden(_))) if !self.are_separate() => Ok(()),
            Some(Err(error)) => Err(error),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// Closes the databases of organizations that nobody has used for a while.
    pub async fn close_idle(&self) {
        if let Some(pools) = &self.separate {
            pools.close_idle().await;
        }
    }

    pub async fn close(&self) {
        if let Some(pools) = &self.separate {
            pools.close().await;
        }
        self.shared.close().await;
    }
}

/// The ids of all organizations that were ever served, as the default database has them.
pub(crate) async fn served_organizations(db: &Db) -> Result<Vec<String>> {
    Ok(store::organizations(&mut db.read().await?).await?)
}

/// Where an organization's data is that is not in PostgreSQL or S3.
pub(crate) fn directory(config: &ServeConfig, organization: &str) -> Result<PathBuf, StartError> {
    Ok(config.data_path()?.join("organizations").join(organization))
}

/// The data of all organizations, opened one after the other, so that they need not all be open
/// at once.
#[derive(Debug)]
pub struct AllTenants {
    first: Option<Tenant>,
    rest: VecDeque<String>,
    naming: Naming,
    pools: Option<Arc<Pools>>,
    tables: Tables,
}

/// An organization that was served, but whose data can't be opened now.
#[derive(Debug, thiserror::Error)]
#[error("{organization}: {reason}")]
pub struct Unopened {
    pub organization: String,
    pub reason: String,
}

impl AllTenants {
    /// The next one, or why it can't be opened.
    pub async fn next(&mut self) -> Option<Result<Tenant, Unopened>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        let pools = self.pools.as_ref()?;
        let organization = self.rest.pop_front()?;
        let opened = self.open(pools, &organization).await;
        Some(opened.map_err(|reason| Unopened { organization, reason }))
    }

    async fn open(&self, pools: &Arc<Pools>, organization: &str) -> Result<Tenant, String> {
        let words = |error: Error| error.to_string();
        let id = self.naming.check(organization).map_err(words)?;
        let there = pools.opener.require(&id, self.tables).await;
        there.map_err(|error| error.to_string())?;
        pools.get(&id).await.map_err(words)
    }

    /// Whether this organization is still to come.
    pub fn contains(&self, organization: &str) -> bool {
        self.rest.iter().any(|id| id == organization)
    }

    /// Leaves out the default data and all organizations but these.
    pub fn retain(&mut self, organizations: &BTreeSet<String>) {
        self.first = None;
        self.rest.retain(|id| organizations.contains(id));
    }
}
