//! What waits while Slurm's controller is away.

use std::{collections::HashSet, sync::atomic::Ordering, time::Duration};

use tokio::time::Instant;

use super::{BATCH, Intake};
use crate::setback::Setback;

/// How often the submissions are counted that wait for a controller that is away: a hundred of
/// them in this time.
const OUTAGE_COUNT: Duration = Duration::from_secs(10);

impl Intake {
    /// Spares submissions the wait for a controller that is known to be away.
    pub(super) async fn slurm_is_up(&self) -> bool {
        if !self.doubtful.load(Ordering::Relaxed) {
            return true;
        }
        let up = self.agent.slurm.is_up().await.unwrap_or(false);
        if up {
            self.doubtful.store(false, Ordering::Relaxed);
        }
        up
    }

    /// Keeps count for those that can't even be tried.
    pub(super) async fn count_outage(&mut self, in_doubt: &HashSet<i64>) -> Result<(), Setback> {
        if Instant::now() < self.count_at {
            return Ok(());
        }
        // Those whose Slurm answers come first.
        if self.in_outage {
            self.claim_in_outage().await?;
        }
        self.in_outage = true;
        let mut waiting = self.pending(in_doubt, usize::MAX).await?;
        waiting.retain(|pending| !self.inherited.is_doubtful(pending));
        let pages = u32::try_from(waiting.len().div_ceil(BATCH)).unwrap_or(u32::MAX);
        self.count_at = Instant::now() + OUTAGE_COUNT.saturating_mul(pages.max(1));
        for pending in waiting {
            self.agent.note_outage(&pending).await?;
        }
        self.tell_reasons(in_doubt).await;
        Ok(())
    }
}
