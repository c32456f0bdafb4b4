//! Opening one organization's database and files.

use std::path::PathBuf;

use url::Url;

use super::{Lease, OrganizationId, Tenant, store};
use crate::{
    clock::Clock,
    config::{
        ServeConfig,
        data::{DATABASE_FILE, create_private, open_files, open_sqlite},
    },
    db::{
        Address, Db, Following, OpenError, Standby, Tables, TablesError, create_postgres_database,
    },
    error::{Error, Result},
    startup::StartError,
    storage::Storage,
};

#[derive(Debug)]
pub(super) struct Opener {
    config: ServeConfig,
    postgres: Option<Url>,
    registry: Db,
    following: Option<Following>,
    clock: Clock,
}

/// Why an organization's data can't be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum OpeningError {
    #[error("its database is missing: {0}")]
    NoDatabase(OpenError),
    #[error("its database cannot be opened: {0}")]
    Database(OpenError),
    #[error("its bucket is missing")]
    NoBucket,
    #[error("its bucket cannot be reached: {0}")]
    Bucket(object_store::Error),
    #[error("its directory cannot be opened: {0}")]
    Directory(#[from] StartError),
    #[error("its directory {} is missing", .0.display())]
    NoDirectory(PathBuf),
    #[error("its database cannot be worked with: {0}")]
    Tables(#[from] TablesError),
    #[error("it cannot be noted in the default database: {0}")]
    Registry(#[from] sqlx::Error),
}

impl OpeningError {
    /// What the client reads, who needs to know whom to ask but no causes.
    fn for_client(&self, id: &OrganizationId) -> String {
        match self {
            Self::NoDatabase(_) | Self::NoBucket => {
                format!("The organization {id} is not set up on this server; ask its administrator")
            }
            _ => format!("The data of the organization {id} cannot be opened; try again later"),
        }
    }
}

impl Opener {
    pub(super) fn new(
        config: &ServeConfig,
        registry: Db,
        following: Option<Following>,
        clock: Clock,
    ) -> Result<Self, StartError> {
        let postgres = config.postgres_url()?;
        Ok(Self { config: config.clone(), postgres, registry, following, clock })
    }

    /// Opens an organization's data. A failure goes to the log; what is returned is for clients.
    pub(super) async fn open(&self, id: &OrganizationId) -> Result<Tenant, String> {
        self.try_open(id).await.map_err(|error| {
            tracing::warn!(
                organization = %id,
                error = %error,
                "an organization cannot be served; its database and bucket must exist under its \
                 name and be open to this server (`jobbergate admin organization create` makes \
                 the database)"
            );
            error.for_client(id)
        })
    }

    /// The bucket first: no tables are made for an organization that can't keep files.
    async fn try_open(&self, id: &OrganizationId) -> Result<Tenant, OpeningError> {
        let storage = self.storage(id).await?;
        let db = self.database(id).await?;
        if let Err(error) = self.register(id).await {
            db.close().await;
            return Err(error.into());
        }
        let connections = self.config.tenancy.organization_pool_size;
        let standby = self
            .following
            .as_ref()
            .map(|following| Standby::open(following, Some(id.as_str()), connections));
        let organization = Some(id.to_string());
        Ok(Tenant { organization, db, standby, storage, lease: Lease::default() })
    }

    /// Fails unless an organization's directory is there and its tables are as they must be;
    /// changes nothing.
    pub(super) async fn require(
        &self,
        id: &OrganizationId,
        tables: Tables,
    ) -> Result<(), OpeningError> {
        if self.config.needs_data_directory()? {
            let directory = super::directory(&self.config, id.as_str())?;
            if !directory.is_dir() {
                return Err(OpeningError::NoDirectory(directory));
            }
        }
        let required = match &self.postgres {
            Some(url) => Address::Postgres(url, Some(id.as_str())).require(tables).await,
            None => {
                let file = super::directory(&self.config, id.as_str())?.join(DATABASE_FILE);
                Address::Sqlite(&file).require(tables).await
            }
        };
        Ok(required?)
    }

    async fn database(&self, id: &OrganizationId) -> Result<Db, OpeningError> {
        let Some(url) = &self.postgres else {
            return Ok(open_sqlite(&self.directory(id)?).await?);
        };
        let connections = self.config.tenancy.organization_pool_size;
        let opened = Db::open_postgres_beside(url.as_str(), id.as_str(), connections).await;
        opened.map_err(|error| match error.is_missing_database() {
            true => OpeningError::NoDatabase(error),
            false => OpeningError::Database(error),
        })
    }

    async fn storage(&self, id: &OrganizationId) -> Result<Storage, OpeningError> {
        if self.config.s3_bucket_name.is_none() {
            return Ok(open_files(&self.directory(id)?)?);
        }
        let settings = self.config.s3_settings(id.as_str());
        let storage = Storage::s3(&settings).map_err(OpeningError::Bucket)?;
        match storage.exists().await {
            Ok(true) => Ok(storage),
            Ok(false) => Err(OpeningError::NoBucket),
            Err(error) => Err(OpeningError::Bucket(error)),
        }
    }

    async fn register(&self, id: &OrganizationId) -> sqlx::Result<()> {
        let mut db = self.registry.write().await?;
        store::insert_organization(&mut db, id.as_str(), self.clock.now()).await?;
        db.commit().await
    }

    fn directory(&self, id: &OrganizationId) -> Result<PathBuf, StartError> {
        let path = super::directory(&self.config, id.as_str())?;
        create_private(&path)?;
        Ok(path)
    }

    /// Makes the database if it is missing; directories are made when they are opened.
    pub(super) async fn create(&self, id: &OrganizationId) -> Result<()> {
        if let Some(url) = &self.postgres {
            create_postgres_database(url.as_str(), id.as_str()).await.map_err(Error::from)?;
        }
        Ok(())
    }
}
