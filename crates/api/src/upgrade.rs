//! What a start of this version does to the databases' tables: told before, or done on its own.

use crate::{
    clock::Clock,
    config::{ServeConfig, data::DATABASE_FILE, host::without_secrets},
    db::{Db, Plan, Unplanned},
    error::Result,
    startup::StartError,
    tenant::{self, Tables, Tenants, Unopened},
};

/// The migration that made it.
const LIST_OF_ORGANIZATIONS: i64 = 5;

/// A database, and what a start would do to its tables.
#[derive(Debug)]
pub struct Planned {
    /// Its address without password, or its file.
    pub database: String,
    /// None if there is no file yet.
    pub plan: Result<Option<Plan>, Unplanned>,
}

/// Looks at the default database and at those of all organizations that were served; changes nothing.
pub async fn plan(config: &ServeConfig) -> Result<Vec<Planned>, StartError> {
    let (mut planned, organizations) = plan_of(config, None).await?;
    let mut all = Vec::new();
    for id in organizations {
        let (found, _) = plan_of(config, Some(&id)).await?;
        all.push(found);
    }
    if config.tenancy.multi_tenancy_enabled {
        planned.database += " (default)";
    }
    all.insert(0, planned);
    Ok(all)
}

/// Of the default database also which organizations have others.
async fn plan_of(
    config: &ServeConfig,
    organization: Option<&str>,
) -> Result<(Planned, Vec<String>), StartError> {
    let (database, attached) = attach(config, organization).await?;
    let db = match attached {
        Ok(Some(db)) => db,
        Ok(None) => return Ok((Planned { database, plan: Ok(None) }, Vec::new())),
        Err(error) => return Ok((Planned { database, plan: Err(error.into()) }, Vec::new())),
    };
    let plan = db.plan().await;
    let has_others = config.tenancy.multi_tenancy_enabled && organization.is_none();
    let has_list = matches!(&plan, Ok(Plan { revision: Some(LIST_OF_ORGANIZATIONS..), .. }));
    let organizations = match has_others && has_list {
        true => tenant::served_organizations(&db).await,
        false => Ok(Vec::new()),
    };
    db.close().await;
    Ok((Planned { database, plan: plan.map(Some) }, organizations?))
}

async fn attach(
    config: &ServeConfig,
    organization: Option<&str>,
) -> Result<(String, sqlx::Result<Option<Db>>), StartError> {
    if let Some(mut url) = config.postgres_url()? {
        let attached = Db::attach_postgres(url.as_str(), organization).await;
        if let Some(organization) = organization {
            url.set_path(organization);
        }
        return Ok((without_secrets(&url), attached.map(Some)));
    }
    let directory = match organization {
        Some(organization) => tenant::directory(config, organization)?,
        None => config.data_path()?,
    };
    let path = directory.join(DATABASE_FILE);
    let attached = match path.exists() {
        true => Db::attach_sqlite(&path).await.map(Some),
        false => Ok(None),
    };
    Ok((path.display().to_string(), attached))
}

/// Brings the tables of all of them up to date, as a start does; those of organizations whose data can't be
/// opened are left as they are.
pub async fn migrate(config: &ServeConfig) -> Result<Vec<Unopened>, StartError> {
    let tenants = Tenants::open(&config.without_standby(), Clock::System).await?;
    let mut all = tenants.all(Tables::Any).await?;
    let mut left = Vec::new();
    while let Some(tenant) = all.next().await {
        left.extend(tenant.err());
        tenants.close_idle().await;
    }
    tenants.close().await;
    Ok(left)
}
