//! Reports changes of jobs to the server.

use futures::{StreamExt, stream};
use jobbergate_types::job_submissions::JobSubmissionAgentUpdateRequest;
use serde_json::{Map, Value};

use super::Follower;
use crate::{Agent, error::JournalError, journal::SeenJob};

/// How many reports are on their way at once.
const AT_ONCE: usize = 8;

/// What the server said to a report.
enum Answer {
    Acknowledged,
    NotWanted,
    LaterAgain,
}

impl Follower {
    /// Reports changes; what the server does not acknowledge is reported again at the next look.
    pub(super) async fn tell(&mut self, changes: Vec<SeenJob>) -> Result<(), JournalError> {
        // An end that was seen is not lost even if Slurm forgets it before the server hears it.
        self.note(changes.clone()).await?;
        let agent = &self.agent;
        let answers: Vec<(SeenJob, Answer)> = stream::iter(changes)
            .map(|job| async move {
                let answer = agent.tell(&job).await;
                (job, answer)
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        let mut acknowledged = Vec::new();
        for (job, answer) in answers {
            match answer {
                Answer::Acknowledged => acknowledged.push(SeenJob { reported: true, ..job }),
                Answer::NotWanted => {
                    self.unwanted.insert(job.submission_id);
                }
                Answer::LaterAgain => {}
            }
        }
        self.note(acknowledged).await
    }
}

impl Agent {
    async fn tell(&self, job: &SeenJob) -> Answer {
        let SeenJob { submission_id: submission, slurm_job_id, state, .. } = *job;
        let report = JobSubmissionAgentUpdateRequest {
            slurm_job_state: state,
            slurm_job_info: Value::Object(self.info(slurm_job_id).await).to_string(),
            slurm_job_id: Some(slurm_job_id),
            slurm_job_state_reason: job.reason.clone(),
        };
        match self.client.report_state(submission, &report).await {
            Ok(()) => {
                tracing::info!(submission, slurm_job_id, %state, "reported");
                Answer::Acknowledged
            }
            Err(error) if error.may_pass() => {
                tracing::warn!(submission, slurm_job_id, %state, %error, "not reported");
                Answer::LaterAgain
            }
            Err(error) => {
                tracing::warn!(submission, slurm_job_id, %state, %error, "no longer followed");
                Answer::NotWanted
            }
        }
    }

    /// The job as Slurm describes it; empty if it can't, which keeps nobody from knowing its state.
    async fn info(&self, job: i64) -> Map<String, Value> {
        let details = self.slurm.details(job).await;
        details.ok().flatten().map(|details| details.info).unwrap_or_default()
    }
}
