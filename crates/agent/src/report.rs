//! Tells the server what became of a submission, until it acknowledges.

use chrono::Utc;
use jobbergate_client::Error;
use jobbergate_types::{
    SlurmJobState,
    job_submissions::{
        JobOutlook, JobSubmissionAgentRejectedRequest, JobSubmissionAgentSubmittedRequest,
        JobSubmissionStatus,
    },
};

use crate::{
    agent::Agent,
    follow::aggregate,
    journal::{Phase, SeenJob, TaskEnds},
    setback::Setback,
};

/// The longest report message that is sent, in characters.
const LONGEST_MESSAGE: usize = 8_000;

impl Agent {
    /// Reports the outcome of a submission, if there is one.
    ///
    /// # Errors
    /// When the server has to be told again.
    pub async fn report(&self, id: i64, phase: &Phase, claim: Option<i64>) -> Result<(), Setback> {
        match phase {
            Phase::Submitted { slurm_job_id } => self.report_job(id, *slurm_job_id, claim).await,
            Phase::Rejected { message } => self.report_rejection(id, message, claim).await,
            Phase::Planned | Phase::Attempted { .. } => Ok(()),
        }
    }

    async fn report_rejection(
        &self,
        id: i64,
        message: &str,
        claim: Option<i64>,
    ) -> Result<(), Setback> {
        let report_message = message.chars().take(LONGEST_MESSAGE).collect();
        let report = JobSubmissionAgentRejectedRequest { id, report_message, claim };
        match self.client.report_rejected(&report).await {
            Err(error) if error.may_pass() => return Err(error.into()),
            // It was deleted or cancelled in the meantime, or is another agent's.
            Err(error) => tracing::warn!(submission = id, %error, "rejection not wanted"),
            Ok(()) => {}
        }
        Ok(self.journal.settle(id, Utc::now()).await?)
    }

    async fn report_job(
        &self,
        id: i64,
        slurm_job_id: i64,
        claim: Option<i64>,
    ) -> Result<(), Setback> {
        let (seen, info) = self.first_sight(id, slurm_job_id).await;
        let report = JobSubmissionAgentSubmittedRequest {
            id,
            slurm_job_id,
            slurm_job_state: seen.state,
            slurm_job_info: info,
            slurm_job_state_reason: seen.reason.clone(),
            outlook: outlook(&seen),
            claim,
        };
        match self.client.report_submitted(&report).await {
            Ok(()) => {
                self.wakes.note_active();
                self.journal.saw(&[seen], Utc::now()).await?;
            }
            Err(error) if error.may_pass() => return Err(error.into()),
            Err(error) => self.resolve_refusal(id, slurm_job_id, &error).await?,
        }
        self.journal.settle(id, Utc::now()).await?;
        self.remove_note(id);
        Ok(())
    }

    /// The job as it is now; pending if Slurm can't say, which it then says later.
    async fn first_sight(&self, id: i64, slurm_job_id: i64) -> (SeenJob, String) {
        let details = self.slurm.details(slurm_job_id).await;
        if let Err(error) = &details {
            tracing::debug!(submission = id, slurm_job_id, %error, "no details yet");
        }
        let details = details.ok().flatten();
        let state = details.as_ref().and_then(|details| aggregate::states(&details.states));
        // An end is reported by those who make sure that it is one.
        let state = state.filter(|state| !state.is_terminal()).unwrap_or(SlurmJobState::Pending);
        let reason = details.as_ref().and_then(|details| details.reason());
        let info = details.map_or_else(|| "{}".to_owned(), |details| details.info_text());
        let seen = SeenJob {
            submission_id: id,
            slurm_job_id,
            state,
            reason,
            ends: TaskEnds::default(),
            submit_time: None,
            reported: true,
        };
        (seen, info)
    }

    /// The server does not take the job: unless it knows it already, nobody wants it. While it is
    /// another agent's and has no job yet, that agent will find this one.
    async fn resolve_refusal(
        &self,
        id: i64,
        slurm_job_id: i64,
        refusal: &Error,
    ) -> Result<(), Setback> {
        let known = match self.client.submission(id).await {
            Ok(known) => Some(known.submission),
            Err(error) if error.may_pass() => return Err(error.into()),
            Err(_) => None,
        };
        let (job, status) = known.map(|known| (known.slurm_job_id, known.status)).unzip();
        if job.flatten() == Some(slurm_job_id) {
            return Ok(());
        }
        let conflict = refusal.status().is_some_and(|status| status.as_u16() == 409);
        if conflict && job.flatten().is_none() && status == Some(JobSubmissionStatus::Created) {
            return Err(Setback::Trouble(format!("another agent holds the submission: {refusal}")));
        }
        tracing::warn!(submission = id, slurm_job_id, %refusal, "nobody wants the job: cancelling");
        let cancelled = self.slurm.scancel(&[slurm_job_id]).await;
        cancelled.map_err(|e| Setback::Trouble(e.to_string()))
    }
}

/// Why a job waits; the rest is told when the whole queue was seen.
fn outlook(seen: &SeenJob) -> JobOutlook {
    let reason = seen.reason.as_deref().filter(|_| seen.state == SlurmJobState::Pending);
    JobOutlook { slurm_pending_reason: reason.map(aggregate::shortened), ..JobOutlook::default() }
}
