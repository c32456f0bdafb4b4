//! The table of submissions that nobody wants any more and that may have a job.

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use super::super::store::Claim;
use crate::{
    args,
    db::{Session, arguments::Arguments},
};

/// How many rows are forgotten in one transaction.
pub(super) const BATCH: u64 = 500;

#[derive(Debug, FromRow)]
pub(super) struct WithdrawnRow {
    pub(super) job_submission_id: i32,
    pub(super) owner_email: String,
    pub(super) job_script_id: i32,
    pub(super) job_script_created_at: DateTime<Utc>,
    pub(super) claim: i64,
    pub(super) inherited: bool,
}

/// Notes that a submission is about to be cancelled or deleted, if an agent may have begun it.
pub(crate) async fn note(db: &mut Session, id: i32, now: DateTime<Utc>) -> sqlx::Result<()> {
    note_all(db, "s.id = $2", args![now, id]).await
}

/// The same of all that wait to run a script.
pub(crate) async fn note_of_script(
    db: &mut Session,
    job_script_id: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    note_all(db, "s.job_script_id = $2", args![now, job_script_id]).await
}

async fn note_all(db: &mut Session, which: &str, arguments: Arguments) -> sqlx::Result<()> {
    let sql = format!(
        "INSERT INTO withdrawn_submissions (job_submission_id, client_id, owner_email, \
         job_script_id, job_script_created_at, claim, claimant, inherited, withdrawn_at) \
         SELECT s.id, s.client_id, s.owner_email, j.id, j.created_at, coalesce(s.claim, 0), \
         s.claimant, coalesce(s.inherited, false), $1 \
         FROM job_submissions AS s JOIN job_scripts AS j ON j.id = s.job_script_id \
         WHERE {which} AND s.status = 'CREATED' AND s.claimant IS NOT NULL \
         ON CONFLICT (job_submission_id) DO UPDATE SET claim = excluded.claim, \
         claimant = excluded.claimant, withdrawn_at = excluded.withdrawn_at, \
         inherited = (withdrawn_submissions.inherited OR excluded.inherited \
         OR withdrawn_submissions.claimant <> excluded.claimant)"
    );
    db.execute(&sql, arguments).await.map(drop)
}

/// Whether there are any in a cluster.
pub(super) async fn are_there(db: &mut Session, client_id: &str) -> sqlx::Result<bool> {
    let sql = "SELECT count(*) FROM withdrawn_submissions WHERE client_id = $1";
    let (all,): (i64,) = db.fetch_one(sql, args![client_id]).await?;
    Ok(all > 0)
}

/// Claims those of a cluster that no agent's lease holds.
pub(super) async fn take(db: &mut Session, claim: Claim<'_>) -> sqlx::Result<()> {
    let Claim { client_id, instance, number, now } = claim;
    let sql = "UPDATE withdrawn_submissions SET claim = $3, claimant = $2, inherited = true \
               WHERE client_id = $1 AND claimant <> $2 AND NOT EXISTS (\
               SELECT 1 FROM cluster_leases AS l WHERE l.client_id = $1 \
               AND l.instance = withdrawn_submissions.claimant AND l.ends_at > $4)";
    db.execute(sql, args![client_id, instance, number, now]).await.map(drop)
}

/// How many an agent has claimed.
pub(super) async fn count(db: &mut Session, client_id: &str, instance: &str) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM withdrawn_submissions WHERE client_id = $1 AND claimant = $2";
    let (own,): (i64,) = db.fetch_one(sql, args![client_id, instance]).await?;
    Ok(own)
}

/// Those that an agent has claimed, the oldest first, a hundred at most.
pub(super) async fn list(
    db: &mut Session,
    client_id: &str,
    instance: &str,
) -> sqlx::Result<Vec<WithdrawnRow>> {
    let sql = "SELECT job_submission_id, owner_email, job_script_id, job_script_created_at, claim, \
               inherited FROM withdrawn_submissions WHERE client_id = $1 AND claimant = $2 \
               ORDER BY job_submission_id LIMIT 100";
    db.fetch_all(sql, args![client_id, instance]).await
}

/// Forgets one under this claim; whether there was one.
pub(super) async fn settle(
    db: &mut Session,
    client_id: &str,
    id: i64,
    claim: i64,
) -> sqlx::Result<bool> {
    let sql = "DELETE FROM withdrawn_submissions \
               WHERE job_submission_id = $1 AND client_id = $2 AND claim = $3";
    Ok(db.execute(sql, args![id, client_id, claim]).await? > 0)
}

/// Forgets one whose job is known.
pub(crate) async fn forget(db: &mut Session, id: i32) -> sqlx::Result<()> {
    let sql = "DELETE FROM withdrawn_submissions WHERE job_submission_id = $1";
    db.execute(sql, args![id]).await.map(drop)
}

/// How many were withdrawn before an instant.
pub(super) async fn count_old(db: &mut Session, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "SELECT count(*) FROM withdrawn_submissions WHERE withdrawn_at < $1";
    let (count,): (i64,) = db.fetch_one(sql, args![before]).await?;
    Ok(count.unsigned_abs())
}

/// Forgets some, of a cluster or of all, that were withdrawn before an instant; how many. Those that
/// somebody has to do with just now are left for the next time.
pub(super) async fn forget_old(
    db: &mut Session,
    client_id: Option<&str>,
    before: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let skip = if db.is_sqlite() { "" } else { " FOR UPDATE SKIP LOCKED" };
    let whose = if client_id.is_some() { " AND client_id = $2" } else { "" };
    let sql = format!(
        "DELETE FROM withdrawn_submissions WHERE job_submission_id IN \
         (SELECT job_submission_id FROM withdrawn_submissions WHERE withdrawn_at < $1{whose} \
         LIMIT {BATCH}{skip})"
    );
    let arguments = match client_id {
        Some(client_id) => args![before, client_id],
        None => args![before],
    };
    db.execute(&sql, arguments).await
}
