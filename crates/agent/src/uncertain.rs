//! Submissions of which can't be known whether they ran.
//!
//! While an agent runs, it sees each job that its `sbatch` made, however short. Whatever was
//! submitted by one that was killed may have ended, and Slurm may have forgotten it, before the next
//! agent could look. Such a submission is not submitted again: its owner decides.

use chrono::Utc;

use crate::{
    agent::Agent,
    journal::{Entry, Phase},
    reconcile::Absences,
    setback::Setback,
};

impl Agent {
    /// Whether Slurm may have had a job of an attempt that it has forgotten by now.
    ///
    /// # Errors
    /// When Slurm does not say how long it remembers.
    pub(crate) async fn may_be_forgotten(
        &self,
        entry: &Entry,
        absences: &Absences,
    ) -> Result<bool, Setback> {
        let Phase::Attempted { at } = entry.phase else { return Ok(false) };
        // What this agent attempted it has been looking for ever since.
        if at >= self.started_at {
            return Ok(false);
        }
        let settings = self.slurm.settings().await;
        let settings = settings.map_err(|error| Setback::Trouble(error.to_string()))?;
        let forgets = settings.memory.is_some_and(|memory| absences.silence(entry.id) >= memory);
        Ok(forgets && !settings.keeps_comments)
    }

    /// Leaves it to its owner.
    pub(crate) async fn give_up(&self, entry: &Entry) -> Result<(), Setback> {
        let Phase::Attempted { at } = entry.phase else { return Ok(()) };
        let at = at.format("%Y-%m-%d %H:%M:%S UTC");
        let message = format!(
            "It is uncertain whether Slurm ran this job: the agent was interrupted while it \
             submitted it ({at}), and by the time that it could ask, Slurm no longer remembered jobs \
             that had ended. It is not submitted again by itself. Look into the execution directory \
             for what the job would have written, and ask the cluster's administrator for a job of \
             the user {account} with the comment {tag} in Slurm's logs. If it did not run, submit it \
             again. (Where accounting keeps comments, AccountingStoreFlags=job_comment, the agent \
             finds out by itself.)",
            account = entry.account,
            tag = entry.tag,
        );
        tracing::error!(submission = entry.id, tag = %entry.tag, "uncertain, and left to its owner");
        let (id, claim) = (entry.id, entry.claim);
        self.journal.rejected_because(id, &entry.origin, &message, claim, Utc::now()).await?;
        Ok(())
    }
}
