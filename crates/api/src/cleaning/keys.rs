//! Forgetting what requests with keys were answered.

use super::Cleaned;
use crate::{app::Context, error::Result, idempotency};

/// Forgets keys whose day is over, or counts them. Without this a caller's next request with a key
/// forgets those of that caller.
pub(super) async fn forget(context: &Context, dry_run: bool) -> Result<Cleaned> {
    if dry_run {
        let mut db = context.db.read().await?;
        let deleted = idempotency::count_expired(&mut db, context.now()).await?;
        return Ok(Cleaned::Keys { deleted });
    }
    let (mut deleted, mut there_is_more) = (0, true);
    while there_is_more {
        let mut db = context.db.write().await?;
        let (forgotten, more) = idempotency::forget_expired(&mut db, context.now()).await?;
        db.commit().await?;
        (deleted, there_is_more) = (deleted + forgotten, more);
    }
    Ok(Cleaned::Keys { deleted })
}
