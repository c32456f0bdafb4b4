//! `identity_attempts`

use chrono::{DateTime, Utc};

use crate::{args, db::Session};

/// Counts one more attempt; how many there were in the window, and when it ends.
pub(crate) async fn count(
    db: &mut Session,
    key: &str,
    now: DateTime<Utc>,
    window_ends_at: DateTime<Utc>,
) -> sqlx::Result<(i32, DateTime<Utc>)> {
    let sql = "INSERT INTO identity_attempts (key, count, window_ends_at) VALUES ($1, 1, $3) \
               ON CONFLICT (key) DO UPDATE SET \
               count = CASE WHEN identity_attempts.window_ends_at > $2 \
                       THEN identity_attempts.count + 1 ELSE 1 END, \
               window_ends_at = CASE WHEN identity_attempts.window_ends_at > $2 \
                       THEN identity_attempts.window_ends_at ELSE excluded.window_ends_at END \
               RETURNING count, window_ends_at";
    db.fetch_one(sql, args![key, now, window_ends_at]).await
}

/// Remembers something until then.
pub(crate) async fn remember(
    db: &mut Session,
    key: &str,
    until: DateTime<Utc>,
) -> sqlx::Result<()> {
    let sql = "INSERT INTO identity_attempts (key, count, window_ends_at) VALUES ($1, 0, $2) \
               ON CONFLICT (key) DO UPDATE SET window_ends_at = excluded.window_ends_at";
    db.execute(sql, args![key, until]).await.map(drop)
}

/// Whether something is remembered.
pub(crate) async fn remembers(
    db: &mut Session,
    key: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<bool> {
    let sql = "SELECT count(*) FROM identity_attempts WHERE key = $1 AND window_ends_at > $2";
    let (count,): (i64,) = db.fetch_one(sql, args![key, now]).await?;
    Ok(count > 0)
}

/// Takes one attempt back: it was no guess.
pub(crate) async fn take_back(db: &mut Session, key: &str) -> sqlx::Result<()> {
    let sql = "UPDATE identity_attempts SET count = count - 1 WHERE key = $1 AND count > 0";
    db.execute(sql, args![key]).await.map(drop)
}

/// Forgets all attempts.
pub(crate) async fn forget(db: &mut Session, key: &str) -> sqlx::Result<()> {
    db.execute("DELETE FROM identity_attempts WHERE key = $1", args![key]).await.map(drop)
}
