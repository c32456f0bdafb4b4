//! What agents follow: of each submission only what they need, for there may be ten thousand, and
//! they ask every few seconds.

use jobbergate_types::{
    Page, SlurmJobState,
    claims::MOST_FOLLOWED,
    job_submissions::{ActiveJobSubmission, JobSubmissionStatus},
    list::Paging,
};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::{OLDEST_FIRST, SUBMISSIONS};
use crate::{
    db::Session,
    error::{Error, Result},
    resources::job_submissions::claims::store::claimed_by,
};

#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
pub(crate) struct ActiveRow {
    id: i32,
    name: String,
    status: String,
    slurm_job_id: Option<i32>,
    claim: Option<i64>,
}

impl TryFrom<ActiveRow> for ActiveJobSubmission {
    type Error = Error;

    fn try_from(row: ActiveRow) -> Result<Self> {
        let mut known = JobSubmissionStatus::ALL.into_iter();
        let status = known.find(|status| status.as_str() == row.status);
        let unknown = || Error::internal(format!("status {:?} in the database", row.status));
        Ok(Self {
            id: row.id.into(),
            status: status.ok_or_else(unknown)?,
            slurm_job_id: row.slurm_job_id.map(Into::into),
            claim: row.claim,
            name: row.name,
        })
    }
}

/// A page of what a cluster's agent follows, of what is claimed like that.
pub(crate) async fn active(
    db: &mut Session,
    client_id: &str,
    claimed: Condition,
    paging: &Paging,
) -> sqlx::Result<Page<ActiveRow>> {
    let condition = is_active(client_id).add(claimed);
    SUBMISSIONS.page(db, condition, OLDEST_FIRST, paging).await
}

/// The first of what an agent has claimed and follows, after the submission of this number. Neither
/// are they counted, nor those before them read.
pub(crate) async fn followed(
    db: &mut Session,
    client_id: &str,
    instance: &str,
    after: i64,
) -> sqlx::Result<Vec<ActiveRow>> {
    let condition = is_active(client_id).add(claimed_by(instance)).add(Expr::col("id").gt(after));
    SUBMISSIONS.first_rows(db, condition, MOST_FOLLOWED as u64).await
}

/// Jobs that were submitted, and cancelled ones that Slurm has not ended yet.
fn is_active(client_id: &str) -> Condition {
    let terminal = SlurmJobState::ALL.iter().filter(|state| state.is_terminal());
    let unfinished = Condition::any()
        .add(Expr::col("slurm_job_state").is_null())
        .add(Expr::col("slurm_job_state").is_not_in(terminal.map(|state| state.as_str())));
    let cancelled = Condition::all()
        .add(Expr::col("status").eq(JobSubmissionStatus::Cancelled.as_str()))
        .add(Expr::col("slurm_job_id").is_not_null())
        .add(unfinished);
    let followed = Condition::any()
        .add(Expr::col("status").eq(JobSubmissionStatus::Submitted.as_str()))
        .add(cancelled);
    Condition::all().add(Expr::col("client_id").eq(client_id)).add(followed)
}
