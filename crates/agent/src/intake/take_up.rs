//! What is to be done for one submission that waits.

use std::sync::atomic::{AtomicBool, Ordering};

use jobbergate_types::job_submissions::PendingJobSubmission;

use crate::{
    agent::Agent,
    inherited::Inherited,
    journal::{Entry, Phase},
    setback::Setback,
};

impl Agent {
    /// Does what is left to do for a submission that waits: makes a job of it if there is none.
    /// What came of it is to be reported.
    pub(super) async fn take_up(
        &self,
        pending: &PendingJobSubmission,
        doubtful: &AtomicBool,
        inherited: &Inherited,
    ) -> Result<Phase, Setback> {
        let id = pending.id;
        let mut entry = self.journal.entry(id).await?;
        if entry.as_ref().is_some_and(|entry| entry.origin != Entry::origin_of(pending)) {
            tracing::warn!(submission = id, "the journal knows another of this number: forgotten");
            self.journal.replace(id).await?;
            entry = None;
        }
        let has_job = |entry: &Entry| matches!(entry.phase, Phase::Submitted { .. });
        if inherited.is_doubtful(pending) && !entry.as_ref().is_some_and(has_job) {
            self.doubt_inherited(pending, inherited).await?;
            return Ok(Phase::Planned);
        }
        let adopted = if entry.is_none() { self.adopt(pending).await? } else { None };
        let phase = match (adopted, entry) {
            (Some(phase), _) => phase,
            (None, Some(entry)) if entry.phase != Phase::Planned => entry.phase,
            (None, known) => {
                // One that was rejected without an attempt has none.
                let origin = Entry::origin_of(pending);
                let tag = known.map(|entry| entry.tag).filter(|tag| tag.is_of(id, &origin));
                let submitted = self.submit(pending, tag, rand::random()).await;
                if matches!(&submitted, Err(setback) if !matches!(setback, Setback::Limit(_))) {
                    doubtful.store(true, Ordering::Relaxed);
                }
                submitted?
            }
        };
        Ok(phase)
    }
}
