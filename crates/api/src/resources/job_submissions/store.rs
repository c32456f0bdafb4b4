//! The table of submissions.

mod active;
mod listed;
mod pending;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use jobbergate_types::{
    Page, Patch, SlurmJobState,
    job_submissions::{
        JobOutlook, JobSubmissionBaseView, JobSubmissionDetailedView, JobSubmissionListQuery,
        JobSubmissionStatus,
    },
    list::Paging,
};
use sea_query::{Condition, Expr, ExprTrait, Query};
use sqlx::types::Json;
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{
    db::{Session, TextArray},
    error::{Error, Result},
    events::Change,
    query::{Assignments, ListColumns, Lock, Ordering, Table, by_id},
};

pub(crate) use active::{active, followed};
pub(crate) use listed::ListedRow;
pub(crate) use pending::{PendingRow, pending};

const SUBMISSIONS: Table = Table { name: "job_submissions", key: &["id"] };
const UNDER_WAY: [&str; 2] =
    [JobSubmissionStatus::Created.as_str(), JobSubmissionStatus::Submitted.as_str()];
const OLDEST_FIRST: Ordering = Ordering { column: "id", ascending: true };
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

#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
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
    slurm_pending_reason: Option<String>,
    slurm_expected_start: Option<DateTime<Utc>>,
    slurm_task_counts: Option<Json<BTreeMap<String, u64>>>,
    pub(crate) claim: Option<i64>,
}

impl SubmissionRow {
    /// Where the submission stands.
    pub(crate) fn status(&self) -> Result<JobSubmissionStatus> {
        listed::status(&self.status)
    }

    /// The state of the job in Slurm, as it was last reported.
    pub(crate) fn slurm_job_state(&self) -> Option<SlurmJobState> {
        listed::state(self.slurm_job_state.as_deref())
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

    pub(crate) fn sbatch_arguments(&self) -> Option<Vec<String>> {
        self.sbatch_arguments.clone().map(|arguments| arguments.0)
    }
}

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

#[derive(Debug, Default)]
pub(crate) struct SubmissionChanges {
    pub(crate) name: Option<String>,
    pub(crate) description: Patch<String>,
    pub(crate) execution_directory: Patch<String>,
    pub(crate) is_archived: Option<bool>,
    pub(crate) status: Option<JobSubmissionStatus>,
    pub(crate) slurm_job_id: Option<i64>,
    pub(crate) slurm_job_state: Option<SlurmJobState>,
    pub(crate) slurm_job_info: Option<String>,
    pub(crate) report_message: Patch<String>,
    pub(crate) outlook: Option<JobOutlook>,
}

impl TryFrom<SubmissionRow> for JobSubmissionBaseView {
    type Error = Error;

    fn try_from(row: SubmissionRow) -> Result<Self> {
        ListedRow::from(row).try_into()
    }
}

impl TryFrom<SubmissionRow> for JobSubmissionDetailedView {
    type Error = Error;

    fn try_from(mut row: SubmissionRow) -> Result<Self> {
        Ok(Self {
            execution_directory: row.execution_directory.take(),
            report_message: row.report_message.take(),
            slurm_job_info: row.slurm_job_info.take(),
            sbatch_arguments: row.sbatch_arguments(),
            submission: row.try_into()?,
        })
    }
}

pub(crate) async fn insert(
    db: &mut Session,
    new: NewSubmission<'_>,
    now: DateTime<Utc>,
) -> sqlx::Result<SubmissionRow> {
    let row = Assignments::created(now)
        .set("name", new.name)
        .set("description", new.description)
        .set("owner_email", new.owner_email)
        .set("job_script_id", new.job_script_id)
        .set("client_id", new.client_id)
        .set("slurm_job_id", new.slurm_job_id)
        .set("status", new.status.as_str())
        .set("execution_directory", new.execution_directory)
        .set("sbatch_arguments", new.sbatch_arguments)
        .set("cloned_from_id", new.cloned_from_id)
        .set("is_archived", false);
    SUBMISSIONS.insert(db, row).await
}

pub(crate) async fn find(
    db: &mut Session,
    id: i64,
    lock: Lock,
) -> sqlx::Result<Option<SubmissionRow>> {
    SUBMISSIONS.find(db, by_id(id), lock).await
}

/// The submissions with these numbers.
pub(crate) async fn with_ids(
    db: &mut Session,
    ids: impl IntoIterator<Item = i64>,
) -> sqlx::Result<Vec<SubmissionRow>> {
    SUBMISSIONS.rows(db, Expr::col("id").is_in(ids)).await
}

/// Where submissions of a list come from, and go to.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Origin<'a> {
    /// The template of which their scripts were rendered.
    pub(crate) template: Option<i64>,
    /// The cluster that runs them.
    pub(crate) client_id: Option<&'a str>,
}

impl Origin<'_> {
    fn condition(self) -> Condition {
        let mut condition = Condition::all();
        if let Some(template) = self.template {
            let mut scripts = Query::select();
            scripts.column("id").from("job_scripts");
            scripts.and_where(Expr::col("parent_template_id").eq(template));
            condition = condition.add(Expr::col("job_script_id").in_subquery(scripts));
        }
        if let Some(client_id) = self.client_id {
            condition = condition.add(Expr::col("client_id").eq(client_id));
        }
        condition
    }
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
    let condition = LIST.narrowed(db, condition.add(origin.condition()), list, owner);
    Ok(SUBMISSIONS.page(db, condition, order, &list.paging).await?)
}

/// A page of what somebody waits for, newest first.
pub(super) async fn under_way(
    db: &mut Session,
    owner: &str,
    paging: &Paging,
) -> sqlx::Result<Page<ListedRow>> {
    let condition = shown_of(owner).add(Expr::col("status").is_in(UNDER_WAY));
    let newest_first = Ordering { column: "created_at", ascending: false };
    SUBMISSIONS.page(db, condition, newest_first, paging).await
}

/// What of somebody's was settled last.
pub(super) async fn settled(
    db: &mut Session,
    owner: &str,
    limit: u64,
) -> sqlx::Result<Vec<ListedRow>> {
    let condition = shown_of(owner).add(Expr::col("status").is_not_in(UNDER_WAY));
    let latest_first = Ordering { column: "updated_at", ascending: false };
    SUBMISSIONS.first(db, condition, latest_first, limit).await
}

fn shown_of(owner: &str) -> Condition {
    Condition::all().add(Expr::col("owner_email").eq(owner)).add(Expr::col("is_archived").eq(false))
}

/// The newest submission of each of these scripts that has one.
pub(super) async fn newest_of_scripts(
    db: &mut Session,
    scripts: impl IntoIterator<Item = i64>,
) -> sqlx::Result<Vec<ListedRow>> {
    let mut newest = Query::select();
    newest
        .expr(Expr::col("id").max())
        .from(SUBMISSIONS.name)
        .and_where(Expr::col("job_script_id").is_in(scripts))
        .group_by_col("job_script_id");
    SUBMISSIONS.rows(db, Expr::col("id").in_subquery(newest)).await
}

pub(crate) async fn update(
    db: &mut Session,
    id: i32,
    changes: SubmissionChanges,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<SubmissionRow>> {
    Ok(SUBMISSIONS.update(db, by_id(id), assignments(changes, now)).await?.pop())
}

fn assignments(changes: SubmissionChanges, now: DateTime<Utc>) -> Assignments {
    let outlook = changes.outlook.map(|outlook| {
        let counts = outlook.slurm_task_counts.map(|counts| serde_json::json!(counts));
        (outlook.slurm_pending_reason, outlook.slurm_expected_start.map(|at| at.0), counts)
    });
    let (reason, start, counts) = outlook.map_or((None, None, None), |(reason, start, counts)| {
        (Some(reason), Some(start), Some(counts))
    });
    Assignments::changed(now)
        .set_some("name", changes.name)
        .set_some("description", changes.description.into_change())
        .set_some("execution_directory", changes.execution_directory.into_change())
        .set_some("is_archived", changes.is_archived)
        .set_some("status", changes.status.map(JobSubmissionStatus::as_str))
        .set_some("slurm_job_id", changes.slurm_job_id)
        .set_some("slurm_job_state", changes.slurm_job_state.map(SlurmJobState::as_str))
        .set_some("slurm_job_info", changes.slurm_job_info)
        .set_some("report_message", changes.report_message.into_change())
        .set_some("slurm_pending_reason", reason)
        .set_some("slurm_expected_start", start)
        .set_some("slurm_task_counts", counts)
}

/// Rejects what waits for an agent to run a script that is about to be deleted; gives what was.
pub(crate) async fn reject_created_of_script(
    db: &mut Session,
    job_script_id: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SubmissionRow>> {
    let words = "Parent job script was deleted before the submission.";
    let changes = SubmissionChanges {
        status: Some(JobSubmissionStatus::Rejected),
        report_message: Patch::Value(words.to_owned()),
        ..SubmissionChanges::default()
    };
    let waiting = Condition::all()
        .add(Expr::col("job_script_id").eq(job_script_id))
        .add(Expr::col("status").eq(JobSubmissionStatus::Created.as_str()));
    SUBMISSIONS.update(db, waiting, assignments(changes, now)).await
}

/// Forgets a submission and its progress.
pub(crate) async fn delete(db: &mut Session, id: i32) -> sqlx::Result<()> {
    SUBMISSIONS.delete(db, by_id(id)).await.map(drop)
}
