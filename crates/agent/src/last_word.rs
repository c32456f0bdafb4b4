//! The end of trying: a submission that can't be submitted for long is rejected, with the reason.

use chrono::Utc;
use jobbergate_types::job_submissions::PendingJobSubmission;

use crate::{
    agent::Agent,
    journal::{Entry, FailureKind, Failures, Phase},
    prometheus,
    setback::Setback,
};

/// What is said of a controller that is not even asked.
const SILENCE: &str = "Slurm's controller does not answer";

impl Agent {
    /// Why a submission is not tried again of which Slurm certainly has no job. Only the time
    /// between failed attempts counts: whatever else passed, Slurm may take it now.
    pub async fn last_word(
        &self,
        pending: &PendingJobSubmission,
    ) -> Result<Option<String>, Setback> {
        let origin = Entry::origin_of(pending);
        let failures = self.journal.failures(pending.id, &origin, Utc::now()).await?;
        let Some(Failures { kind, since, last, times, words }) = failures else { return Ok(None) };
        let (bound, what) = match kind {
            FailureKind::Refused => (self.config.refusal_seconds, "sbatch makes no job of this"),
            FailureKind::Unreachable => (self.config.outage_seconds, "nothing can be submitted"),
            FailureKind::Missing => (self.config.users.home_wait_seconds, "it has been missing"),
        };
        let over = times > 1 && (last - since).to_std().unwrap_or_default() >= bound;
        Ok(over.then(|| {
            let since = since.format("%Y-%m-%d %H:%M:%S UTC");
            format!("{words}\n({what} since {since}. Submit again when the cause is mended.)")
        }))
    }

    /// Notes why a submission can't be run.
    pub async fn reject(
        &self,
        pending: &PendingJobSubmission,
        message: String,
    ) -> Result<Phase, Setback> {
        let id = pending.id;
        tracing::info!(submission = id, %message, "rejected");
        prometheus::rejected();
        let origin = Entry::origin_of(pending);
        self.journal.rejected_because(id, &origin, &message, pending.claim, Utc::now()).await?;
        self.journal.forget_failures(id).await?;
        Ok(Phase::Rejected { message })
    }

    /// Notes that a submission waits for a controller that does not answer, and rejects it when
    /// that lasts too long. Not if there may be a job of it already, which only Slurm can tell.
    pub async fn note_outage(&self, pending: &PendingJobSubmission) -> Result<(), Setback> {
        if self.has_note(pending) {
            return Ok(());
        }
        self.failed(pending, FailureKind::Unreachable, SILENCE).await?;
        match self.last_word(pending).await? {
            Some(message) => self.reject(pending, message).await.map(drop),
            None => Ok(()),
        }
    }

    /// Notes one more failure.
    pub async fn failed(
        &self,
        pending: &PendingJobSubmission,
        kind: FailureKind,
        words: &str,
    ) -> Result<(), Setback> {
        let (origin, now) = (Entry::origin_of(pending), Utc::now());
        Ok(self.journal.failed(pending.id, &origin, kind, words, now).await?)
    }
}
