//! The table of claims.

use chrono::{DateTime, Utc};

use super::Claim;
use crate::{
    args,
    db::{Session, arguments::Arguments, placeholders},
};

/// Takes all keys of a claim, or fails to: then the transaction is to be undone.
pub(super) async fn take(
    db: &mut Session,
    claim: &Claim,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO file_claims (storage_key, claimant, expires_at) VALUES ($1, $2, $3) \
               ON CONFLICT (storage_key) DO UPDATE SET claimant = excluded.claimant, \
               expires_at = excluded.expires_at WHERE file_claims.expires_at < $4";
    for key in claim.keys() {
        let arguments = args![key.as_str(), claim.claimant(), expires_at, now];
        if db.execute(sql, arguments).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether one of a claim's keys is somebody else's.
pub(super) async fn is_taken(
    db: &mut Session,
    claim: &Claim,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let places = placeholders(claim.keys().len());
    let at = claim.keys().len() + 1;
    let sql = format!(
        "SELECT storage_key FROM file_claims WHERE storage_key IN ({places}) \
         AND expires_at >= ${at} LIMIT 1"
    );
    let mut arguments: Vec<_> = claim.keys().iter().map(|key| key.as_str().into()).collect();
    arguments.push(now.into());
    Ok(db.fetch_optional::<(String,)>(&sql, Arguments(arguments)).await?.is_some())
}

/// Lets a claim last until another instant; false if some of it is not its claimant's any more.
pub(super) async fn extend(
    db: &mut Session,
    claim: &Claim,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE file_claims SET expires_at = $2 WHERE claimant = $1";
    let extended = db.execute(sql, args![claim.claimant(), expires_at]).await?;
    Ok(extended == claim.keys().len() as u64)
}

/// Ends a claim; false if some of it was not its claimant's any more.
pub(super) async fn end(db: &mut Session, claim: &Claim) -> sqlx::Result<bool> {
    let sql = "DELETE FROM file_claims WHERE claimant = $1";
    Ok(db.execute(sql, args![claim.claimant()]).await? == claim.keys().len() as u64)
}

/// Forgets what was claimed by those who never ended it.
pub(super) async fn delete_expired(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<()> {
    db.execute("DELETE FROM file_claims WHERE expires_at < $1", args![now]).await.map(drop)
}
