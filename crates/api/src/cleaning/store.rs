//! What cleaning looks for in the tables of the resources.

use chrono::{DateTime, Utc};
use jobbergate_types::SlurmJobState;
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use super::task::Entries;
use crate::{args, db::Session, resources::files::FileTable};

/// How many rows are archived in one transaction, or looked up at once.
const BATCH: usize = 500;
/// How many metrics are deleted in one transaction, or a few more of the same time.
const METRICS_BATCH: u64 = 50_000;

#[derive(Debug, PartialEq, Eq, FromRow, FieldNamesAsSlice)]
pub(super) struct FileKey {
    pub(super) parent_id: i32,
    pub(super) filename: String,
}

/// That `e` was neither changed nor made something of since `$1`.
fn unused(entries: Entries) -> String {
    let child = |table: &str, column: &str| {
        format!(
            "e.updated_at < $1 AND NOT EXISTS (SELECT 1 FROM {table} AS c \
             WHERE c.{column} = e.id AND c.created_at >= $1)"
        )
    };
    match entries {
        Entries::Submissions => "e.updated_at < $1".to_owned(),
        Entries::Scripts => child("job_submissions", "job_script_id"),
        Entries::Templates => child("job_scripts", "parent_template_id"),
    }
}

fn to_archive(entries: Entries) -> String {
    format!("e.is_archived = false AND {}", unused(entries))
}

/// Never what an agent still has to do with.
fn deletable(entries: Entries) -> String {
    let archived = format!("e.is_archived = true AND {}", unused(entries));
    if entries != Entries::Submissions {
        return archived;
    }
    let ends = SlurmJobState::ALL.iter().filter(|state| state.is_terminal());
    let ends: Vec<_> = ends.map(|state| format!("'{state}'")).collect();
    format!(
        "{archived} AND e.status NOT IN ('CREATED', 'SUBMITTED') \
         AND (e.status <> 'CANCELLED' OR e.slurm_job_id IS NULL \
         OR coalesce(e.slurm_job_state, '') IN ({}))",
        ends.join(", ")
    )
}

async fn count(
    db: &mut Session,
    entries: Entries,
    condition: &str,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<u64> {
    let Some(before) = before else { return Ok(0) };
    let sql = format!("SELECT count(*) FROM {} AS e WHERE {condition}", entries.table());
    let (count,): (i64,) = db.fetch_one(&sql, args![before]).await?;
    Ok(count.unsigned_abs())
}

/// How many rows there are to archive; none if there is no `before`.
pub(super) async fn count_to_archive(
    db: &mut Session,
    entries: Entries,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<u64> {
    count(db, entries, &to_archive(entries), before).await
}

/// How many rows there are to delete; none if there is no `before`.
pub(super) async fn count_to_delete(
    db: &mut Session,
    entries: Entries,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<u64> {
    count(db, entries, &deletable(entries), before).await
}

/// Archives some of what was not used since `before`; how many.
pub(super) async fn archive(
    db: &mut Session,
    entries: Entries,
    before: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let (table, condition) = (entries.table(), to_archive(entries));
    // The condition is repeated for rows that somebody changes just now.
    let sql = format!(
        "UPDATE {table} SET is_archived = true, updated_at = $2 \
         WHERE is_archived = false AND updated_at < $1 AND id IN \
         (SELECT e.id FROM {table} AS e WHERE {condition} ORDER BY e.id LIMIT {BATCH})"
    );
    db.execute(&sql, args![before, now]).await
}

/// The next rows above `last` that may be deleted.
pub(super) async fn to_delete(
    db: &mut Session,
    entries: Entries,
    before: DateTime<Utc>,
    last: i32,
) -> sqlx::Result<Vec<i32>> {
    let (table, condition) = (entries.table(), deletable(entries));
    let sql = format!(
        "SELECT e.id FROM {table} AS e WHERE {condition} AND e.id > $2 ORDER BY e.id LIMIT {BATCH}"
    );
    let rows: Vec<(i32,)> = db.fetch_all(&sql, args![before, last]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes a row away from everybody else and looks once more whether it may be deleted.
pub(super) async fn lock_to_delete(
    db: &mut Session,
    entries: Entries,
    before: DateTime<Utc>,
    id: i32,
) -> sqlx::Result<bool> {
    lock(db, entries, id).await?;
    let (table, condition) = (entries.table(), deletable(entries));
    let sql = format!("SELECT e.id FROM {table} AS e WHERE {condition} AND e.id = $2");
    let found: Option<(i32,)> = db.fetch_optional(&sql, args![before, id]).await?;
    Ok(found.is_some())
}

/// Forgets some metrics of a submission; whether there are none left.
pub(super) async fn delete_metrics(db: &mut Session, submission: i32) -> sqlx::Result<bool> {
    let sql = format!(
        "DELETE FROM job_submission_metrics WHERE job_submission_id = $1 AND \"time\" <= \
         (SELECT max(\"time\") FROM (SELECT \"time\" FROM job_submission_metrics \
         WHERE job_submission_id = $1 ORDER BY \"time\" LIMIT {METRICS_BATCH}) AS oldest)"
    );
    Ok(db.execute(&sql, args![submission]).await? < METRICS_BATCH)
}

/// Takes a row, if it is there, away from everybody else until the transaction ends.
pub(super) async fn lock(db: &mut Session, entries: Entries, id: i32) -> sqlx::Result<()> {
    let (table, lock) = (entries.table(), db.lock_clause());
    let sql = format!("SELECT id FROM {table} WHERE id = $1{lock}");
    let _: Option<(i32,)> = db.fetch_optional(&sql, args![id]).await?;
    Ok(())
}

/// How many files there should be.
pub(super) async fn count_files(db: &mut Session, files: FileTable) -> sqlx::Result<u64> {
    Ok(files.table().count(db, Condition::all()).await?.unsigned_abs())
}

pub(super) async fn files_of(
    db: &mut Session,
    files: FileTable,
    parents: &[i32],
) -> sqlx::Result<Vec<FileKey>> {
    let condition = Expr::col("parent_id").is_in(parents.iter().copied());
    files.table().rows(db, condition).await
}

/// The next parents above `last` that have files.
pub(super) async fn parents(
    db: &mut Session,
    files: FileTable,
    last: i32,
) -> sqlx::Result<Vec<i32>> {
    let table = files.name;
    let sql = format!(
        "SELECT DISTINCT parent_id FROM {table} WHERE parent_id > $1 ORDER BY parent_id LIMIT {BATCH}"
    );
    let rows: Vec<(i32,)> = db.fetch_all(&sql, args![last]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
