//! The columns that say who has claimed a submission, and the tables of leases and numbers.
//!
//! What is claimed changes only under the lock of the cluster's row in `cluster_claims`.

use chrono::{DateTime, Utc};
use jobbergate_types::{SlurmJobState, job_submissions::JobSubmissionStatus};
use sea_query::{Condition, Expr, ExprTrait};
use sqlx_macros::FromRow;

use crate::{
    args,
    db::{Session, arguments::Arguments, placeholders},
};

/// That no agent's lease holds submission `s` at the instant `$1`.
const NOT_HELD: &str = "(s.claim IS NULL OR NOT EXISTS (SELECT 1 FROM cluster_leases AS l \
                        WHERE l.client_id = s.client_id AND l.instance = s.claimant \
                        AND l.ends_at > $1))";

/// That submission `s` waits for an agent.
const WAITS: &str = "s.status = 'CREATED' AND s.job_script_id IS NOT NULL";

/// That the job of submission `s` is followed by an agent.
fn is_active() -> String {
    let ends = SlurmJobState::ALL.iter().filter(|state| state.is_terminal());
    let ends: Vec<_> = ends.map(|state| format!("'{state}'")).collect();
    format!(
        "(s.status = 'SUBMITTED' OR (s.status = 'CANCELLED' AND s.slurm_job_id IS NOT NULL \
         AND coalesce(s.slurm_job_state, '') NOT IN ({})))",
        ends.join(", ")
    )
}

/// That an agent has claimed a submission.
pub(crate) fn claimed_by(instance: &str) -> Condition {
    Condition::all().add(Expr::col("claim").is_not_null()).add(Expr::col("claimant").eq(instance))
}

/// That no agent has claimed a submission.
pub(crate) fn unclaimed() -> Condition {
    Condition::all().add(Expr::col("claim").is_null())
}

/// That none of these agents has claimed a submission.
pub(crate) fn claimed_by_none_of(leases: &[Lease]) -> Condition {
    let instances = leases.iter().map(|lease| lease.instance.as_str());
    Condition::any()
        .add(Expr::col("claim").is_null())
        .add(Expr::col("claimant").is_not_in(instances))
}

/// Takes the lock of a cluster's claims and a number that is larger than all before.
pub(super) async fn next_number(db: &mut Session, client_id: &str) -> sqlx::Result<i64> {
    let sql = "INSERT INTO cluster_claims (client_id, last_claim) VALUES ($1, 1) \
               ON CONFLICT (client_id) DO UPDATE SET last_claim = cluster_claims.last_claim + 1 \
               RETURNING last_claim";
    let (number,): (i64,) = db.fetch_one(sql, args![client_id]).await?;
    Ok(number)
}

#[derive(Debug, FromRow)]
pub(crate) struct Lease {
    pub(crate) client_id: String,
    pub(crate) instance: String,
    pub(crate) ends_at: DateTime<Utc>,
}

/// The leases of a cluster that hold.
pub(crate) async fn leases(
    db: &mut Session,
    client_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Lease>> {
    let sql = "SELECT client_id, instance, ends_at FROM cluster_leases \
               WHERE client_id = $1 AND ends_at > $2 ORDER BY instance";
    db.fetch_all(sql, args![client_id, now]).await
}

/// The leases of all clusters that hold.
pub(super) async fn all_leases(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<Vec<Lease>> {
    let sql = "SELECT client_id, instance, ends_at FROM cluster_leases WHERE ends_at > $1 \
               ORDER BY client_id, instance";
    db.fetch_all(sql, args![now]).await
}

/// Lets a lease hold until an instant.
pub(super) async fn set_lease(
    db: &mut Session,
    client_id: &str,
    instance: &str,
    ends_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO cluster_leases (client_id, instance, ends_at) VALUES ($1, $2, $3) \
               ON CONFLICT (client_id, instance) DO UPDATE SET ends_at = excluded.ends_at";
    db.execute(sql, args![client_id, instance, ends_at]).await.map(drop)
}

pub(super) async fn end_lease(
    db: &mut Session,
    client_id: &str,
    instance: &str,
) -> sqlx::Result<()> {
    let sql = "DELETE FROM cluster_leases WHERE client_id = $1 AND instance = $2";
    db.execute(sql, args![client_id, instance]).await.map(drop)
}

/// Forgets leases that are over: a lease that is over and none are the same.
pub(super) async fn forget_leases(
    db: &mut Session,
    client_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "DELETE FROM cluster_leases WHERE client_id = $1 AND ends_at <= $2";
    db.execute(sql, args![client_id, now]).await.map(drop)
}

/// Who claims, under which number, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) client_id: &'a str,
    pub(super) instance: &'a str,
    pub(super) number: i64,
    pub(super) now: DateTime<Utc>,
}

/// Claims what waits and no agent that polls without claiming was offered since an instant; how
/// many.
pub(super) async fn claim_waiting(
    db: &mut Session,
    claim: Claim<'_>,
    offered_before: DateTime<Utc>,
    limit: i64,
) -> sqlx::Result<u64> {
    let which = format!("{WAITS} AND (s.offered_at IS NULL OR s.offered_at <= $5)");
    take(db, claim, &which, &format!(" LIMIT {limit}"), Some(offered_before)).await
}

/// Claims what is active and no agent's lease holds; how many.
pub(super) async fn claim_active(db: &mut Session, claim: Claim<'_>) -> sqlx::Result<u64> {
    take(db, claim, &is_active(), "", None).await
}

/// Rows that somebody changes just now are left for the next time: waiting for them while others
/// are locked is what deadlocks are made of.
async fn take(
    db: &mut Session,
    Claim { client_id, instance, number, now }: Claim<'_>,
    which: &str,
    limit: &str,
    offered_before: Option<DateTime<Utc>>,
) -> sqlx::Result<u64> {
    let skip = if db.is_sqlite() { "" } else { " FOR UPDATE OF s SKIP LOCKED" };
    let sql = format!(
        "WITH free AS MATERIALIZED (SELECT s.id FROM job_submissions AS s \
         WHERE s.client_id = $2 AND {which} AND (s.claim IS NULL OR s.claimant <> $3) \
         AND {NOT_HELD} ORDER BY s.id{limit}{skip}) \
         UPDATE job_submissions SET claim = $4, claimant = $3, \
         inherited = (coalesce(inherited, false) OR offered_at IS NOT NULL \
         OR coalesce(claimant <> $3, false)) \
         WHERE id IN (SELECT id FROM free)"
    );
    let mut arguments = args![now, client_id, instance, number];
    arguments.0.extend(offered_before.map(Into::into));
    db.execute(&sql, arguments).await
}

/// A submission that is free again.
#[derive(Debug, FromRow)]
pub(super) struct Freed {
    pub(super) id: i32,
    pub(super) owner_email: String,
    status: String,
}

impl Freed {
    pub(super) fn waits(&self) -> bool {
        self.status == JobSubmissionStatus::Created.as_str()
    }
}

/// Ends all claims of an agent.
pub(super) async fn free_claims_of(
    db: &mut Session,
    client_id: &str,
    instance: &str,
) -> sqlx::Result<Vec<Freed>> {
    free(db, "s.client_id = $1 AND s.claimant = $2", args![client_id, instance]).await
}

/// Ends all claims of a cluster that no lease holds.
pub(super) async fn free_abandoned(
    db: &mut Session,
    client_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Freed>> {
    free(db, &format!("s.client_id = $2 AND {NOT_HELD}"), args![now, client_id]).await
}

async fn free(db: &mut Session, which: &str, arguments: Arguments) -> sqlx::Result<Vec<Freed>> {
    let (active, lock) = (is_active(), db.lock_clause());
    let sql = format!(
        "WITH claimed AS MATERIALIZED (SELECT s.id FROM job_submissions AS s WHERE {which} \
         AND s.claim IS NOT NULL AND (({WAITS}) OR {active}) ORDER BY s.id{lock}) \
         UPDATE job_submissions SET claim = NULL WHERE id IN (SELECT id FROM claimed) \
         RETURNING id, owner_email, status"
    );
    db.fetch_all(&sql, arguments).await
}

/// Notes that these are offered to an agent that claims nothing; gives those that no agent has
/// claimed meanwhile.
pub(super) async fn offer(
    db: &mut Session,
    ids: &[i32],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<i32>> {
    let (places, at, lock) = (placeholders(ids.len()), ids.len() + 1, db.lock_clause());
    let sql = format!(
        "WITH free AS MATERIALIZED (SELECT s.id FROM job_submissions AS s \
         WHERE s.id IN ({places}) AND s.claim IS NULL ORDER BY s.id{lock}) \
         UPDATE job_submissions SET offered_at = ${at} WHERE id IN (SELECT id FROM free) \
         RETURNING id"
    );
    let ids = ids.iter().map(|id| (*id).into());
    let rows: Vec<(i32,)> =
        db.fetch_all(&sql, Arguments(ids.chain([now.into()]).collect())).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// What an agent of a cluster has claimed.
#[derive(Debug, FromRow)]
pub(super) struct Holding {
    pub(super) client_id: String,
    pub(super) claimant: String,
    pub(super) waiting: i64,
    pub(super) active: i64,
    pub(super) withdrawn: i64,
}

/// What all agents have claimed.
pub(super) async fn holdings(db: &mut Session) -> sqlx::Result<Vec<Holding>> {
    let active = is_active();
    let sql = format!(
        "SELECT client_id, claimant, sum(waiting) AS waiting, sum(active) AS active, \
         sum(withdrawn) AS withdrawn FROM (SELECT s.client_id, s.claimant, \
         CASE WHEN s.status = 'CREATED' THEN 1 ELSE 0 END AS waiting, \
         CASE WHEN s.status = 'CREATED' THEN 0 ELSE 1 END AS active, 0 AS withdrawn \
         FROM job_submissions AS s WHERE s.claim IS NOT NULL AND (({WAITS}) OR {active}) \
         UNION ALL SELECT client_id, claimant, 0, 0, 1 FROM withdrawn_submissions) AS held \
         GROUP BY client_id, claimant ORDER BY client_id, claimant"
    );
    db.fetch_all(&sql, args![]).await
}

#[derive(FromRow)]
struct Waiting {
    client_id: String,
    since: DateTime<Utc>,
}

/// Since when something that no agent's lease holds waits for the agents of each cluster.
pub(crate) async fn oldest_waiting(
    db: &mut Session,
    now: DateTime<Utc>,
) -> sqlx::Result<std::collections::HashMap<String, DateTime<Utc>>> {
    let sql = format!(
        "SELECT s.client_id, min(s.created_at) AS since FROM job_submissions AS s \
         WHERE {WAITS} AND {NOT_HELD} GROUP BY s.client_id"
    );
    let rows: Vec<Waiting> = db.fetch_all(&sql, args![now]).await?;
    Ok(rows.into_iter().map(|row| (row.client_id, row.since)).collect())
}
