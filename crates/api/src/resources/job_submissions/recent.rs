//! What somebody looks for first: what they wait for, and how it ended.

use std::collections::HashMap;

use jobbergate_types::{
    Page,
    job_submissions::{JobSubmissionBaseView, JobSubmissionListView},
    list::Paging,
};

use super::{service::list_views, store};
use crate::{db::Db, error::Result};

/// What somebody waits for, newest first.
pub(crate) async fn under_way(
    db: &Db,
    owner: &str,
    paging: &Paging,
) -> Result<Page<JobSubmissionListView>> {
    let mut db = db.read().await?;
    let page = store::under_way(&mut db, owner, paging).await?;
    let views = list_views(&mut db, page.items).await?;
    Ok(Page::new(views, page.total, page.page, page.size))
}

/// What of somebody's was settled last.
pub(crate) async fn settled(
    db: &Db,
    owner: &str,
    limit: u64,
) -> Result<Vec<JobSubmissionListView>> {
    let mut db = db.read().await?;
    let rows = store::settled(&mut db, owner, limit).await?;
    list_views(&mut db, rows).await
}

/// The newest submission of each of these scripts that has one.
pub(crate) async fn newest_of_scripts(
    db: &Db,
    scripts: &[i64],
) -> Result<HashMap<i64, JobSubmissionBaseView>> {
    if scripts.is_empty() {
        return Ok(HashMap::new());
    }
    let mut db = db.read().await?;
    let rows = store::newest_of_scripts(&mut db, scripts.iter().copied()).await?;
    let views: Result<Vec<JobSubmissionBaseView>> =
        rows.into_iter().map(TryInto::try_into).collect();
    Ok(views?.into_iter().filter_map(|view| Some((view.job_script_id?, view))).collect())
}
