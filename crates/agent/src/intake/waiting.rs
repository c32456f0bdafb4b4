//! Submissions that wait for one of Slurm's limits, and how their owners hear of it.

use std::collections::{HashMap, HashSet};

use jobbergate_types::job_submissions::{PendingJobSubmission, WaitingJobSubmission};
use tokio::time::Instant;

use super::Intake;

/// How many are told of in one request.
const AT_ONCE: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Those that waited when the server was asked last, with their owners.
    listed: Vec<(i64, String)>,
    /// Owners of whom one is being tried.
    trying: HashSet<String>,
    tried_at: HashMap<i64, Instant>,
    /// The reasons that the server was told.
    told: HashMap<i64, String>,
    /// Whether the server does not want to know: it is an older one, or the Python server.
    unwanted: bool,
}

impl Waiting {
    pub(super) fn clear(&mut self) {
        self.listed.clear();
        self.trying.clear();
    }

    pub(super) fn tried(&mut self, id: i64, now: Instant) {
        self.tried_at.insert(id, now);
    }
}

impl Intake {
    /// Takes note of those on a page whose owners wait for a limit.
    pub(super) fn note_waiting(&mut self, page: &[PendingJobSubmission]) {
        for PendingJobSubmission { id, owner_email: owner, .. } in page {
            if self.agent.holds.reason(owner).is_none() {
                continue;
            }
            if self.busy.contains(id) {
                self.waiting.trying.insert(owner.clone());
            }
            self.waiting.listed.push((*id, owner.clone()));
        }
    }

    /// Leaves of each owner who waits for a limit the one whose turn it is, if it is time for that.
    pub(super) fn take_turns(
        &self,
        mut free: Vec<PendingJobSubmission>,
    ) -> Vec<PendingJobSubmission> {
        let (now, holds) = (Instant::now(), &self.agent.holds);
        // Who has never been tried comes first, in the order of the list.
        let tried_at = |pending: &PendingJobSubmission| self.waiting.tried_at.get(&pending.id);
        let mut turns: HashMap<String, (Option<Instant>, i64)> = HashMap::new();
        for pending in free.iter().filter(|pending| holds.reason(&pending.owner_email).is_some()) {
            let (owner, this) = (&pending.owner_email, (tried_at(pending).copied(), pending.id));
            turns.entry(owner.clone()).and_modify(|turn| *turn = (*turn).min(this)).or_insert(this);
        }
        free.retain(|PendingJobSubmission { id, owner_email: owner, .. }| {
            turns.get(owner).is_none_or(|(_, turn)| {
                turn == id && holds.is_due(owner, now) && !self.waiting.trying.contains(owner)
            })
        });
        free
    }

    /// Whether all that there is waits for a limit, and nobody's next try is due.
    pub(super) fn only_waits(&self) -> bool {
        let all = self.waiting.listed.len() == self.listed.len();
        let next = self.agent.holds.next();
        all && self.tasks.is_empty() && next.is_some_and(|next| Instant::now() < next)
    }

    /// Tells the server why submissions wait, as far as it does not know.
    pub(super) async fn tell_reasons(&mut self) {
        let listed: HashSet<i64> = self.waiting.listed.iter().map(|(id, _)| *id).collect();
        self.waiting.told.retain(|id, _| listed.contains(id));
        self.waiting.tried_at.retain(|id, _| listed.contains(id));
        if self.waiting.unwanted {
            return;
        }
        let reason = |(id, owner): &(i64, String)| {
            let reason = self.agent.holds.reason(owner)?;
            let news = self.waiting.told.get(id) != Some(&reason);
            news.then_some(WaitingJobSubmission { id: *id, slurm_pending_reason: reason })
        };
        let news: Vec<_> = self.waiting.listed.iter().filter_map(reason).take(AT_ONCE).collect();
        if news.is_empty() {
            return;
        }
        match self.agent.client.report_waiting(&news).await {
            Err(error) if error.may_pass() => {
                tracing::warn!(%error, "the server was not told why submissions wait");
            }
            Err(error) => {
                tracing::warn!(%error, "the server does not want to know why submissions wait");
                self.waiting.unwanted = true;
            }
            Ok(()) => {
                let told = news.into_iter().map(|news| (news.id, news.slurm_pending_reason));
                self.waiting.told.extend(told);
            }
        }
    }
}
