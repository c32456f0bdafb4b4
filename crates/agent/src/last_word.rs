//! The end of trying: a submission that can't be submitted for long is rejected, with the reason.

use chrono::Utc;
use jobbergate_types::job_submissions::PendingJobSubmission;

use crate::{
    Agent,
    journal::{FailureKind, Failures},
    setback::Setback,
    submit::origin,
};

/// What is said of a controller that is not even asked.
const SILENCE: &str = "Slurm's controller does not answer";

impl Agent {
    /// Why a submission is not tried again of which Slurm certainly has no job.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn last_word(&self, id: i64) -> Result<Option<String>, Setback> {
        let Some(failures) = self.journal.failures(id).await? else { return Ok(None) };
        let Failures { kind, since, times, words } = failures;
        let passed = (Utc::now() - since).to_std().unwrap_or_default();
        let (bound, what) = match kind {
            FailureKind::Refused => (self.config.refusal_seconds, "sbatch refuses this"),
            FailureKind::Unreachable => (self.config.outage_seconds, "nothing can be submitted"),
        };
        let over = times > 1 && passed >= bound;
        Ok(over.then(|| {
            let since = since.format("%Y-%m-%d %H:%M:%S UTC");
            format!(
                "{words}\n({what} since {since}, {times} attempts. Submit again when the cause is \
                 mended.)"
            )
        }))
    }

    /// Notes why a submission can't be run.
    ///
    /// # Errors
    /// When the journal can't be written.
    pub async fn reject(
        &self,
        pending: &PendingJobSubmission,
        message: &str,
    ) -> Result<(), Setback> {
        let id = pending.id;
        tracing::info!(submission = id, %message, "rejected");
        self.journal.rejected_because(id, &origin(pending), message, Utc::now()).await?;
        Ok(self.journal.forget_failures(id).await?)
    }

    /// Notes that a submission waits for a controller that does not answer, and rejects it when
    /// that lasts too long.
    ///
    /// # Errors
    /// When the journal can't be used.
    pub async fn wait_for_slurm(&self, pending: &PendingJobSubmission) -> Result<(), Setback> {
        let (kind, now) = (FailureKind::Unreachable, Utc::now());
        self.journal.failed(pending.id, kind, SILENCE, now).await?;
        match self.last_word(pending.id).await? {
            Some(message) => self.reject(pending, &message).await,
            None => Ok(()),
        }
    }
}
