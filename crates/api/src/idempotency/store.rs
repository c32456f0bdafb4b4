//! The table of keys.

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use super::attempt::KeyedRequest;
use crate::{args, db::Session};

/// How many rows are deleted in one transaction.
pub(super) const BATCH: u64 = 500;

/// What is known of a key.
#[derive(Debug, FromRow)]
pub(super) struct Known {
    pub(super) fingerprint: String,
    /// How long the answer is, if there is one.
    pub(super) length: Option<i64>,
}

#[derive(Debug, FromRow)]
pub(super) struct Answer {
    pub(super) status: i32,
    pub(super) answer: String,
}

/// Takes a key that nobody has: a new one, one whose day is over, or one whose claim ended without
/// an answer; whether it did.
pub(super) async fn claim(
    db: &mut Session,
    request: &KeyedRequest,
    claim: &str,
    now: DateTime<Utc>,
    (claimed_until, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO idempotency_keys (caller, route, idempotency_key, fingerprint, claim, \
               claimed_until, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7) \
               ON CONFLICT (caller, route, idempotency_key) DO UPDATE SET \
               fingerprint = excluded.fingerprint, claim = excluded.claim, \
               claimed_until = excluded.claimed_until, expires_at = excluded.expires_at, \
               status = NULL, answer = NULL \
               WHERE idempotency_keys.expires_at <= $8 \
               OR (idempotency_keys.status IS NULL AND idempotency_keys.claimed_until <= $8)";
    let KeyedRequest { caller, route, key, fingerprint } = request;
    let (caller, key) = (caller.as_str(), key.as_str());
    let arguments =
        args![caller, *route, key, fingerprint.as_str(), claim, claimed_until, expires_at, now];
    Ok(db.execute(sql, arguments).await? > 0)
}

pub(super) async fn find(db: &mut Session, request: &KeyedRequest) -> sqlx::Result<Option<Known>> {
    let sql = "SELECT fingerprint, CAST(length(answer) AS bigint) AS length FROM idempotency_keys \
               WHERE caller = $1 AND route = $2 AND idempotency_key = $3";
    db.fetch_optional(sql, args![&*request.caller, request.route, &*request.key]).await
}

pub(super) async fn answer(
    db: &mut Session,
    request: &KeyedRequest,
) -> sqlx::Result<Option<Answer>> {
    let sql = "SELECT status, answer FROM idempotency_keys \
               WHERE caller = $1 AND route = $2 AND idempotency_key = $3 AND status IS NOT NULL";
    db.fetch_optional(sql, args![&*request.caller, request.route, &*request.key]).await
}

/// Keeps a key for longer, if its claim is still this one.
pub(super) async fn renew(
    db: &mut Session,
    request: &KeyedRequest,
    claim: &str,
    claimed_until: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE idempotency_keys SET claimed_until = $5 WHERE caller = $1 \
               AND route = $2 AND idempotency_key = $3 AND claim = $4 AND status IS NULL";
    let (caller, key) = (&*request.caller, &*request.key);
    db.execute(sql, args![caller, request.route, key, claim, claimed_until]).await.map(drop)
}

/// Keeps the answer, unless the key was claimed by another meanwhile; whether it did.
pub(super) async fn keep(
    db: &mut Session,
    request: &KeyedRequest,
    claim: &str,
    (status, answer): (u16, String),
) -> sqlx::Result<bool> {
    let sql = "UPDATE idempotency_keys SET status = $5, answer = $6 WHERE caller = $1 \
               AND route = $2 AND idempotency_key = $3 AND claim = $4 AND status IS NULL";
    let (caller, key) = (&*request.caller, &*request.key);
    let arguments = args![caller, request.route, key, claim, i32::from(status), answer];
    Ok(db.execute(sql, arguments).await? > 0)
}

/// Forgets a key without an answer.
pub(super) async fn free(
    db: &mut Session,
    request: &KeyedRequest,
    claim: &str,
) -> sqlx::Result<()> {
    let sql = "DELETE FROM idempotency_keys WHERE caller = $1 AND route = $2 \
               AND idempotency_key = $3 AND claim = $4 AND status IS NULL";
    let arguments = args![&*request.caller, request.route, &*request.key, claim];
    db.execute(sql, arguments).await.map(drop)
}

pub(super) async fn count_expired(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let sql = "SELECT count(*) FROM idempotency_keys WHERE expires_at <= $1";
    let (count,): (i64,) = db.fetch_one(sql, args![now]).await?;
    Ok(count.unsigned_abs())
}

/// Forgets some keys, of a caller or of all, whose day is over; how many. Those that somebody has to
/// do with just now are left for the next time.
pub(super) async fn forget(
    db: &mut Session,
    caller: Option<&str>,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let skip = if db.is_sqlite() { "" } else { " FOR UPDATE SKIP LOCKED" };
    let whose = if caller.is_some() { " AND caller = $2" } else { "" };
    let sql = format!(
        "DELETE FROM idempotency_keys WHERE (caller, route, idempotency_key) IN \
         (SELECT caller, route, idempotency_key FROM idempotency_keys WHERE expires_at <= $1{whose} \
         LIMIT {BATCH}{skip})"
    );
    let arguments = match caller {
        Some(caller) => args![now, caller],
        None => args![now],
    };
    db.execute(&sql, arguments).await
}
