//! Forgetting submissions that nobody wants any more and that no agent has looked into for long.

use super::Cleaned;
use crate::{app::Context, error::Result, resources::job_submissions::claims::withdrawn};

/// Forgets them, or counts them. Without this the next agent of their cluster that claims anything
/// does, if one comes.
pub(super) async fn forget(context: &Context, dry_run: bool) -> Result<Cleaned> {
    if dry_run {
        let mut db = context.db.read().await?;
        let deleted = withdrawn::count_old(&mut db, context.now()).await?;
        return Ok(Cleaned::Withdrawn { deleted });
    }
    let (mut deleted, mut there_is_more) = (0, true);
    while there_is_more {
        let mut db = context.db.write().await?;
        let (forgotten, more) = withdrawn::forget_old(&mut db, context.now()).await?;
        db.commit().await?;
        (deleted, there_is_more) = (deleted + forgotten, more);
    }
    Ok(Cleaned::Withdrawn { deleted })
}
