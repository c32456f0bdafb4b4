//! The table of steps in the lives of submissions.

use chrono::{DateTime, Utc};
use jobbergate_types::{Page, job_submissions::JobProgressDetail, list::Paging};
use sea_query::{Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    args,
    db::Session,
    error::Result,
    query::{Assignments, ListColumns, Table},
};

const PROGRESSES: Table = Table { name: "job_progresses", key: &["id"] };
const LIST: ListColumns = ListColumns {
    searched: &[],
    sortable: &["id", "job_submission_id", "timestamp", "slurm_job_state"],
};

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(crate) struct ProgressRow {
    id: i32,
    job_submission_id: i32,
    timestamp: DateTime<Utc>,
    slurm_job_state: Option<String>,
    additional_info: Option<String>,
}

impl From<ProgressRow> for JobProgressDetail {
    fn from(row: ProgressRow) -> Self {
        Self {
            id: row.id.into(),
            job_submission_id: row.job_submission_id.into(),
            timestamp: row.timestamp.into(),
            slurm_job_state: row.slurm_job_state,
            additional_info: row.additional_info,
        }
    }
}

pub(super) async fn insert(
    db: &mut Session,
    job_submission_id: i32,
    state: Option<&str>,
    info: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<ProgressRow> {
    let row = Assignments::default()
        .set("job_submission_id", job_submission_id)
        .set("timestamp", now)
        .set("slurm_job_state", state)
        .set("additional_info", info);
    PROGRESSES.insert(db, row).await
}

pub(super) async fn page(
    db: &mut Session,
    job_submission_id: i64,
    sort_field: &str,
    ascending: bool,
    paging: &Paging,
) -> Result<Page<ProgressRow>> {
    let order = LIST.ordering(Some(sort_field), ascending)?;
    let condition = Expr::col("job_submission_id").eq(job_submission_id);
    Ok(PROGRESSES.page(db, condition, order, paging).await?)
}

/// Up to `limit` steps of a submission before one of them, or its last ones; newest first.
pub(crate) async fn before(
    db: &mut Session,
    job_submission_id: i64,
    id: Option<i64>,
    limit: usize,
) -> sqlx::Result<Vec<ProgressRow>> {
    let sql = format!(
        "SELECT {} FROM job_progresses WHERE job_submission_id = $1 AND id < $2 \
         ORDER BY id DESC LIMIT {limit}",
        ProgressRow::FIELD_NAMES_AS_SLICE.join(", ")
    );
    db.fetch_all(&sql, args![job_submission_id, id.unwrap_or(i64::MAX)]).await
}

/// Up to `limit` steps of a submission after one of them. Whoever adds one has locked the
/// submission, so that none with a smaller number follows.
pub(super) async fn after(
    db: &mut Session,
    job_submission_id: i64,
    id: i64,
    limit: usize,
) -> sqlx::Result<Vec<ProgressRow>> {
    let sql = format!(
        "SELECT {} FROM job_progresses WHERE job_submission_id = $1 AND id > $2 \
         ORDER BY id LIMIT {limit}",
        ProgressRow::FIELD_NAMES_AS_SLICE.join(", ")
    );
    db.fetch_all(&sql, args![job_submission_id, id]).await
}
