//! What is known of clusters.

use jobbergate_types::{Page, clusters::ClusterStatusView, list::Paging};

use super::store;
use crate::{app::Context, error::Result, resources::job_submissions};

/// A page of all clusters, as they look now.
pub(crate) async fn list(context: &Context, paging: &Paging) -> Result<Page<ClusterStatusView>> {
    let mut db = context.db.read().await?;
    let page = store::page(&mut db, paging).await?;
    let now = context.now();
    let waiting = job_submissions::claims::store::oldest_waiting(&mut db, now).await?;
    Ok(page.map(|row| row.view(now, &waiting)))
}
