//! Submissions that nobody wants any more, and of which may be a job that the server does not know:
//! it is found out whether there is one. What is reported then is cancelled like any other, or, where
//! the server does not take it, at once.

use std::{collections::HashSet, sync::Arc, time::Duration};

use jobbergate_types::claims::WithdrawnJobSubmission;
use tokio::time::Instant;

use super::Intake;
use crate::{
    agent::Agent,
    inherited::Inherited,
    journal::{Entry, Phase, machine::State},
    setback::Setback,
};

/// How often the server is asked for them at most, while there are any.
const PACE: Duration = Duration::from_secs(1);

impl Intake {
    /// Begins to find out what became of them. What the journal has no end of is looked for and
    /// reported in any case: whatever is busy would be left out of that.
    pub(super) async fn see_to_withdrawn(&mut self, unsettled: &[Entry]) {
        let asked_lately = self.asked_for_withdrawn_at.is_some_and(|at| at.elapsed() < PACE);
        if self.agent.lease.withdrawn() == 0 {
            return self.withdrawn.clear();
        }
        if asked_lately {
            return;
        }
        self.asked_for_withdrawn_at = Some(Instant::now());
        let withdrawn = match self.agent.client.withdrawn(&self.agent.lease.instance).await {
            Ok(withdrawn) => withdrawn,
            Err(error) => return tracing::warn!(%error, "not known what was cancelled or deleted"),
        };
        if withdrawn.is_empty() {
            self.agent.lease.set_withdrawn(0);
        }
        self.withdrawn = withdrawn.iter().map(|one| one.id).collect();
        let begun = unsettled.iter().filter(|entry| entry.phase != Phase::Planned);
        let begun: HashSet<i64> = begun.map(|entry| entry.id).collect();
        for one in withdrawn {
            let may_be = !begun.contains(&one.id) && self.is_free(one.id);
            if may_be && self.busy.insert(one.id) {
                let (agent, inherited) = (Arc::clone(&self.agent), Arc::clone(&self.inherited));
                self.tasks.spawn(async move {
                    let result = agent.see_to(&one, &inherited).await;
                    (one.id, result)
                });
            }
        }
    }
}

impl Agent {
    /// Has the job of a withdrawn submission looked for, or tells the server that there is none
    /// that it does not know.
    async fn see_to(
        &self,
        withdrawn: &WithdrawnJobSubmission,
        inherited: &Inherited,
    ) -> Result<(), Setback> {
        let (id, claim) = (withdrawn.id, withdrawn.claim);
        let origin = Entry::origin(withdrawn.job_script_id, withdrawn.job_script_created_at);
        let entry = self.journal.entry(id).await?.filter(|entry| entry.origin == origin);
        match entry.map(|entry| entry.state()) {
            // It is looked for, and reported, as ever.
            Some(State::Attempted | State::Submitted { .. } | State::Rejected) => return Ok(()),
            Some(State::Reported { .. }) => {}
            _ if withdrawn.inherited && !inherited.is_cleared(id, Some(claim)) => {
                return self.doubt_withdrawn(withdrawn, inherited).await;
            }
            _ => {}
        }
        match self.client.settle_withdrawn(id, claim).await {
            Err(error) if error.may_pass() => Err(error.into()),
            Err(error) => {
                tracing::info!(submission = id, %error, "nothing is left to find out");
                Ok(())
            }
            Ok(()) => {
                tracing::info!(submission = id, "nobody wants it, and all is known of it");
                Ok(())
            }
        }
    }
}
