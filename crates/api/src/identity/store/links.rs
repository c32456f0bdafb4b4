//! `identity_links`

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// A link, as it is kept.
#[derive(Debug, FromRow)]
pub(crate) struct LinkRow {
    pub(crate) hash: String,
    pub(crate) user_id: Option<String>,
    pub(crate) purpose: String,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Keeps a link.
pub(crate) async fn insert(
    db: &mut Session,
    row: &LinkRow,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_links (hash, user_id, purpose, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5)";
    let arguments =
        args![row.hash.as_str(), row.user_id.clone(), row.purpose.as_str(), now, row.expires_at,];
    db.execute(sql, arguments).await.map(drop)
}

/// The link of this hash, unless it has expired; nobody else uses it until the transaction ends.
pub(crate) async fn find(
    db: &mut Session,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<LinkRow>> {
    let lock = db.lock_clause();
    let sql = format!(
        "SELECT hash, user_id, purpose, expires_at FROM identity_links \
         WHERE hash = $1 AND expires_at > $2{lock}"
    );
    db.fetch_optional(&sql, args![hash, now]).await
}

/// Forgets a link; whether it was there.
pub(crate) async fn delete(db: &mut Session, hash: &str) -> sqlx::Result<bool> {
    let deleted = db.execute("DELETE FROM identity_links WHERE hash = $1", args![hash]).await?;
    Ok(deleted > 0)
}

/// Forgets all links for a person; how many there were.
pub(crate) async fn delete_of_user(db: &mut Session, user_id: &str) -> sqlx::Result<u64> {
    db.execute("DELETE FROM identity_links WHERE user_id = $1", args![user_id]).await
}

/// Forgets all links for this purpose.
pub(crate) async fn delete_for(db: &mut Session, purpose: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_links WHERE purpose = $1", args![purpose]).await.map(drop)
}
