//! What waits for agents: of each submission only what they need.

use chrono::{DateTime, Utc};
use jobbergate_types::{Page, job_submissions::JobSubmissionStatus, list::Paging};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{OLDEST_FIRST, SUBMISSIONS};
use crate::db::{Session, TextArray};

#[derive(Debug, FromRow, FieldNamesAsSlice)]
pub(crate) struct PendingRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) owner_email: String,
    pub(crate) job_script_id: Option<i32>,
    pub(crate) execution_directory: Option<String>,
    pub(crate) sbatch_arguments: Option<TextArray>,
    pub(crate) claim: Option<i64>,
    pub(crate) inherited: Option<bool>,
    pub(crate) offered_at: Option<DateTime<Utc>>,
}

/// A page of what waits for a cluster's agent, oldest first, of what is claimed like that.
pub(crate) async fn pending(
    db: &mut Session,
    client_id: &str,
    claimed: Condition,
    paging: &Paging,
) -> sqlx::Result<Page<PendingRow>> {
    let condition = Condition::all()
        .add(Expr::col("client_id").eq(client_id))
        .add(Expr::col("status").eq(JobSubmissionStatus::Created.as_str()))
        .add(Expr::col("job_script_id").is_not_null())
        .add(claimed);
    SUBMISSIONS.page(db, condition, OLDEST_FIRST, paging).await
}
