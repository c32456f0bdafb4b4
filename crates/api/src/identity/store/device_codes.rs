//! `identity_device_codes`: programs that wait for somebody to let them in from a browser.

use chrono::{DateTime, Utc};
use sqlx_macros::FromRow;

use crate::{args, db::Session};

/// A device code, as it is kept.
#[derive(Debug, Clone, FromRow)]
pub(crate) struct DeviceCodeRow {
    pub(crate) hash: String,
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) code_challenge: Option<String>,
    pub(crate) address: String,
    pub(crate) seconds_between_polls: i32,
    pub(crate) last_polled_at: Option<DateTime<Utc>>,
    pub(crate) user_id: Option<String>,
    pub(crate) authenticated_at: Option<DateTime<Utc>>,
    pub(crate) decision: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

const COLUMNS: &str = "hash, user_code, client_id, scope, code_challenge, address, \
                       seconds_between_polls, last_polled_at, user_id, authenticated_at, \
                       decision, created_at, expires_at";

/// Keeps a device code; false if its user code is taken.
pub(crate) async fn insert(db: &mut Session, row: &DeviceCodeRow) -> sqlx::Result<bool> {
    let sql = "INSERT INTO identity_device_codes (hash, user_code, client_id, scope, \
               code_challenge, address, seconds_between_polls, created_at, expires_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (user_code) DO NOTHING";
    let arguments = args![
        row.hash.as_str(),
        row.user_code.as_str(),
        row.client_id.as_str(),
        row.scope.as_str(),
        row.code_challenge.clone(),
        row.address.as_str(),
        row.seconds_between_polls,
        row.created_at,
        row.expires_at,
    ];
    Ok(db.execute(sql, arguments).await? == 1)
}

/// The code that a program polls with; nobody else uses it until the transaction ends.
pub(crate) async fn find(db: &mut Session, hash: &str) -> sqlx::Result<Option<DeviceCodeRow>> {
    let lock = db.lock_clause();
    let sql = format!("SELECT {COLUMNS} FROM identity_device_codes WHERE hash = $1{lock}");
    db.fetch_optional(&sql, args![hash]).await
}

/// The code that a person typed, while it waits for a decision.
pub(crate) async fn undecided(
    db: &mut Session,
    user_code: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<DeviceCodeRow>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM identity_device_codes \
         WHERE user_code = $1 AND decision IS NULL AND expires_at > $2"
    );
    db.fetch_optional(&sql, args![user_code, now]).await
}

/// Keeps a person's decision; false if there is nothing to decide any more.
pub(crate) async fn decide(
    db: &mut Session,
    user_code: &str,
    decision: &str,
    user_id: &str,
    authenticated_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "UPDATE identity_device_codes \
               SET decision = $2, user_id = $3, authenticated_at = $4 \
               WHERE user_code = $1 AND decision IS NULL AND expires_at > $5";
    let arguments = args![user_code, decision, user_id, authenticated_at, now];
    Ok(db.execute(sql, arguments).await? == 1)
}

/// Notes that a program asked, and how long it must wait until it asks again.
pub(crate) async fn polled(
    db: &mut Session,
    hash: &str,
    seconds_between_polls: i32,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "UPDATE identity_device_codes \
               SET last_polled_at = $3, seconds_between_polls = $2 WHERE hash = $1";
    db.execute(sql, args![hash, seconds_between_polls, now]).await.map(drop)
}

/// Forgets a code.
pub(crate) async fn delete(db: &mut Session, hash: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_device_codes WHERE hash = $1", args![hash]).await.map(drop)
}

/// Forgets what a person has approved but no program has fetched.
pub(crate) async fn delete_of_user(db: &mut Session, user_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM identity_device_codes WHERE user_id = $1";
    db.execute(sql, args![user_id]).await.map(drop)
}

/// Forgets what a client waits for.
pub(crate) async fn delete_of_client(db: &mut Session, client_id: &str) -> sqlx::Result<()> {
    let sql = "DELETE FROM identity_device_codes WHERE client_id = $1";
    db.execute(sql, args![client_id]).await.map(drop)
}

/// How many programs at this address wait.
pub(crate) async fn count_of_address(
    db: &mut Session,
    address: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<i64> {
    let sql = "SELECT count(*) FROM identity_device_codes WHERE address = $1 AND expires_at > $2";
    let (count,): (i64,) = db.fetch_one(sql, args![address, now]).await?;
    Ok(count)
}
