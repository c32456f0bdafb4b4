//! The table of the last changes of submissions.

use jobbergate_types::job_submissions::JobSubmissionStatus;
use sea_query::Value as Argument;
use sqlx_macros::FromRow;

use super::position::{Position, SHARDS};
use crate::{
    args,
    db::{Session, arguments::Arguments},
    events::Change,
};

/// How many changes of a shard ago a submission must have been deleted to be forgotten.
const DELETIONS: i64 = 1000;

const COLUMNS: &str = "shard, number, job_submission_id, client_id, owner_email, status";

/// A change that is written down.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) job_submission_id: i32,
    pub(crate) client_id: String,
    pub(crate) owner_email: String,
    /// None if it was deleted.
    pub(crate) status: Option<JobSubmissionStatus>,
}

impl From<&Change> for Entry {
    fn from(change: &Change) -> Self {
        Self {
            job_submission_id: change.job_submission_id,
            client_id: change.client_id.clone(),
            owner_email: change.owner_email.clone(),
            status: Some(change.status),
        }
    }
}

impl Entry {
    /// Which of the shards has its changes.
    const fn shard(&self) -> i32 {
        self.job_submission_id.rem_euclid(SHARDS as i32)
    }
}

#[derive(Debug, FromRow)]
pub(super) struct ChangeRow {
    pub(super) shard: i32,
    pub(super) number: i64,
    pub(super) job_submission_id: i32,
    pub(super) client_id: String,
    pub(super) owner_email: String,
    pub(super) status: Option<String>,
}

#[derive(Debug, FromRow)]
struct Counter {
    shard: i32,
    number: i64,
}

#[derive(Debug, FromRow)]
struct Status {
    status: String,
}

/// Writes changes down, as the last thing that a transaction does: it holds up others that use the
/// same shard. Always in the same order, so that none waits for one that waits for it.
pub(super) async fn append(db: &mut Session, mut entries: Vec<Entry>) -> sqlx::Result<()> {
    entries.sort_by_key(|entry| (entry.shard(), entry.job_submission_id));
    for entry in entries {
        let shard = entry.shard();
        let status = entry.status.map(JobSubmissionStatus::as_str);
        let number = note(db, entry).await?;
        if status.is_none() {
            forget_deleted(db, shard, number - DELETIONS).await?;
        }
    }
    Ok(())
}

/// The change's number. PostgreSQL does both at once: others wait for the counter's row.
async fn note(db: &mut Session, entry: Entry) -> sqlx::Result<i64> {
    let count = "UPDATE submission_change_counters SET number = number + 1 WHERE shard = $1 \
                 RETURNING shard, number";
    let shard = entry.shard();
    let status = entry.status.map(JobSubmissionStatus::as_str);
    let mut arguments =
        args![shard, entry.job_submission_id, entry.client_id, entry.owner_email, status];
    let (counted, number, counter) = match db.is_sqlite() {
        true => {
            let Counter { number, .. } = db.fetch_one(count, args![shard]).await?;
            arguments.0.push(number.into());
            (String::new(), "$6", "")
        }
        false => (format!("WITH counted AS ({count}) "), "number", " FROM counted"),
    };
    let sql = format!(
        "{counted}INSERT INTO submission_changes ({COLUMNS}) \
         SELECT $1, {number}, $2, $3, $4, $5{counter} WHERE true \
         ON CONFLICT (job_submission_id) DO UPDATE \
         SET number = excluded.number, client_id = excluded.client_id, \
         owner_email = excluded.owner_email, status = excluded.status RETURNING number"
    );
    let (number,) = db.fetch_one(&sql, arguments).await?;
    Ok(number)
}

async fn forget_deleted(db: &mut Session, shard: i32, before: i64) -> sqlx::Result<()> {
    let sql = "DELETE FROM submission_changes WHERE shard = $1 AND number < $2 AND status IS NULL";
    db.execute(sql, args![shard, before]).await.map(drop)
}

/// Forgets a submission that nobody is to hear of any more.
pub(crate) async fn forget(db: &mut Session, job_submission_id: i32) -> sqlx::Result<()> {
    let sql = "DELETE FROM submission_changes WHERE job_submission_id = $1";
    db.execute(sql, args![job_submission_id]).await.map(drop)
}

/// Where the log ends now.
pub(super) async fn end(db: &mut Session) -> sqlx::Result<Position> {
    let sql = "SELECT shard, number FROM submission_change_counters";
    let counters: Vec<Counter> = db.fetch_all(sql, args![]).await?;
    let mut end = Position::default();
    for Counter { shard, number } in counters {
        end.pass(usize::try_from(shard).unwrap_or(SHARDS), number);
    }
    Ok(end)
}

/// Some changes after a position; those of a shard in their order.
pub(super) async fn after(
    db: &mut Session,
    position: &Position,
    limit: usize,
) -> sqlx::Result<Vec<ChangeRow>> {
    let (condition, arguments) = is_after(position, Vec::new());
    let sql = format!(
        "SELECT {COLUMNS} FROM submission_changes WHERE {condition} \
         ORDER BY shard, number LIMIT {limit}"
    );
    db.fetch_all(&sql, arguments).await
}

/// To which of these statuses submissions of a cluster came after a position.
pub(super) async fn statuses_after(
    db: &mut Session,
    position: &Position,
    client_id: &str,
) -> sqlx::Result<Vec<String>> {
    let (condition, arguments) = is_after(position, vec![client_id.into()]);
    let sql = format!(
        "SELECT DISTINCT status FROM submission_changes \
         WHERE client_id = $1 AND status IS NOT NULL AND ({condition})"
    );
    let rows: Vec<Status> = db.fetch_all(&sql, arguments).await?;
    Ok(rows.into_iter().map(|row| row.status).collect())
}

fn is_after(position: &Position, before: Vec<Argument>) -> (String, Arguments) {
    let first = before.len() + 1;
    let of_shard = |shard: usize| format!("(shard = {shard} AND number > ${})", first + shard);
    let condition: Vec<_> = (0..SHARDS).map(of_shard).collect();
    let numbers = position.0.iter().map(|number| (*number).into());
    (condition.join(" OR "), Arguments(before.into_iter().chain(numbers).collect()))
}
