//! Submissions that wait for one of Slurm's limits, and how owners hear why theirs wait.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use jobbergate_types::job_submissions::{PendingJobSubmission, WaitingJobSubmission};
use tokio::time::Instant;

use super::Intake;
use crate::setback::{DOUBT, NO_CONTROLLER};

/// How many are told of in one request.
const AT_ONCE: usize = 100;
/// How long after a request there is the next at the earliest.
const PACE: Duration = Duration::from_secs(1);
/// The longest reason, in characters.
const LONGEST: usize = 255;

/// What an owner reads while it is looked for what another agent may have begun.
const INHERITED: &str =
    "Another agent of the cluster may have begun it: its job is looked for first";
/// What owners read whose others take long.
const BEHIND: &str =
    "Others of its owner's submissions take long: it is begun when one of them is done";

#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Those that waited for a limit when the server was asked last, with their owners.
    listed: Vec<(i64, String)>,
    /// The same of those that waited for anything else.
    others: Vec<(i64, String)>,
    /// Owners of whom one is being tried.
    trying: HashSet<String>,
    tried_at: HashMap<i64, Instant>,
    /// The reasons that the server was told.
    told: HashMap<i64, String>,
    /// Whether the server does not want to know: it is an older one, or the Python server.
    unwanted: bool,
    asked_at: Option<Instant>,
}

impl Waiting {
    pub(super) fn clear(&mut self) {
        self.listed.clear();
        self.others.clear();
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
                self.waiting.others.push((*id, owner.clone()));
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

    /// Tells the server why submissions wait, as far as it does not know; nothing where they go on.
    pub(super) async fn tell_reasons(&mut self, in_doubt: &HashSet<i64>) {
        let listed: HashSet<i64> = self.waiting.listed.iter().map(|(id, _)| *id).collect();
        self.waiting.told.retain(|id, _| self.listed.contains_key(id));
        self.waiting.tried_at.retain(|id, _| listed.contains(id));
        let recently = self.waiting.asked_at.is_some_and(|at| at.elapsed() < PACE);
        if self.waiting.unwanted || recently {
            return;
        }
        let news = self.news(in_doubt);
        if news.is_empty() {
            return;
        }
        self.waiting.asked_at = Some(Instant::now());
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

    /// What the server does not know yet.
    fn news(&self, in_doubt: &HashSet<i64>) -> Vec<WaitingJobSubmission> {
        let Waiting { listed, others, told, .. } = &self.waiting;
        let of_limits = listed.iter().map(|(id, owner)| (*id, self.agent.holds.reason(owner)));
        // Of those that are tried again just now, what was told stays.
        let others = others.iter().filter(|(id, _)| !self.busy.contains(id));
        let others = others.map(|(id, owner)| (*id, self.obstacle(*id, owner, in_doubt)));
        let news = of_limits.chain(others).filter_map(|(id, reason)| {
            let reason = reason.unwrap_or_default();
            let reason: String = reason.chars().take(LONGEST).collect();
            let known = told.get(&id).map(String::as_str).unwrap_or_default();
            (reason != known).then_some(WaitingJobSubmission { id, slurm_pending_reason: reason })
        });
        news.take(AT_ONCE).collect()
    }

    /// What is in the way of a submission that no task is busy with, in words for its owner.
    fn obstacle(&self, id: i64, owner: &str, in_doubt: &HashSet<i64>) -> Option<String> {
        if let Some(reason) = self.delayed.get(&id).and_then(|delay| delay.reason.clone()) {
            return Some(reason);
        }
        let words = if in_doubt.contains(&id) {
            DOUBT
        } else if self.inherited.is_sought(id) {
            INHERITED
        } else if self.in_outage {
            NO_CONTROLLER
        } else if self.slots.is_full(owner) {
            BEHIND
        } else {
            return None;
        };
        Some(words.to_owned())
    }
}
