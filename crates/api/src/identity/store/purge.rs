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
        // Tokens that were asked for with a longer life may still be good.
        "DELETE FROM identity_deleted_users WHERE deleted_at < $1 \
         AND NOT EXISTS (SELECT 1 FROM identity_keys WHERE needed_until >= $1)",
    ] {
        removed += db.execute(sql, args![before]).await?;
    }
    Ok(removed)
}
