//! Export of an organization into an archive, and import of an archive into a server, whichever
//! database and files the two have.
//!
//! `tables.rs` says what is in an archive, `archive.rs` how, `store.rs` has the SQL.

mod archive;
mod export;
mod file_row;
mod import;
mod row;
mod store;
mod tables;

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use crate::{
    app::App,
    db::Db,
    error::{Error, Result as ServiceResult},
    tenant::Tenant,
};

pub use archive::{End, Fault};
pub use export::{Exported, export};
pub(crate) use file_row::FileRow;
pub use import::import;
pub use tables::{Column, LEFT_OUT, TABLES, Table};

/// Whose people and clients are exported.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whose {
    Everybody,
    /// An organization's, or those of no organization.
    Organization(Option<String>),
}

/// Why something can't be exported or imported.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    #[error("{}: {cause}", path.display())]
    File { path: PathBuf, cause: std::io::Error },
    #[error("{} is refused, and nothing was imported: {fault}", path.display())]
    Archive { path: PathBuf, fault: Fault },
    #[error("{0}")]
    Refused(String),
    #[error(
        "{error}; and what was stored of its files is still there ({cause}): the next import removes it"
    )]
    Left { error: Box<TransferError>, cause: Error },
    #[error(
        "everything was imported, and the server can be started; but the file {key} that marks an import under \
         way could not be removed ({cause}): remove it by hand"
    )]
    Marked { key: &'static str, cause: Error },
    #[error(
        "people, roles and clients were imported, but the organization's own database failed: import the same \
         archive once more, what is there already is kept"
    )]
    PeopleOnly(#[source] sqlx::Error),
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Service(#[from] Error),
}

/// The migration that brought claims.
const CLAIMS: i64 = 12;
/// The migration since which all is there that agents and clients go by after a move.
const WITHDRAWALS: i64 = 16;

/// Prepares a database that was put back as it was, and whose last migration this is, for what agents
/// and clients have done since.
pub(crate) async fn prepare(db: &Db, revision: i64, now: DateTime<Utc>) -> sqlx::Result<()> {
    let mut session = db.write().await?;
    store::pass_numbers(&mut session, now).await?;
    if revision >= CLAIMS {
        store::pass_claims(&mut session, now).await?;
    }
    if revision >= WITHDRAWALS {
        store::prepare_for_move(&mut session, now).await?;
    }
    session.commit().await
}

fn on_file(path: &Path) -> impl FnOnce(std::io::Error) -> TransferError {
    move |cause| TransferError::File { path: path.to_owned(), cause }
}

/// Where an organization's data is, and where its people and clients are.
struct Place {
    tenant: Tenant,
    /// The default data, if that is another one.
    identity: Option<Db>,
    whose: Whose,
}

impl Place {
    /// Of an organization that is there; an import makes it when it can.
    async fn of(app: &App, organization: Option<&str>, is_new: bool) -> ServiceResult<Self> {
        let tenants = &app.tenants;
        let default = tenants.default_tenant();
        let Some(organization) = organization else {
            let whose = match tenants.are_separate() {
                true => Whose::Organization(None),
                false => Whose::Everybody,
            };
            return Ok(Self { tenant: default, identity: None, whose });
        };
        if !tenants.are_separate() {
            return Err(Error::BadRequest(
                "all organizations share one database here: leave out --organization, or set \
                 MULTI_TENANCY_ENABLED=true to separate them"
                    .to_owned(),
            ));
        }
        if !is_new {
            tenants.require(organization).await?;
        }
        let tenant = tenants.named(organization).await?;
        let whose = Whose::Organization(Some(organization.to_owned()));
        Ok(Self { tenant, identity: Some(default.db), whose })
    }
}
