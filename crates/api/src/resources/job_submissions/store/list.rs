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
    let uncounted = uncounted(db, query, slurm_job_ids, origin);
    let mut condition = Condition::all();
    if let Some(status) = query.submit_status {
        condition = condition.add(Expr::col("status").eq(status.as_str()));
    }
    if let Some(client_id) = origin.client_id {
        condition = condition.add(Expr::col("client_id").eq(client_id));
    }
    let is_counted = uncounted.is_empty();
    let narrowed = unsearched(condition.add(uncounted), list, owner);
    let paging = &list.paging;
    let Some(words) = search(list) else {
        return Ok(match is_counted {
            true => {
                let counts = (&COUNTS, "number");
                SUBMISSIONS.page_by_sum(db, narrowed, order, paging, counts).await?
            }
            false => SUBMISSIONS.page(db, narrowed, order, paging).await?,
        });
    };
    let (condition, total) = found(db, narrowed, words, is_counted).await?;
    Ok(SUBMISSIONS.page_of(db, condition, order, paging, total).await?)
}

/// Which of these submissions contain any of the words, and how many they are.
async fn found(
    db: &mut Session,
    narrowed: Condition,
    words: &str,
    is_counted: bool,
) -> Result<(Condition, i64)> {
    let condition = narrowed.clone().add(containing(db, LIST.searched, words));
    if is_counted && let Some(total) = many(db, narrowed, words).await? {
        return Ok((condition, total));
    }
    let ids = SUBMISSIONS.ids(db, condition.clone(), FEW + 1).await?;
    let few = ids.len() as u64;
    if few <= FEW {
        return Ok((db.among("id", ids).into(), few.cast_signed()));
    }
    let total = SUBMISSIONS.count(db, condition.clone()).await?;
    Ok((condition, total))
}

/// How many submissions contain any of the words, if it is the name of an owner or a cluster who have many:
/// theirs are counted, and only the others that contain it have to be found.
async fn many(db: &mut Session, narrowed: Condition, words: &str) -> Result<Option<i64>> {
    let theirs = containing(db, &COUNTED, words);
    let total = COUNTS.sum(db, "number", narrowed.clone().add(theirs.clone())).await?;
    if total <= FEW.cast_signed() {
        return Ok(None);
    }
    let others = narrowed.add(containing(db, &UNCOUNTED, words)).add(theirs.not());
    Ok(Some(total + SUBMISSIONS.count(db, others).await?))
}

/// What a list is narrowed to that is not counted beforehand.
fn uncounted(
    db: &Session,
    query: &JobSubmissionListQuery,
    slurm_job_ids: Option<Vec<i64>>,
    origin: Origin<'_>,
) -> Condition {
    let mut condition = Condition::all();
    if let Some(ids) = slurm_job_ids {
        condition = condition.add(db.among("slurm_job_id", ids));
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
