//! Forgetting what has had its time.

use chrono::TimeDelta;

use super::{Provider, store::purge};
use crate::error::Result;

/// How long what has expired is still known, so that who comes too late is told so.
const REMEMBERED: TimeDelta = TimeDelta::hours(1);

impl Provider {
    /// Forgets what expired more than an hour ago: sessions, codes, tokens, links, attempts.
    pub async fn tidy(&self) -> Result<u64> {
        let mut db = self.db.write().await?;
        let removed = purge::purge(&mut db, self.clock.now() - REMEMBERED).await?;
        db.commit().await?;
        Ok(removed)
    }
}
