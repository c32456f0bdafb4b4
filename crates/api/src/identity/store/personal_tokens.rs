//! `identity_personal_tokens`

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// A personal access token, as it is kept.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct PersonalTokenRow {
    pub(crate) id: String,
    pub(crate) hash: String,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) permissions: Json<Vec<String>>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

const COLUMNS: &str = "id, hash, user_id, name, permissions, created_at, expires_at, last_used_at";

/// Keeps a token.
pub(crate) async fn insert(db: &mut Session, row: &PersonalTokenRow) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_personal_tokens (id, hash, user_id, name, permissions, \
               created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let arguments = args![
        row.id.as_str(),
        row.hash.as_str(),
        row.user_id.as_str(),
        row.name.as_str(),
        serde_json::Value::from(row.permissions.0.clone()),
        row.created_at,
        row.expires_at,
    ];
    db.execute(sql, arguments).await.map(drop)
}

/// The token of this hash.
pub(crate) async fn find(db: &mut Session, hash: &str) -> sqlx::Result<Option<PersonalTokenRow>> {
    let sql = format!("SELECT {COLUMNS} FROM identity_personal_tokens WHERE hash = $1");
    db.fetch_optional(&sql, args![hash]).await
}

/// A person's tokens, the newest first.
pub(crate) async fn of_user(
    db: &mut Session,
    user_id: &str,
) -> sqlx::Result<Vec<PersonalTokenRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_personal_tokens WHERE user_id = $1 \
         ORDER BY created_at DESC, id"
    );
    db.fetch_all(&sql, args![user_id]).await
}

/// Notes that a token is used.
pub(crate) async fn touch(db: &mut Session, id: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_personal_tokens SET last_used_at = $2 WHERE id = $1";
    db.execute(sql, args![id, now]).await.map(drop)
}

/// Forgets a token of a person; false if there is none.
pub(crate) async fn delete(db: &mut Session, user_id: &str, id: &str) -> sqlx::Result<bool> {
    let sql = "DELETE FROM identity_personal_tokens WHERE user_id = $1 AND id = $2";
    Ok(db.execute(sql, args![user_id, id]).await? == 1)
}

/// Forgets all tokens of a person.
pub(crate) async fn delete_of_user(db: &mut Session, user_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM identity_personal_tokens WHERE user_id = $1";
    db.execute(sql, args![user_id]).await.map(drop)
}
