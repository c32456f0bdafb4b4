//! `identity_families` and their refresh tokens.

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// A family of tokens, as it is kept.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct FamilyRow {
    pub(crate) id: String,
    pub(crate) user_id: String,
    pub(crate) client_id: String,
    pub(crate) session: Option<String>,
    pub(crate) scope: String,
    pub(crate) user_agent: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) last_used_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

/// A refresh token, as it is kept.
#[derive(Debug, FromRow)]
pub(crate) struct RefreshTokenRow {
    pub(crate) family: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, user_id, client_id, session, scope, user_agent, created_at, \
                       last_used_at, expires_at, revoked_at";

/// Keeps a family.
pub(crate) async fn insert(db: &mut Session, row: &FamilyRow) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_families (id, user_id, client_id, session, scope, user_agent, \
               created_at, last_used_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)";
    let arguments = args![
        row.id.as_str(),
        row.user_id.as_str(),
        row.client_id.as_str(),
        row.session.clone(),
        row.scope.as_str(),
        row.user_agent.as_str(),
        row.created_at,
        row.expires_at,
    ];
    db.execute(sql, arguments).await.map(drop)
}

/// The family of this id; nobody else changes it until the transaction ends.
pub(crate) async fn find(db: &mut Session, id: &str) -> sqlx::Result<Option<FamilyRow>> {
    let lock = db.lock_clause();
    let sql = format!("SELECT {COLUMNS} FROM identity_families WHERE id = $1{lock}");
    db.fetch_optional(&sql, args![id]).await
}

/// What a person lets programs do, the latest used first.
pub(crate) async fn of_user(
    db: &mut Session,
    user_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<FamilyRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_families WHERE user_id = $1 AND revoked_at IS NULL \
         AND expires_at > $2 ORDER BY last_used_at DESC, id"
    );
    db.fetch_all(&sql, args![user_id, now]).await
}

/// Notes that a family is used.
pub(crate) async fn touch(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_families SET last_used_at = $2 WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// Revokes a family; false if there is none that is good.
pub(crate) async fn revoke(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<bool> {
    Ok(revoke_where(db, "id", id, now).await? == 1)
}

/// Revokes all families of a person.
pub(crate) async fn revoke_of_user(
    db: &mut Session,
    user_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    revoke_where(db, "user_id", user_id, now).await.map(drop)
}

/// Revokes all families that a session was for.
pub(crate) async fn revoke_of_session(
    db: &mut Session,
    session: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    revoke_where(db, "session", session, now).await.map(drop)
}

/// Revokes all families of a client.
pub(crate) async fn revoke_of_client(
    db: &mut Session,
    client_id: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    revoke_where(db, "client_id", client_id, now).await.map(drop)
}

/// How many were good.
async fn revoke_where(
    db: &mut Session,
    column: &'static str,
    value: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<u64> {
    let sql = format!(
        "UPDATE identity_families SET revoked_at = $2 WHERE {column} = $1 AND revoked_at IS NULL"
    );
    db.execute(&sql, args![value, now]).await
}

/// Revokes all families of a person but those that a session was for.
pub(crate) async fn revoke_of_others(
    db: &mut Session,
    user_id: &str,
    session: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_families SET revoked_at = $3 WHERE user_id = $1 \
               AND (session IS NULL OR session <> $2) AND revoked_at IS NULL";
    db.execute(sql, args![user_id, session, now]).await.map(drop)
}

/// The families that were revoked since this instant.
pub(crate) async fn revoked_since(
    db: &mut Session,
    since: DateTime<Utc>,
) -> sqlx::Result<Vec<String>> {
    let sql = "SELECT id FROM identity_families WHERE revoked_at > $1";
    let rows: Vec<(String,)> = db.fetch_all(sql, args![since]).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Keeps a refresh token, and which one it was given for.
pub(crate) async fn insert_refresh_token(
    db: &mut Session,
    hash: &str,
    predecessor: Option<&str>,
    family: &str,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_refresh_tokens (hash, family, created_at, expires_at, \
               predecessor) VALUES ($1, $2, $3, $4, $5)";
    let predecessor = predecessor.map(str::to_owned);
    db.execute(sql, args![hash, family, now, expires_at, predecessor]).await.map(drop)
}

/// How many tokens were given for a refresh token, and how many of these were used.
pub(crate) async fn successors(
    db: &mut Session,
    family: &str,
    hash: &str,
) -> sqlx::Result<(i64, i64)> {
    let sql = "SELECT count(*), count(used_at) FROM identity_refresh_tokens \
               WHERE family = $1 AND predecessor = $2";
    db.fetch_one(sql, args![family, hash]).await
}

/// The refresh token of this hash; nobody else uses it until the transaction ends.
pub(crate) async fn refresh_token(
    db: &mut Session,
    hash: &str,
) -> sqlx::Result<Option<RefreshTokenRow>> {
    let lock = db.lock_clause();
    let sql = format!(
        "SELECT family, expires_at, used_at FROM identity_refresh_tokens WHERE hash = $1{lock}"
    );
    db.fetch_optional(&sql, args![hash]).await
}

/// Whose refresh token it is.
pub(crate) async fn holder(db: &mut Session, hash: &str) -> sqlx::Result<Option<String>> {
    let sql = "SELECT f.user_id FROM identity_refresh_tokens t \
               JOIN identity_families f ON f.id = t.family WHERE t.hash = $1";
    let row: Option<(String,)> = db.fetch_optional(sql, args![hash]).await?;
    Ok(row.map(|(user_id,)| user_id))
}

/// Notes that a refresh token was used.
pub(crate) async fn use_refresh_token(
    db: &mut Session,
    hash: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_refresh_tokens SET used_at = $2 WHERE hash = $1";
    db.execute(sql, args![hash, now]).await.map(drop)
}
