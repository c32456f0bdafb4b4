//! Which of the cluster's submissions are this agent's.

use std::collections::HashSet;

use tokio::time::Instant;

use super::Intake;
use crate::{
    agent::Agent,
    boot_clock,
    journal::{Entry, Phase},
    lease::Standing,
    setback::Setback,
};

/// How many submissions an agent holds that it can begin at once or soon. What is slow, or has
/// something in the way, does not count.
const AHEAD: usize = 32;
/// How many are claimed at once of those that nobody can work at.
const IN_OUTAGE: usize = 100;

impl Intake {
    /// Says how many more could be worked at.
    pub(super) fn make_room(&self) {
        self.agent.lease.set_room(self.room());
    }

    /// Whether there is work for a good part of what there is room for.
    pub(super) fn wants_more(&self) -> bool {
        self.more && self.room() >= AHEAD / 2
    }

    fn room(&self) -> usize {
        AHEAD.saturating_sub(self.busy.len().saturating_sub(self.slots.count_slow()))
    }

    /// Claims what there is room for; whether there may be something that is not known yet.
    pub(super) async fn claim(&mut self) -> Result<bool, Setback> {
        if self.has_to_claim() {
            let (room, claims) = (self.room(), self.agent.claim().await?);
            let claimed = claims.and_then(|claims| usize::try_from(claims.claimed).ok());
            self.more = claimed.is_some_and(|claimed| claimed > 0 && claimed >= room);
            self.news = false;
        }
        let unshared = self.agent.lease.standing() == Standing::Unshared;
        // All that is new is listed, claimed or not.
        self.news &= !unshared;
        let (anew, unseen) = (self.begin_anew(), self.agent.lease.take_unseen());
        Ok(unshared || anew || unseen || !self.idle || !self.was_asked_lately())
    }

    /// Whether something may be claimed that the next renewal of the lease should not wait for.
    fn has_to_claim(&self) -> bool {
        let Agent { lease, wakes, .. } = self.agent.as_ref();
        let expected = self.news || self.more || !wakes.are_live();
        let useful = expected && self.room() > 0;
        lease.standing() != Standing::Unshared && (useful || !lease.holds(boot_clock::now()))
    }

    /// Claims, while Slurm is away, what no agent has claimed that can reach it.
    pub(super) async fn claim_in_outage(&mut self) -> Result<(), Setback> {
        if self.agent.lease.standing() != Standing::Unshared {
            self.agent.lease.set_room(IN_OUTAGE);
            self.agent.claim().await?;
            self.agent.lease.set_room(0);
        }
        self.begin_anew();
        Ok(())
    }

    /// After an interruption of the lease, nothing is known of what was claimed. Whether there was
    /// one.
    fn begin_anew(&mut self) -> bool {
        let interruptions = self.agent.lease.interruptions();
        if interruptions == self.interruptions {
            return false;
        }
        self.interruptions = interruptions;
        self.delayed.clear();
        self.inherited.forget();
        self.absences_of_inherited.forget();
        true
    }

    /// Takes note of under which claims the listed submissions are held by now.
    pub(super) async fn renumber(&mut self, unsettled: &[Entry]) -> Result<(), Setback> {
        if self.agent.lease.standing() == Standing::Unshared {
            return Ok(());
        }
        let held = self.listed.keys().chain(&self.withdrawn);
        let held: HashSet<i64> = held.copied().collect();
        self.inherited.keep(&held);
        for entry in unsettled {
            let claim = self.listed.get(&entry.id).copied().flatten();
            let Some(claim) = claim.filter(|claim| Some(*claim) != entry.claim) else { continue };
            if matches!(entry.phase, Phase::Submitted { .. }) {
                self.agent.journal.claimed(entry.id, claim).await?;
                self.delayed.remove(&entry.id);
            }
        }
        Ok(())
    }

    fn was_asked_lately(&self) -> bool {
        let recheck = self.agent.config.task_recheck_interval_seconds;
        self.asked_at.is_some_and(|asked_at: Instant| asked_at.elapsed() < recheck)
    }
}
