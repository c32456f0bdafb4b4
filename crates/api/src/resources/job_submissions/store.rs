//! The table of submissions.

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page, SlurmJobState,
    job_submissions::{
        ActiveJobSubmission, JobSubmissionDetailedView, JobSubmissionListQuery,
        JobSubmissionListView, JobSubmissionStatus,
    },
    list::Paging,
};
use sea_query::{Condition, Expr, ExprTrait, Value};
use sqlx::FromRow;

use crate::{
    args,
    db::{Session, TextArray},
    error::{Error, Result},
    events::Change,
    query::Table,
};

const COLUMN_NAMES: [&str; 17] = [
    "id",
    "name",
    "owner_email",
    "created_at",
    "updated_at",
    "is_archived",
    "description",
    "job_script_id",
    "slurm_job_id",
    "client_id",
    "status",
    "slurm_job_state",
    "cloned_from_id",
    "execution_directory",
    "report_message",
    "slurm_job_info",
    "sbatch_arguments",
];

const COLUMNS: &str = "id, name, owner_email, created_at, updated_at, is_archived, description, \
                       job_script_id, slurm_job_id, client_id, status, slurm_job_state, \
                       cloned_from_id, execution_directory, report_message, slurm_job_info, \
                       sbatch_arguments";

/// The table of submissions.
const SUBMISSIONS: Table = Table {
    name: "job_submissions",
    columns: &COLUMN_NAMES,
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

/// A submission.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct SubmissionRow {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) owner_email: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    is_archived: bool,
    pub(crate) description: Option<String>,
    pub(crate) job_script_id: Option<i32>,
    pub(crate) slurm_job_id: Option<i32>,
    pub(crate) client_id: String,
    status: String,
    slurm_job_state: Option<String>,
    cloned_from_id: Option<i32>,
    pub(crate) execution_directory: Option<String>,
    pub(crate) report_message: Option<String>,
    slurm_job_info: Option<String>,
    sbatch_arguments: Option<TextArray>,
}

impl SubmissionRow {
    /// Where the submission stands. Early Python servers knew three more ways to end.
    pub(crate) fn status(&self) -> Result<JobSubmissionStatus> {
        let found = JobSubmissionStatus::ALL.into_iter().find(|s| s.as_str() == self.status);
        let early = match self.status.as_str() {
            "COMPLETED" => Some(JobSubmissionStatus::Done),
            "FAILED" | "UNKNOWN" => Some(JobSubmissionStatus::Aborted),
            _ => None,
        };
        found
            .or(early)
            .ok_or_else(|| Error::internal(format!("status {:?} in the database", self.status)))
    }

    /// The state of the job in Slurm, as it was last reported.
    pub(crate) fn slurm_job_state(&self) -> Option<SlurmJobState> {
        let Ok(state) = self.slurm_job_state.as_deref()?.parse();
        Some(state)
    }

    /// What can be told of it now that it has come to its status.
    pub(crate) fn change(&self) -> Result<Change> {
        Ok(Change {
            job_submission_id: self.id,
            name: self.name.clone(),
            owner_email: self.owner_email.clone(),
            client_id: self.client_id.clone(),
            status: self.status()?,
            slurm_job_state: self.slurm_job_state(),
            report_message: self.report_message.clone(),
        })
    }

    /// Arguments of `sbatch`.
    pub(crate) fn sbatch_arguments(&self) -> Option<Vec<String>> {
        self.sbatch_arguments.clone().map(|arguments| arguments.0)
    }
}

/// A submission to create.
#[derive(Debug)]
pub(crate) struct NewSubmission<'a> {
    pub(crate) name: &'a str,
    pub(crate) description: Option<&'a str>,
    pub(crate) owner_email: &'a str,
    pub(crate) job_script_id: i32,
    pub(crate) client_id: &'a str,
    pub(crate) slurm_job_id: Option<i64>,
    pub(crate) status: JobSubmissionStatus,
    pub(crate) execution_directory: Option<&'a str>,
    pub(crate) sbatch_arguments: Option<Vec<String>>,
    pub(crate) cloned_from_id: Option<i32>,
}

impl TryFrom<SubmissionRow> for JobSubmissionDetailedView {
    type Error = Error;

    fn try_from(row: SubmissionRow) -> Result<Self> {
        Ok(Self {
            status: row.status()?,
            slurm_job_state: row.slurm_job_state(),
            sbatch_arguments: row.sbatch_arguments(),
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            is_archived: row.is_archived,
            description: row.description,
            job_script_id: row.job_script_id.map(Into::into),
            slurm_job_id: row.slurm_job_id.map(Into::into),
            client_id: row.client_id,
            cloned_from_id: row.cloned_from_id.map(Into::into),
            execution_directory: row.execution_directory,
            report_message: row.report_message,
            slurm_job_info: row.slurm_job_info,
        })
    }
}

impl TryFrom<SubmissionRow> for JobSubmissionListView {
    type Error = Error;

    fn try_from(row: SubmissionRow) -> Result<Self> {
        Ok(Self {
            status: row.status()?,
            slurm_job_state: row.slurm_job_state(),
            id: row.id.into(),
            name: row.name,
            owner_email: row.owner_email,
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
            is_archived: row.is_archived,
            description: row.description,
            job_script_id: row.job_script_id.map(Into::into),
            slurm_job_id: row.slurm_job_id.map(Into::into),
            client_id: row.client_id,
            cloned_from_id: row.cloned_from_id.map(Into::into),
            job_script: None,
        })
    }
}

impl TryFrom<SubmissionRow> for ActiveJobSubmission {
    type Error = Error;

    fn try_from(row: SubmissionRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            status: row.status()?,
            slurm_job_id: row.slurm_job_id.map(Into::into),
            name: row.name,
        })
    }
}

/// Keeps a new submission.
pub(crate) async fn insert(
    db: &mut Session,
    new: NewSubmission<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<SubmissionRow> {
    let sql = format!(
        "INSERT INTO job_submissions (name, description, owner_email, job_script_id, client_id, \
         slurm_job_id, status, execution_directory, sbatch_arguments, cloned_from_id, \
         is_archived, created_at, updated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, false, $11, $11) RETURNING {COLUMNS}"
    );
    let arguments = args![
        new.name,
        new.description,
        new.owner_email,
        new.job_script_id,
        new.client_id,
        new.slurm_job_id,
        new.status.as_str(),
        new.execution_directory,
        new.sbatch_arguments,
        new.cloned_from_id,
        now,
    ];
    db.fetch_one(&sql, arguments).await
}

/// One submission.
pub(crate) async fn find(db: &mut Session, id: i64) -> sqlx::Result<Option<SubmissionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM job_submissions WHERE id = $1");
    db.fetch_optional(&sql, args![id]).await
}

/// One submission, which nobody else changes until the transaction ends.
pub(crate) async fn find_locked(db: &mut Session, id: i64) -> sqlx::Result<Option<SubmissionRow>> {
    let lock = db.lock_clause();
    let sql = format!("SELECT {COLUMNS} FROM job_submissions WHERE id = $1{lock}");
    db.fetch_optional(&sql, args![id]).await
}

/// A page of submissions; `slurm_job_ids` are those that the query asks for.
pub(crate) async fn page(
    db: &mut Session,
    query: &JobSubmissionListQuery,
    slurm_job_ids: Option<Vec<i64>>,
    owner: Option<&str>,
) -> Result<Page<SubmissionRow>> {
    let list = &query.list;
    let order = SUBMISSIONS.ordering(list.sort_field.as_deref(), list.sort_ascending)?;
    let mut condition = Condition::all();
    if let Some(ids) = slurm_job_ids {
        condition = condition.add(Expr::col("slurm_job_id").is_in(ids));
    }
    if let Some(status) = query.submit_status {
        condition = condition.add(Expr::col("status").eq(status.as_str()));
    }
    // The Python server ignores 0 here, and only here.
    if let Some(script) = query.from_job_script_id.filter(|id| *id != 0) {
        condition = condition.add(Expr::col("job_script_id").eq(script));
    }
    let condition = SUBMISSIONS.narrowed(db, condition, list, owner);
    SUBMISSIONS.page(db, condition, order, &list.paging).await
}

/// A page of what waits for a cluster's agent, oldest first.
pub(crate) async fn pending(
    db: &mut Session,
    client_id: &str,
    paging: &Paging,
) -> Result<Page<SubmissionRow>> {
    let condition = Condition::all()
        .add(Expr::col("client_id").eq(client_id))
        .add(Expr::col("status").eq(JobSubmissionStatus::Created.as_str()))
        .add(Expr::col("job_script_id").is_not_null());
    let order = SUBMISSIONS.ordering(None, true)?;
    SUBMISSIONS.page(db, condition, order, paging).await
}

/// A page of what a cluster's agent follows: submitted jobs, and cancelled ones that Slurm has
/// not ended yet.
pub(crate) async fn active(
    db: &mut Session,
    client_id: &str,
    paging: &Paging,
) -> Result<Page<SubmissionRow>> {
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
    let condition = Condition::all().add(Expr::col("client_id").eq(client_id)).add(followed);
    let order = SUBMISSIONS.ordering(None, true)?;
    SUBMISSIONS.page(db, condition, order, paging).await
}

/// Changes some columns of a submission.
pub(crate) async fn update(
    db: &mut Session,
    id: i32,
    changes: Vec<(&'static str, Value)>,
) -> sqlx::Result<Option<SubmissionRow>> {
    SUBMISSIONS.update(db, id.into(), changes).await
}

/// Rejects what waits for an agent to run a script that is about to be deleted; gives what was.
pub(crate) async fn reject_created_of_script(
    db: &mut Session,
    job_script_id: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SubmissionRow>> {
    let sql = format!(
        "UPDATE job_submissions SET status = 'REJECTED', updated_at = $2, report_message = \
         'Parent job script was deleted before the submission.' \
         WHERE job_script_id = $1 AND status = 'CREATED' RETURNING {COLUMNS}"
    );
    db.fetch_all(&sql, args![job_script_id, now]).await
}

/// Forgets a submission and its progress.
pub(crate) async fn delete(db: &mut Session, id: i32) -> sqlx::Result<()> {
    db.execute("DELETE FROM job_submissions WHERE id = $1", args![id]).await.map(drop)
}
