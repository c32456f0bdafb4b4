//! What somebody looks for first: what they wait for, and how it ended.

use std::collections::HashMap;

use jobbergate_types::{job_submissions::JobSubmissionBaseView, list::Paging};

use super::store::{self, ListedRow};
use crate::{db::Db, error::Result};

/// Some submissions of somebody's.
#[derive(Debug)]
pub(crate) struct Recent {
    /// What they wait for, newest first.
    pub(crate) under_way: Vec<JobSubmissionBaseView>,
    /// How many of these there are.
    pub(crate) total: i64,
    /// What was settled last.
    pub(crate) settled: Vec<JobSubmissionBaseView>,
}

/// So many of each of somebody's submissions.
pub(crate) async fn of(db: &Db, owner: &str, most: i64) -> Result<Recent> {
    let mut db = db.read().await?;
    let paging = Paging { page: 1, size: most };
    let under_way = store::under_way(&mut db, owner, &paging).await?;
    let settled = store::settled(&mut db, owner, most.cast_unsigned()).await?;
    Ok(Recent {
        total: under_way.total,
        under_way: views(under_way.items)?,
        settled: views(settled)?,
    })
}

fn views(rows: Vec<ListedRow>) -> Result<Vec<JobSubmissionBaseView>> {
    rows.into_iter().map(TryInto::try_into).collect()
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
    let newest = views(store::newest_of_scripts(&mut db, scripts.iter().copied()).await?)?;
    Ok(newest.into_iter().filter_map(|view| Some((view.job_script_id?, view))).collect())
}
