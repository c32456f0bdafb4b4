//! Which database and which files an organization has.

use crate::{
    auth::Identity, config::ServeConfig, db::Db, error::Result, startup::StartError,
    storage::Storage,
};

/// An organization's database and files.
#[derive(Debug, Clone)]
pub struct Tenant {
    /// Its id; `None` for the data that everybody shares.
    pub organization: Option<String>,
    /// Its database.
    pub db: Db,
    /// Its files.
    pub storage: Storage,
}

/// All organizations' databases and files; so far everybody shares one.
#[derive(Debug)]
pub struct Tenants {
    shared: Tenant,
}

impl Tenants {
    /// Opens what `config` names.
    pub async fn open(config: &ServeConfig) -> Result<Self, StartError> {
        let db = config.open_database().await?;
        let storage = config.open_storage()?;
        Ok(Self { shared: Tenant { organization: None, db, storage } })
    }

    /// The data of those who belong to no organization.
    pub fn default_tenant(&self) -> Tenant {
        self.shared.clone()
    }

    /// The data of every organization that has any, for work that no request asks for.
    #[expect(clippy::unused_async, reason = "an organization's database is opened on demand")]
    pub async fn all(&self) -> Result<Vec<Tenant>> {
        Ok(vec![self.default_tenant()])
    }

    /// The data of the caller's organization.
    #[expect(clippy::unused_async, reason = "an organization's database is opened on demand")]
    pub async fn of(&self, _identity: &Identity) -> Result<Tenant> {
        Ok(self.default_tenant())
    }
}
