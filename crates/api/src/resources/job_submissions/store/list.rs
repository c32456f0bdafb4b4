//! Lists of submissions, of which there may be millions.

use jobbergate_types::{Page, job_submissions::JobSubmissionListQuery};
use sea_query::{Condition, Expr, ExprTrait, Query};

use super::{ListedRow, SUBMISSIONS};
use crate::{
    db::Session,
    error::Result,
    query::{ListColumns, Table, containing, search, unsearched},
};

/// The columns that are searched: those by which submissions are counted, and the others.
const COUNTED: [&str; 2] = ["owner_email", "client_id"];
const UNCOUNTED: [&str; 2] = ["name", "description"];
const LIST: ListColumns = ListColumns {
    searched: &[UNCOUNTED[0], UNCOUNTED[1], COUNTED[0], COUNTED[1]],
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
    let is_counted = uncounted.is_empty();
    let narrowed = unsearched(condition.add(uncounted), list, owner);
    let Some(words) = search(list) else {
        if !is_counted {
            return Ok(SUBMISSIONS.page(db, narrowed, order, &list.paging).await?);
        }
        let total = COUNTS.sum(db, "number", narrowed.clone()).await?;
        return Ok(SUBMISSIONS.page_of(db, narrowed, order, &list.paging, total).await?);
    };
    let condition = narrowed.clone().add(containing(db, LIST.searched, words));
    let found = SUBMISSIONS.ids(db, condition.clone(), FEW + 1).await?;
    let total = found.len() as u64;
    if total <= FEW {
        let (condition, total) = (db.among("id", found), total.cast_signed());
        return Ok(SUBMISSIONS.page_of(db, condition, order, &list.paging, total).await?);
    }
    let total = match is_counted {
        true => many(db, narrowed, words).await?,
        false => SUBMISSIONS.count(db, condition.clone()).await?,
    };
    Ok(SUBMISSIONS.page_of(db, condition, order, &list.paging, total).await?)
}

/// How many submissions contain any of the words, if these are many: most likely the name of an owner or a
/// cluster, who have been counted.
async fn many(db: &mut Session, narrowed: Condition, words: &str) -> Result<i64> {
    let counted = containing(db, &COUNTED, words);
    let others = Condition::all().add(containing(db, &UNCOUNTED, words)).add(counted.clone().not());
    let total = COUNTS.sum(db, "number", narrowed.clone().add(counted)).await?;
    Ok(total + SUBMISSIONS.count(db, narrowed.add(others)).await?)
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
