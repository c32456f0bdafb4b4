//! `web_sessions` and `web_sign_ins`

use chrono::{DateTime, Utc};
use sea_query::{Expr, ExprTrait};
use sqlx_macros::FromRow;
use struct_field_names_as_array::FieldNamesAsSlice;

use crate::{args, db::Session, query::Table};

const SESSIONS: Table = Table { name: "web_sessions", key: &["hash"] };

/// A browser in which somebody is signed in, as it is kept.
#[derive(Debug, Clone, FromRow, FieldNamesAsSlice)]
pub(super) struct SessionRow {
    pub(super) hash: String,
    pub(super) subject: String,
    pub(super) name: String,
    pub(super) tokens: String,
    pub(super) version: i32,
    pub(super) access_ends_at: DateTime<Utc>,
    pub(super) refresh_at: Option<DateTime<Utc>>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) last_seen_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

const COLUMNS: &str = "hash, subject, name, tokens, version, access_ends_at, refresh_at, created_at, \
                       last_seen_at, expires_at";

pub(super) async fn insert(db: &mut Session, row: &SessionRow) -> sqlx::Result<()> {
    let sql = format!(
        "INSERT INTO web_sessions ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
    );
    let arguments = args![
        row.hash.as_str(),
        row.subject.as_str(),
        row.name.as_str(),
        row.tokens.as_str(),
        row.version,
        row.access_ends_at,
        row.refresh_at,
        row.created_at,
        row.last_seen_at,
        row.expires_at,
    ];
    db.execute(&sql, arguments).await.map(drop)
}

/// The session of this cookie's hash, unless it is over.
pub(super) async fn find(
    db: &mut Session,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<SessionRow>> {
    let sql = format!("SELECT {COLUMNS} FROM web_sessions WHERE hash = $1 AND expires_at > $2");
    db.fetch_optional(&sql, args![hash, now]).await
}

/// The sessions of these hashes that are not over.
pub(super) async fn with_hashes(
    db: &mut Session,
    hashes: Vec<String>,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<SessionRow>> {
    let condition = Expr::col("hash").is_in(hashes).and(Expr::col("expires_at").gt(now));
    SESSIONS.rows(db, condition).await
}

/// Notes that a session is used.
pub(super) async fn touch(
    db: &mut Session,
    hash: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE web_sessions SET last_seen_at = $2, expires_at = $3 WHERE hash = $1";
    db.execute(sql, args![hash, now, expires_at]).await.map(drop)
}

/// Takes it upon this server to refresh a session's tokens; whether nobody else is at it.
pub(super) async fn claim_refresh(
    db: &mut Session,
    row: &SessionRow,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE web_sessions SET refreshing_until = $4 WHERE hash = $1 AND version = $2 \
               AND (refreshing_until IS NULL OR refreshing_until <= $3)";
    Ok(db.execute(sql, args![row.hash.as_str(), row.version, now, until]).await? == 1)
}

/// Keeps what a refresh gave, of a session whose tokens were of this version; whether it is still
/// there.
pub(super) async fn refreshed(
    db: &mut Session,
    row: &SessionRow,
    version: i32,
) -> sqlx::Result<bool> {
    let sql = "UPDATE web_sessions SET tokens = $3, version = $2 + 1, access_ends_at = $4, \
               refresh_at = $5, refreshing_until = NULL WHERE hash = $1 AND version = $2";
    let (hash, tokens) = (row.hash.as_str(), row.tokens.as_str());
    let arguments = args![hash, version, tokens, row.access_ends_at, row.refresh_at];
    Ok(db.execute(sql, arguments).await? == 1)
}

/// Has tokens of this version be refreshed from then on, by whoever comes first.
pub(super) async fn refresh_from(
    db: &mut Session,
    row: &SessionRow,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE web_sessions SET refresh_at = $3, refreshing_until = NULL \
               WHERE hash = $1 AND version = $2";
    db.execute(sql, args![row.hash.as_str(), row.version, at]).await.map(drop)
}

pub(super) async fn delete(db: &mut Session, hash: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM web_sessions WHERE hash = $1", args![hash]).await.map(drop)
}

/// Notes that a sign-in came back; false if it did before.
pub(super) async fn use_state(
    db: &mut Session,
    hash: &str,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "INSERT INTO web_sign_ins (hash, expires_at) VALUES ($1, $2) \
               ON CONFLICT (hash) DO NOTHING";
    Ok(db.execute(sql, args![hash, expires_at]).await? == 1)
}

/// Removes what is over; how many rows.
pub(super) async fn purge(db: &mut Session, now: DateTime<Utc>) -> sqlx::Result<u64> {
    let mut removed = 0;
    for sql in [
        "DELETE FROM web_sessions WHERE expires_at <= $1",
        "DELETE FROM web_sign_ins WHERE expires_at <= $1",
    ] {
        removed += db.execute(sql, args![now]).await?;
    }
    Ok(removed)
}
