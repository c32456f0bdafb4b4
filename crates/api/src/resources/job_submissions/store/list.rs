//! Lists of submissions, of which there may be millions.

use jobbergate_types::{Page, job_submissions::JobSubmissionListQuery};
use sea_query::{Condition, Expr, ExprTrait, Query};

use super::{ListedRow, SUBMISSIONS};
use crate::{
    db::Session,
    error::Result,
    query::{ListColumns, Table, search},
};

const LIST: ListColumns = ListColumns {
    searched: &["name", "description", "owner_email", "client_id"],
    sortable: &[
        "id",
        "name",
        "owner_email",
        "created_at",
        "updated_at",
        "job_script_id",
        "slurm_job_id",
        "client_id",
        "status",
        "slurm_job_state",
    ],
};
/// How many submissions are alike in its key, kept by triggers. What it has no column for can't be
/// counted by it.
const COUNTS: Table = Table {
    name: "submission_counts",
    key: &["owner_email", "client_id", "status", "is_archived"],
};
/// So many that are found are remembered, rather than looked for a second time.
const FEW: u64 = 5000;

/// Where submissions of a list come from, and go to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin<'a> {
    /// The template of which their scripts were rendered.
    pub(crate) template: Option<i64>,
    /// The cluster that runs them.
    pub(crate) client_id: Option<&'a str>,
}

/// A page of submissions; `slurm_job_ids` are those that the query asks for.
pub(crate) async fn page(
    db: &mut Session,
    query: &JobSubmissionListQuery,
    slurm_job_ids: Option<Vec<i64>>,
    origin: Origin<'_>,
    owner: Option<&str>,
) -> Result<Page<ListedRow>> {
    let list = &query.list;
    let order = LIST.ordering(list.sort_field.as_deref(), list.sort_ascending)?;
    let uncounted = uncounted(query, slurm_job_ids, origin);
    let mut condition = Condition::all();
    if let Some(status) = query.submit_status {
        condition = condition.add(Expr::col("status").eq(status.as_str()));
    }
    if let Some(client_id) = origin.client_id {
        condition = condition.add(Expr::col("client_id").eq(client_id));
    }
    let searched = search(list).is_some();
    let counted = uncounted.is_empty() && !searched;
    let condition = LIST.narrowed(db, condition.add(uncounted), list, owner);
    if counted {
        let total = COUNTS.sum(db, "number", condition.clone()).await?;
        return Ok(SUBMISSIONS.page_of(db, condition, order, &list.paging, total).await?);
    }
    if searched {
        let found = SUBMISSIONS.ids(db, condition.clone(), FEW + 1).await?;
        let total = found.len() as u64;
        if total <= FEW {
            let condition = db.among("id", found);
            let total = total.cast_signed();
            return Ok(SUBMISSIONS.page_of(db, condition, order, &list.paging, total).await?);
        }
    }
    Ok(SUBMISSIONS.page(db, condition, order, &list.paging).await?)
}

/// What a list is narrowed to that is not counted beforehand.
fn uncounted(
    query: &JobSubmissionListQuery,
    slurm_job_ids: Option<Vec<i64>>,
    origin: Origin<'_>,
) -> Condition {
    let mut condition = Condition::all();
    if let Some(ids) = slurm_job_ids {
        condition = condition.add(Expr::col("slurm_job_id").is_in(ids));
    }
    // The Python server ignores 0 here, and only here.
    if let Some(script) = query.from_job_script_id.filter(|id| *id != 0) {
        condition = condition.add(Expr::col("job_script_id").eq(script));
    }
    if let Some(template) = origin.template {
        let mut scripts = Query::select();
        scripts.column("id").from("job_scripts");
        scripts.and_where(Expr::col("parent_template_id").eq(template));
        condition = condition.add(Expr::col("job_script_id").in_subquery(scripts));
    }
    condition
}
