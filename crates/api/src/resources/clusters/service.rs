//! What is known of clusters, for whoever may read it.

use jobbergate_types::{Page, clusters::ClusterStatusView, list::Paging};

use super::store;
use crate::{
    app::Context,
    error::{Error, Result},
    permission::{Allow, Permission},
    resources::job_submissions,
};

/// Who may.
pub(crate) struct SeeClusters;

impl Allow for SeeClusters {
    const ANY_OF: &'static [Permission] = &[Permission::Admin, Permission::ClustersRead];
    const NEEDS_ORGANIZATION: bool = false;
}

/// When the agents of all clusters reported last, page by page.
pub(crate) async fn list(context: &Context, paging: &Paging) -> Result<Page<ClusterStatusView>> {
    // Reports are committed without waiting for the disk: a standby has them later than they were answered.
    let mut db = context.db.primary().read().await?;
    let page = store::page(&mut db, paging).await?;
    let now = context.now();
    let waiting = job_submissions::claims::store::oldest_waiting(&mut db, now).await?;
    Ok(page.map(|row| row.view(now, &waiting)))
}

/// When the agent of one cluster reported last; a bare 404 if it never did.
pub(crate) async fn find(context: &Context, client_id: &str) -> Result<ClusterStatusView> {
    let mut db = context.db.primary().read().await?;
    let row = store::find(&mut db, client_id).await?.ok_or(Error::NotFoundBare)?;
    let now = context.now();
    let waiting = job_submissions::claims::store::oldest_waiting(&mut db, now).await?;
    Ok(row.view(now, &waiting))
}
