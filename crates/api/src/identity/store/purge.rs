//! Removing what has had its time.

use chrono::{DateTime, Utc};

use crate::{args, db::Session};

/// Removes what had expired before this instant; how many rows.
pub(crate) async fn purge(db: &mut Session, before: DateTime<Utc>) -> sqlx::Result<u64> {
    let mut removed = 0;
    for sql in [
        "DELETE FROM identity_sessions WHERE expires_at < $1",
        "DELETE FROM identity_codes WHERE expires_at < $1",
        "DELETE FROM identity_device_codes WHERE expires_at < $1",
        "DELETE FROM identity_refresh_tokens WHERE expires_at < $1",
        "DELETE FROM identity_families WHERE expires_at < $1 OR revoked_at < $1",
        "DELETE FROM identity_links WHERE expires_at < $1",
        "DELETE FROM identity_attempts WHERE window_ends_at < $1",
    ] {
        removed += db.execute(sql, args![before]).await?;
    }
    Ok(removed)
}
