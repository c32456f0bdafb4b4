//! The table of claims.

use chrono::{DateTime, Utc};

use crate::{
    args,
    db::{Session, arguments::Arguments, placeholders},
};

/// Lets a claimant have all these keys, or fails to: then the transaction is to be undone.
pub(super) async fn take(
    db: &mut Session,
    (keys, claimant): (&[String], &str),
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO file_claims (storage_key, claimant, expires_at) VALUES ($1, $2, $3) \
               ON CONFLICT (storage_key) DO UPDATE SET claimant = excluded.claimant, \
               expires_at = excluded.expires_at WHERE file_claims.expires_at < $4";
    for key in keys {
        let arguments = args![key.as_str(), claimant, expires_at, now];
        if db.execute(sql, arguments).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether one of these keys is somebody's.
pub(super) async fn is_taken(
    db: &mut Session,
    keys: &[String],
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let places = placeholders(keys.len());
    let at = keys.len() + 1;
    let sql = format!(
        "SELECT storage_key FROM file_claims WHERE storage_key IN ({places}) \
         AND expires_at >= ${at} LIMIT 1"
    );
    let mut arguments: Vec<_> = keys.iter().map(|key| key.as_str().into()).collect();
    arguments.push(now.into());
    Ok(db.fetch_optional::<(String,)>(&sql, Arguments(arguments)).await?.is_some())
}

/// How many keys a claimant has beyond an instant.
pub(super) async fn count(
    db: &mut Session,
    claimant: &str,
    at: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM file_claims WHERE claimant = $1 AND expires_at > $2";
    let (keys,): (i64,) = db.fetch_one(sql, args![claimant, at]).await?;
    Ok(keys)
}

/// Lets a claim last until another instant; how many keys are still its claimant's.
pub(super) async fn extend(
    db: &mut Session,
    claimant: &str,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let sql = "UPDATE file_claims SET expires_at = $2 WHERE claimant = $1";
    db.execute(sql, args![claimant, expires_at]).await
}

/// Ends a claim; how many keys were still its claimant's.
pub(super) async fn end(db: &mut Session, claimant: &str) -> sqlx::Result<u64> {
    db.execute("DELETE FROM file_claims WHERE claimant = $1", args![claimant]).await
}

/// Forgets what was claimed by those who never ended it.
pub(super) async fn delete_expired(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    db.execute("DELETE FROM file_claims WHERE expires_at < $1", args![now]).await.map(drop)
}
