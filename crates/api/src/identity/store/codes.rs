//! `identity_codes`: authorization codes.

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// An authorization code, as it is kept.
#[derive(Debug, FromRow)]
pub(crate) struct CodeRow {
    pub(crate) hash: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) session: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) authenticated_at: DateTime<Utc>,
    pub(crate) family: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
}

/// Keeps a code.
pub(crate) async fn insert(db: &mut Session, row: &CodeRow) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_codes (hash, client_id, user_id, session, redirect_uri, \
               scope, nonce, code_challenge, authenticated_at, family, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let arguments = args![
        row.hash.as_str(),
        row.client_id.as_str(),
        row.user_id.as_str(),
        row.session.as_str(),
        row.redirect_uri.as_str(),
        row.scope.as_str(),
        row.nonce.clone(),
        row.code_challenge.clone(),
        row.authenticated_at,
        row.family.as_str(),
        row.expires_at,
    ];
    db.execute(sql, arguments).await.map(drop)
}

/// The code of this hash; nobody else uses it until the transaction ends.
pub(crate) async fn find(db: &mut Session, hash: &str) -> sqlx::Result<Option<CodeRow>> {
    let lock = db.lock_clause();
    let sql = format!(
        "SELECT hash, client_id, user_id, session, redirect_uri, scope, nonce, code_challenge, \
         authenticated_at, family, expires_at, used_at FROM identity_codes WHERE hash = $1{lock}"
    );
    db.fetch_optional(&sql, args![hash]).await
}

/// Notes that a code was used.
pub(crate) async fn use_up(db: &mut Session, hash: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
    let sql = "UPDATE identity_codes SET used_at = $2 WHERE hash = $1";
    db.execute(sql, args![hash, now]).await.map(drop)
}

/// Forgets the codes that a session was for.
pub(crate) async fn delete_of_session(db: &mut Session, session: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_codes WHERE session = $1", args![session]).await.map(drop)
}

/// Forgets a client's codes.
pub(crate) async fn delete_of_client(db: &mut Session, client_id: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_codes WHERE client_id = $1", args![client_id]).await.map(drop)
}

/// Forgets a person's codes.
pub(crate) async fn delete_of_user(db: &mut Session, user_id: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_codes WHERE user_id = $1", args![user_id]).await.map(drop)
}
