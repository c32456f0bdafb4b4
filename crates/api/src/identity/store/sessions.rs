//! `identity_sessions`

use chrono::{DateTime, Utc};
use sea_query::{Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{args, db::Session, query::Table};

const SESSIONS: Table = Table { name: "identity_sessions", key: &["hash"] };

/// A browser's session, as it is kept.
#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
pub(crate) struct SessionRow {
    pub(crate) hash: String,
    pub(crate) user_id: String,
    pub(crate) address: String,
    pub(crate) user_agent: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_seen_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

const COLUMNS: &str = "hash, user_id, address, user_agent, created_at, last_seen_at, expires_at";

/// Keeps a session.
pub(crate) async fn insert(db: &mut Session, row: &SessionRow) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_sessions (hash, user_id, address, user_agent, created_at, \
               last_seen_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let arguments = args![
        row.hash.as_str(),
        row.user_id.as_str(),
        row.address.as_str(),
        row.user_agent.as_str(),
        row.created_at,
        row.last_seen_at,
        row.expires_at,
    ];
    db.execute(sql, arguments).await.map(drop)
}

/// The session of this secret's hash, unless it is over; nobody ends it until the transaction does.
pub(crate) async fn find(
    db: &mut Session,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<SessionRow>> {
    let lock = db.lock_clause();
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_sessions WHERE hash = $1 AND expires_at > $2{lock}"
    );
    db.fetch_optional(&sql, args![hash, now]).await
}

/// The sessions of these hashes that are not over.
pub(crate) async fn with_hashes(
    db: &mut Session,
    hashes: Vec<String>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SessionRow>> {
    let condition = Expr::col("hash").is_in(hashes).and(Expr::col("expires_at").gt(now));
    SESSIONS.rows(db, condition).await
}

/// A person's sessions, the latest first.
pub(crate) async fn of_user(
    db: &mut Session,
    user_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SessionRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_sessions WHERE user_id = $1 AND expires_at > $2 \
         ORDER BY last_seen_at DESC, hash"
    );
    db.fetch_all(&sql, args![user_id, now]).await
}

/// Notes that a session is used.
pub(crate) async fn touch(
    db: &mut Session,
    hash: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_sessions SET last_seen_at = $2, expires_at = $3 WHERE hash = $1";
    db.execute(sql, args![hash, now, expires_at]).await.map(drop)
}

/// Gives a session the hash of another secret, and what was let in from it, too.
pub(crate) async fn rename(db: &mut Session, hash: &str, new: &str) -> sqlx::Result<()> {
    for sql in [
        "UPDATE identity_sessions SET hash = $2 WHERE hash = $1",
        "UPDATE identity_codes SET session = $2 WHERE session = $1",
        "UPDATE identity_families SET session = $2 WHERE session = $1",
    ] {
        db.execute(sql, args![hash, new]).await?;
    }
    Ok(())
}

/// Ends a session of a person; false if there is none.
pub(crate) async fn delete(db: &mut Session, user_id: &str, hash: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM identity_sessions WHERE user_id = $1 AND hash = $2";
    Ok(db.execute(sql, args![user_id, hash]).await? == 1)
}

/// Ends all sessions of a person.
pub(crate) async fn delete_all(db: &mut Session, user_id: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_sessions WHERE user_id = $1", args![user_id]).await.map(drop)
}
