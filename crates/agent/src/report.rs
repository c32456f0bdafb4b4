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
    journal::{Phase, SeenJob, TaskEnds},
    prometheus,
    setback::Setback,
    slurm::OwnJob,
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
        let told = self.client.report_rejected(&report).await;
        prometheus::reported("rejected", told.as_ref().copied());
        match told {
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
        let seen = first_sight(id, slurm_job_id);
        let report = JobSubmissionAgentSubmittedRequest {
            id,
            slurm_job_id,
            slurm_job_state: seen.state,
            slurm_job_info: "{}".to_owned(),
            slurm_job_state_reason: None,
            outlook: JobOutlook::default(),
            claim,
        };
        let told = self.client.report_submitted(&report).await;
        prometheus::reported("submitted", told.as_ref().copied());
        match told {
            Ok(()) => {
                self.wakes.note_active();
                let (seen, now) = ([seen], Utc::now());
                // On its way to the disk together with what follows.
                let saw = self.journal.saw(&seen, now);
                tokio::try_join!(saw, self.journal.settle(id, now))?;
                self.remove_note(id);
                return Ok(());
            }
            Err(error) if error.may_pass() => return Err(error.into()),
            Err(error) => self.resolve_refusal(id, slurm_job_id, &error).await?,
        }
        self.journal.settle(id, Utc::now()).await?;
        self.remove_note(id);
        Ok(())
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
        let user = self.journal.entry(id).await?.map(|entry| entry.account).unwrap_or_default();
        let job = OwnJob { submission: id, job: slurm_job_id };
        let cancelled = self.slurm.scancel_of(&[(user, vec![job])].into()).await;
        cancelled.map_err(|e| Setback::Trouble(e.to_string()))
    }
}

/// What a job is at first, without asking Slurm: that would take as long as `sbatch`. The next look
/// at the queue tells the server the rest.
fn first_sight(id: i64, slurm_job_id: i64) -> SeenJob {
    SeenJob {
        submission_id: id,
        slurm_job_id,
        state: SlurmJobState::Pending,
        reason: None,
        ends: TaskEnds::default(),
        submit_time: None,
        reported: false,
    }
}
