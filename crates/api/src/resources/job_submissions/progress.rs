//! The table of steps in the lives of submissions.

use chrono::{DateTime, Utc};
use jobbergate_types::{Page, job_submissions::JobProgressDetail, list::Paging};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx::FromRow;

use crate::{args, db::Session, error::Result, query::Table};

const PROGRESSES: Table = Table {
    name: "job_progresses",
    columns: &["id", "job_submission_id", "timestamp", "slurm_job_state", "additional_info"],
    searched: &[],
    sortable: &["id", "job_submission_id", "timestamp", "slurm_job_state"],
};

/// A step.
#[derive(Debug, FromRow)]
pub(super) struct ProgressRow {
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

/// Notes a step.
pub(super) async fn insert(
    db: &mut Session,
    job_submission_id: i32,
    state: Option<&str>,
    info: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = r#"INSERT INTO job_progresses
        (job_submission_id, "timestamp", slurm_job_state, additional_info) VALUES ($1, $2, $3, $4)"#;
    db.execute(sql, args![job_submission_id, now, state, info]).await.map(drop)
}

/// A page of a submission's steps.
pub(super) async fn page(
    db: &mut Session,
    job_submission_id: i64,
    sort_field: &str,
    ascending: bool,
    paging: &Paging,
) -> Result<Page<ProgressRow>> {
    let order = PROGRESSES.ordering(Some(sort_field), ascending)?;
    let condition = Condition::all().add(Expr::col("job_submission_id").eq(job_submission_id));
    PROGRESSES.page(db, condition, order, paging).await
}
